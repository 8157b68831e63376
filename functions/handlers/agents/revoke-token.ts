// Rules: test/client/standard-clients.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import { answerUnknown, oauthEndpoint, readToken, revokedAnswer } from '../../adapters/http/oauth.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { AccessTokenVerifier } from '../../adapters/jose/access-token.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { actorNamed } from '../../domain/values.ts'
import type { KeySet, KnownToken } from '../../operations/credentials/ports.ts'
import { revokeToken } from '../../operations/credentials/tokens.ts'
import { Callers, mustBeTheirs } from '../callers.ts'
import type { ApiPorts } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithFacts } from '../wiring/ports.ts'

/** Whether the client is public: it only names itself, and the presented token is its proof (RFC 7009 section 2.1). */
const isPublic = (call: Call, form: Form): boolean =>
  form.has('client_id') &&
  call.header('authorization') === undefined &&
  !form.has('client_assertion') &&
  !form.has('client_assertion_type')

const wasGivenTo = ({ claims }: KnownToken, client: string | undefined): boolean => claims['client_id'] === client

/**
 * `POST /revoke`: an agent, or a person with an opening, revokes an access token of their own (RFC 7009). An unknown
 * token and another caller's token get the same answer and stay unchanged. A call without the token and without a login
 * is unauthenticated. A public client that presents the token and names itself may revoke it too, since that only
 * removes rights.
 */
export function createHandler(ports: ApiPorts & { keys: KeySet }) {
  const { issuer, policy, clock, keys } = ports
  const callers = new Callers(policy, issuer, clock)
  const tokens = new AccessTokenVerifier(issuer, keys, clock)
  return oauthEndpoint(ports, async (call) => {
    const form = call.form()
    const caller = isPublic(call, form) ? undefined : await callers.client(call, form)
    const known = await tokens.recognise(readToken(form))
    if (caller) mustBeTheirs(issuer, caller, known)
    const by =
      caller ?? (known.ok && wasGivenTo(known.value, form.get('client_id')) ? actorNamed(known.value.agent) : undefined)
    if (known.ok) await (by && revokeToken(known.value, by, ports))
    else if (known.code !== 'token_expired') return answerUnknown(form)
    return revokedAnswer
  })
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'PUBLISHED_KEYS'> = (told) => ({
  ...portsWithFacts(told),
  keys: new KmsKeySet(told.PUBLISHED_KEYS),
})
