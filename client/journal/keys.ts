// Rules: test/client/journal/journal.test.ts
import { randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import * as z from 'zod'
import { AwsCredentials, ClusterCredentials } from '../../functions/domain/cards/wire/task.ts'
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

/** The key that alone can claim a grant, and the members that make a repeated ask the same request or opening. */
const Kept = z.looseObject({
  version: z.literal(1),
  api: z.string(),
  /** Present once Hotwork has made the request or opening. */
  id: z.string().optional(),
  /** The agent of a request, and the id of the row under which the same ask finds its key. */
  agent: z.string().optional(),
  place: z.string().optional(),
  idempotencyKey: z.string(),
  jwk: PrivateJwk,
  /** Milliseconds. */
  until: z.number(),
})
export type Kept = z.infer<typeof Kept>

/** Keys, by a digest of the ask and by the id of its request or opening. */
export const keys: Kind<Kept> = {
  ...{ prefix: '', ids: /^(ask-|asked-|req_|bgl_)\w+$/, shape: Kept, stays: Number.POSITIVE_INFINITY },
  isOver: ({ until }, now) => until <= now,
}

/** AWS credentials that were issued for a key. They are shared, since new ones would end them. */
export const credentials: Kind<AwsCredentials> = {
  ...{ prefix: '', ids: /^(req_|bgl_)\w+\.aws$/, shape: AwsCredentials, stays: remembered },
  isOver: ({ Expiration }, now) => Date.parse(Expiration) <= now,
}

/** Tokens of a cluster, which are shared alike. */
export const clusterCredentials: Kind<ClusterCredentials> = {
  ...{ prefix: '', ids: /^req_\w+\.kubernetes$/, shape: ClusterCredentials, stays: remembered },
  isOver: (row, now) => endOfCluster(row) <= now,
}

/** The end of a cluster's tokens. Milliseconds. */
export const endOfCluster = ({ status }: ClusterCredentials): number => Date.parse(status.expirationTimestamp)

/** A key to ask with. `again` is true if an earlier ask, which may be pending, used it. */
export type Begun = { place: string; kept: Kept; again: boolean }

/** The keys of one Hotwork on this machine. */
export class Keys {
  readonly journal: Journal
  readonly api: string

  constructor(journal: Journal, api: string) {
    this.journal = journal
    this.api = api
  }

  /** The key of a place, made if it is missing. All processes of this machine get the same key. @throws Fault */
  async keyFor(place: string, until: number, about: Pick<Kept, 'id'> = {}): Promise<Begun> {
    this.journal.tidy(keys, credentials, clusterCredentials)
    const before = this.keyAt(place)
    if (before) return { place, kept: before, again: true }
    const own = { idempotencyKey: randomUUID(), jwk: await makeJwk() }
    const kept: Kept = { version: 1, api: this.api, until, ...about, ...own }
    const made = { place, kept, again: false }
    if (this.journal.create(keys, place, kept)) return made
    // Serialized: another process may have replaced the key by now, or it has ended.
    return this.journal.alone(`${place}.key`, async () => {
      const winner = this.keyAt(place)
      if (winner) return { place, kept: winner, again: true }
      this.journal.put(keys, place, kept)
      return made
    })
  }

  keyAt(place: string): Kept | undefined {
    const kept = this.journal.find(keys, place)
    return kept?.api === this.api ? kept : undefined
  }

  /** Deletes the key and the credentials that were issued for it. @returns whether there was a key */
  forget(id: string): boolean {
    const had = this.journal.find(keys, id) !== undefined
    this.journal.remove(keys, id)
    this.journal.remove(credentials, `${id}.aws`)
    this.journal.remove(clusterCredentials, `${id}.kubernetes`)
    return had
  }

  /**
   * Shared by all processes of this machine until shortly before their end, since new credentials end the earlier ones.
   */
  credentialsOf(id: string, make: () => Promise<AwsCredentials>): Promise<AwsCredentials> {
    return this.#shared(credentials, id, 'aws', ({ Expiration }) => Date.parse(Expiration), make)
  }

  /** The same of a cluster's tokens. */
  clusterCredentialsOf(id: string, make: () => Promise<ClusterCredentials>): Promise<ClusterCredentials> {
    return this.#shared(clusterCredentials, id, 'kubernetes', endOfCluster, make)
  }

  #shared<T extends object>(
    kind: Kind<T>,
    id: string,
    target: string,
    endOf: (made: T) => number,
    make: () => Promise<T>,
  ): Promise<T> {
    const { journal } = this
    const place = `${id}.${target}`
    return journal.alone(id, async () => {
      const before = journal.find(kind, place)
      if (before && endOf(before) - journal.now() > worthUsing) return before
      const fresh = await make()
      journal.put(kind, place, fresh)
      return fresh
    })
  }
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
