import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import type { Call } from '../../adapters/http/endpoint.ts'
import { activeAnswer, inactiveAnswer, oauthEndpoint, readToken } from '../../adapters/http/oauth.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { AccessTokenVerifier } from '../../adapters/jose/access-token.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { addressesOf } from '../../domain/policy/bundle.ts'
import { type Introspector, introspectToken } from '../../operations/credentials/tokens.ts'
import { Callers, mustBeTheirs } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { readBundle } from '../wiring/ports.ts'

const { ISSUER: issuer, REQUESTS_TABLE, PUBLISHED_KEYS } = environmentOf('introspect-token')
const clock = new SystemClock()
const bundle = readBundle()
const callers = new Callers(bundle, issuer, clock)
const requests = new DynamoRequestStore(connect(), { requests: REQUESTS_TABLE, ledger: '' })
const tokens = new AccessTokenVerifier(issuer, new KmsKeySet(PUBLISHED_KEYS), clock)

/** `POST /introspect`: what a token is good for now, to the tool it is for and to whoever it was given to (RFC 7662). */
export const handler = oauthEndpoint({ issuer, clock, log: new PowertoolsLog() }, async (call) => {
  const form = call.form()
  const caller = await introspector(call, form)
  const known = await tokens.recognise(readToken(form))
  mustBeTheirs(issuer, caller, known)
  if (!known.ok) return inactiveAnswer
  const active = await introspectToken(known.value, caller, { requests, clock })
  return active ? activeAnswer(known.value.claims, active.details) : inactiveAnswer
})

async function introspector(call: Call, form: Form): Promise<Introspector> {
  const caller = await callers.client(call, form)
  return caller.type === 'tool' ? { ...caller, audience: addressesOf(bundle, caller.id)?.audience } : caller
}
