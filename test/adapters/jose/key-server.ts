import { type Mood, startIssuer } from './issuer-server.ts'
import type { Key } from './tokens.ts'

/** An identity provider's key endpoint, in any mood. It counts its visits. */
export type KeyServer = { url: string; keys: readonly object[]; mood: Mood; visits: number; close(): Promise<void> }

export const publishedKey = ({ jwk, kid }: Key) => ({ ...jwk, kid, alg: 'ES256', use: 'sig' })

export async function startKeyServer(...keys: readonly Key[]): Promise<KeyServer> {
  const issuer = await startIssuer(...keys.map(publishedKey))
  return {
    ...{ url: issuer.keysUrl, close: issuer.close },
    get keys() {
      return issuer.keys
    },
    set keys(next) {
      issuer.keys = next
    },
    get mood() {
      return issuer.mood
    },
    set mood(next) {
      issuer.mood = next
    },
    get visits() {
      return issuer.visits.keys
    },
  }
}
