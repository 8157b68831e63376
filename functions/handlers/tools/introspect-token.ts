// Rules: test/client/standard-clients.test.ts
import { activeAnswer, inactiveAnswer, oauthEndpoint, readToken } from '../../adapters/http/oauth.ts'
import { AccessTokenVerifier } from '../../adapters/jose/access-token.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { addressesOf } from '../../domain/policy/bundle.ts'
import type { KeySet } from '../../operations/credentials/ports.ts'
import { type Introspector, introspectToken } from '../../operations/credentials/tokens.ts'
import type { RequestStore } from '../../operations/record/ports.ts'
import { Callers, type Holder, mustBeTheirs } from '../callers.ts'
import type { DoorPorts } from '../doors.ts'
import type { Wiring } from '../environment.ts'
import { currentPolicy } from '../wiring/ports.ts'
import { readingPorts } from '../wiring/reading.ts'

/** `POST /introspect`: a token's present state, for its tool or holder (RFC 7662). */
export function createHandler(ports: DoorPorts & { requests: RequestStore; keys: KeySet }) {
  const { issuer, clock, policy, keys } = ports
  const callers = new Callers(policy, issuer, clock)
  const tokens = new AccessTokenVerifier(issuer, keys, clock)
  const introspector = (caller: Holder): Introspector =>
    caller.type === 'tool' ? { ...caller, audience: addressesOf(policy.bundle, caller.id)?.audience } : caller
  return oauthEndpoint(ports, async (call) => {
    const form = call.form()
    const caller = introspector(await callers.client(call, form))
    const known = await tokens.recognise(readToken(form))
    mustBeTheirs(issuer, caller, known)
    if (!known.ok) return inactiveAnswer
    const active = await introspectToken(known.value, caller, ports)
    return active ? activeAnswer(known.value.claims, active.details) : inactiveAnswer
  })
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | 'REQUESTS_TABLE' | 'PUBLISHED_KEYS'> = (told) => {
  const ports = readingPorts(told)
  return { ...ports, policy: currentPolicy(told), issuer: told.ISSUER, keys: new KmsKeySet(told.PUBLISHED_KEYS) }
}
