import { randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import * as z from 'zod'
import { AwsCredentials } from '../../functions/domain/cards/wire/task.ts'
import { worthUsing } from '../renewing.ts'
import { type Journal, type Kind, remembered } from './journal.ts'

export const PrivateJwk = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})
export type PrivateJwk = z.infer<typeof PrivateJwk>

/** The key that alone can claim what it asked for, and what makes asking again the same request or opening. */
const Kept = z.looseObject({
  version: z.literal(1),
  api: z.string(),
  /** Known once it was asked for. */
  id: z.string().optional(),
  /** Of a request: who asked, and the id of the row by which the same ask finds its key. */
  agent: z.string().optional(),
  place: z.string().optional(),
  idempotencyKey: z.string(),
  jwk: PrivateJwk,
  /** Milliseconds. */
  until: z.number(),
})
export type Kept = z.infer<typeof Kept>

/** By a digest of what is asked, and by the id of what came of it. */
export const keys: Kind<Kept> = {
  ...{ prefix: '', ids: /^(ask-|asked-|req_|bgl_)\w+$/, shape: Kept, stays: Number.POSITIVE_INFINITY },
  isOver: ({ until }, now) => until <= now,
}

/** What AWS gave for a key: asking again would end it. */
export const credentials: Kind<AwsCredentials> = {
  ...{ prefix: '', ids: /^(req_|bgl_)\w+\.aws$/, shape: AwsCredentials, stays: remembered },
  isOver: ({ Expiration }, now) => Date.parse(Expiration) <= now,
}

/** `again`: it is that of an earlier ask, which may be pending. */
export type Found = { kept: Kept; again: boolean }

/** The key at a place, made where there is none: all processes of this machine get the same one. @throws Fault */
export async function keyAt(
  journal: Journal,
  place: string,
  about: Pick<Kept, 'api' | 'until' | 'id'>,
): Promise<Found> {
  journal.tidy(keys, credentials)
  const find = (): Found | undefined => {
    const kept = journal.find(keys, place)
    return kept?.api === about.api ? { kept, again: true } : undefined
  }
  const before = find()
  if (before) return before
  const kept: Kept = { version: 1, ...about, idempotencyKey: randomUUID(), jwk: await makeJwk() }
  const made = { kept, again: false }
  if (journal.create(keys, place, kept)) return made
  // What stands there is another process's key by now, or one that has ended.
  return journal.alone(`${place}.key`, async () => {
    const winner = find()
    if (winner) return winner
    journal.put(keys, place, kept)
    return made
  })
}

/** The key, and the credentials that were made with it. @returns whether it was there */
export function forgetKey(journal: Journal, id: string): boolean {
  const had = journal.find(keys, id) !== undefined
  journal.remove(keys, id)
  journal.remove(credentials, `${id}.aws`)
  return had
}

/** The same for all who ask on this machine until they are nearly over, since new ones end those before. */
export function credentialsOf(
  journal: Journal,
  id: string,
  make: () => Promise<AwsCredentials>,
): Promise<AwsCredentials> {
  return journal.alone(id, async () => {
    const before = journal.find(credentials, `${id}.aws`)
    if (before && Date.parse(before.Expiration) - journal.now() > worthUsing) return before
    const fresh = await make()
    journal.put(credentials, `${id}.aws`, fresh)
    return fresh
  })
}

export async function makeJwk(): Promise<PrivateJwk> {
  const { privateKey } = await DPoP.generateKeyPair('ES256', { extractable: true })
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey)
  return PrivateJwk.parse({ kty, crv, x, y, d })
}

export type Prove = (method: string, url: string, accessToken?: string) => Promise<string>

export async function proverOf({ jwk }: { jwk: PrivateJwk }): Promise<Prove> {
  const { d: _, ...publicJwk } = jwk
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  return proverOfPair({
    privateKey: await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']),
    publicKey: await crypto.subtle.importKey('jwk', publicJwk, algorithm, true, ['verify']),
  })
}

export const proverOfPair =
  (keys: DPoP.KeyPair): Prove =>
  (method, url, accessToken) =>
    DPoP.generateProof(keys, url, method, undefined, accessToken)
