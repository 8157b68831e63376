import { type Ask, Verdict } from './request.ts'
import { Digest } from './values.ts'

/**
 * What a login was made for, in the `nonce` that the provider signs into the ID token (OpenID Connect Core section 2): so
 * the token is evidence of who approved what, to whoever has the provider's key, and of nothing else.
 *
 * `hotwork.decision.v1~approve~1~sha-256:...~-~RANDOM`
 */
export type DecisionNonce = {
  verdict: Verdict
  round: number
  /** The digest of the request, which holds its id. */
  digest: Digest
  /** Where the person leaves less of it: the digest of that. */
  less?: Digest
  /** So that two logins for one decision differ, and neither can be foretold. */
  random: string
}

const prefix = 'hotwork.decision.v1'

export const writeNonce = ({ verdict, round, digest, less, random }: DecisionNonce): string =>
  [prefix, verdict, round, digest, less ?? '-', random].join('~')

/** What a login was made for, or undefined where it was made for no decision. */
export function readNonce(nonce: unknown): DecisionNonce | undefined {
  if (typeof nonce !== 'string' || nonce.length > 512) return undefined
  const [first, verdict, round = '', digest, less, random = '', ...more] = nonce.split('~')
  if (first !== prefix || more.length > 0 || !/^[1-9]\d{0,3}$/.test(round) || !/^[\w-]{22,64}$/.test(random))
    return undefined
  const [whatever, seen, narrower] = [
    Verdict.safeParse(verdict),
    Digest.safeParse(digest),
    less === '-' ? { success: true as const, data: undefined } : Digest.safeParse(less),
  ]
  if (!whatever.success || !seen.success || !narrower.success) return undefined
  return {
    verdict: whatever.data,
    round: Number(round),
    digest: seen.data,
    ...(narrower.data === undefined ? {} : { less: narrower.data }),
    random,
  }
}

/** Whether a login was made for this decision on this very request. */
export const isFor = (
  nonce: unknown,
  { verdict, round, digest }: { verdict: Verdict; round: number; digest: Ask['digest'] },
): boolean => {
  const read = readNonce(nonce)
  return read !== undefined && read.verdict === verdict && read.round === round && read.digest === digest
}
