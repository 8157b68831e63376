import { oauthEndpoint } from '../adapters/http/oauth.ts'
import { answerUnknown, readToken, revokedAnswer } from '../adapters/http/oauth-tokens.ts'
import { AccessTokenVerifier } from '../adapters/jose/access-token.ts'
import { KmsKeySet } from '../adapters/kms/kms-key-set.ts'
import { revokeToken } from '../operations/revoke-token.ts'
import { environmentOf } from './environments.ts'
import { factsOnly, readBundle } from './wiring/bundle.ts'
import { Callers, mustBeTheirs } from './wiring/callers.ts'
import { decidingPorts } from './wiring/deciding.ts'

const environment = environmentOf('revoke-token')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, factsOnly(readBundle()))
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)
const tokens = new AccessTokenVerifier(issuer, new KmsKeySet(environment.PUBLISHED_KEYS), ports.clock)

/**
 * `POST /revoke`: an agent, or a person who broke the glass, gives an access token of their own back (RFC 7009). What is
 * unknown, or not the caller's, is answered in the same way and stays as it is; a person who shows neither is nobody here.
 */
export const handler = oauthEndpoint({ issuer, ...ports }, async (call) => {
  const caller = await callers.holder(call)
  const form = call.form()
  const known = await tokens.recognise(readToken(form))
  mustBeTheirs(issuer, caller, known)
  if (known.ok) await revokeToken(known.value, caller, ports)
  else if (known.code !== 'token_expired') return answerUnknown(form)
  return revokedAnswer
})
