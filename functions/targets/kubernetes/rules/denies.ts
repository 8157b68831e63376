// Rules: test/targets/kubernetes/denies.test.ts
import type { Deny } from '../../../domain/credentials/denies.ts'
import { digestOf } from '../../../domain/digest.ts'
import type { Ask } from '../../../domain/record/request.ts'
import type { CredentialId } from '../../../domain/values.ts'

type Tag = Deny['tag']

/** A name of a token in the ConfigMap of revocations, in whose keys `:` is not allowed. */
const keyOf = (tag: Tag, value: string): string =>
  tag === '*' ? 'all' : `${tag.slice('hotwork:'.length)}.${digestOf('hotwork.revocation.v1', value).slice(8, 30)}`

/** The groups of a token by which it is revoked. The signer adds its time, `at=` in ten digits. */
export const revocableBy = (
  { id, agent, owner }: Pick<Ask, 'id' | 'agent' | 'owner'>,
  credential: CredentialId,
): readonly string[] => [
  keyOf('*', '*'),
  keyOf('hotwork:request', id),
  keyOf('hotwork:credential', credential),
  keyOf('hotwork:agent', agent.id),
  keyOf('hotwork:owner', owner),
]

/** Ten digits, so that texts compare as their numbers do. */
const digits = (at: number): string => String(at).padStart(10, '0')
const forever = digits(9_999_999_999)

/** The data of the ConfigMap: by key, the time before which tokens are revoked. */
export function dataOf(denies: readonly Deny[]): { readonly [key: string]: string } {
  const data: { [key: string]: string } = {}
  for (const { tag, value, issuedBefore } of denies) {
    const [key, before] = [keyOf(tag, value), issuedBefore === undefined ? forever : digits(issuedBefore)]
    if (before > (data[key] ?? '')) data[key] = before
  }
  return data
}

/** Under the 1 MiB that Kubernetes allows. Bytes. */
const mostData = 900_000

export const isTooMuch = (data: { readonly [key: string]: string }): boolean => JSON.stringify(data).length > mostData
