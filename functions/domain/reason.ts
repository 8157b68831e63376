import { digestOf } from './digest.ts'
import type { Digest } from './values.ts'

/** A reason in its plainest form: letters and digits, each run of others one space, lower case. */
const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const fewestLetters = 12
const fewestWords = 3

/** The digest of a reason in its plainest form, by which the same words are known again. */
export const reasonDigest = (reason: string): Digest => digestOf('hotwork.reason.v1', plain(reason))

/**
 * Why a reason is none, in words that say what would be one; undefined where it may be one. It can be no check of the truth:
 * it refuses what nobody wrote for this emergency.
 *
 * @param said what stands there anyway, such as the incident and the profile's title: repeating it says nothing
 * @param before digests of the reasons that were given lately
 */
export function reasonProblem(reason: string, said: readonly string[], before: readonly Digest[]): string | undefined {
  let rest = plain(reason)
  for (const each of said.map(plain).filter((text) => text !== '')) rest = rest.replaceAll(each, ' ')
  const words = new Set(rest.split(' ').filter((word) => word.length > 1))
  if (rest.replaceAll(' ', '').length < fewestLetters || words.size < fewestWords)
    return `it should say what is wrong and what you are going to do, in at least ${fewestWords} words beside the incident`
  if (before.includes(reasonDigest(reason)))
    return 'it is word for word that of an earlier opening: say what is wrong this time'
  return undefined
}
