import type { Call } from '../../adapters/http/endpoint.ts'
import { answerUnknown, oauthEndpoint, readToken, revokedAnswer } from '../../adapters/http/oauth.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { AccessTokenVerifier } from '../../adapters/jose/access-token.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { actorNamed } from '../../domain/values.ts'
import type { KnownToken } from '../../operations/credentials/ports.ts'
import { revokeToken } from '../../operations/credentials/tokens.ts'
import { Callers, mustBeTheirs } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { decidingPorts, factsOnly, readBundle } from '../wiring/ports.ts'

const environment = environmentOf('revoke-token')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, factsOnly(readBundle()))
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)
const tokens = new AccessTokenVerifier(issuer, new KmsKeySet(environment.PUBLISHED_KEYS), ports.clock)

/** A client that names itself and proves nothing: what it shows is the token itself (RFC 7009 section 2.1). */
const isPublic = (call: Call, form: Form): boolean =>
  form.has('client_id') &&
  call.header('authorization') === undefined &&
  !form.has('client_assertion') &&
  !form.has('client_assertion_type')

const wasGivenTo = ({ claims }: KnownToken, client: string | undefined): boolean => claims['client_id'] === client

/**
 * `POST /revoke`: an agent, or a person who used break-glass, gives an access token of their own back (RFC 7009). What is
 * unknown, or not the caller's, is answered in the same way and stays as it is; a person who shows neither is nobody here.
 * A client that shows the token and names the client it was given to may end it too: that takes rights away, and gives
 * none.
 */
export const handler = oauthEndpoint({ issuer, ...ports }, async (call) => {
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
