import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importJWK, SignJWT } from 'jose'
import { readAnswer } from './wire.ts'

/** A client of the identity provider that authenticates with `private_key_jwt` (RFC 7523). */
export interface Client {
  id: string
  clientId: string
  /** An EC P-256 private key as a JWK, with `kid`. */
  privateJwk: Record<string, string>
}

/** What an agent must know to work with Hotwork: where it is, where tokens come from, and who the agent is. */
export interface Settings {
  apiUrl: string
  identityProviderUrl: string
  agent: Client
  /** Where the AWS calls go. `endpoint` is for an emulator; leave it out for AWS itself. */
  aws: { region: string; endpoint?: string }
}

/** The file in which the running local stack says where it is. */
export const localFile = join(import.meta.dirname, '../../.hotwork/local.json')

/**
 * The settings of one agent of the local stack.
 * @throws An error that says what to do, when no stack runs or it has no such agent.
 */
export function readSettings(agentId: string, path = localFile): Settings {
  const { apiUrl, identityProviderUrl, agents, aws } = readLocal(path)
  const agent = agents.find(({ id }) => id === agentId)
  if (!agent) throw new Error(`the local stack has no \`${agentId}\`; it has ${agents.map(({ id }) => id).join(', ')}`)
  return { apiUrl, identityProviderUrl, agent, aws: { region: aws.region, endpoint: aws.endpointUrl } }
}

function readLocal(path: string) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Omit<Settings, 'agent'> & {
      agents: Client[]
      aws: { endpointUrl: string }
    }
  } catch {
    throw new Error(`there is no ${path}: start the local stack first, with \`npm start\``)
  }
}

/**
 * Gets a token for the API at `resource` (RFC 8707) from the identity provider, by `client_credentials` and a signed
 * assertion (`private_key_jwt`, RFC 7523): no shared secret. For an agent this is its workload token.
 * @param acr A stronger login, for people: the token then carries `acr` and `auth_time`.
 */
export async function fetchToken(
  identityProviderUrl: string,
  { clientId, privateJwk }: Client,
  resource: string,
  acr?: string,
): Promise<{ token: string; expiresAt: number }> {
  const metadata = await fetch(`${identityProviderUrl}/.well-known/openid-configuration`)
  const { issuer, token_endpoint } = await readAnswer<{ issuer: string; token_endpoint: string }>(metadata)
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256', ...(privateJwk['kid'] ? { kid: privateJwk['kid'] } : {}) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('1 minute')
    .sign(await importJWK(privateJwk, 'ES256'))

  const response = await fetch(token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      resource,
      ...(acr === undefined ? {} : { acr_values: acr }),
    }),
  })
  const answer = await readAnswer<{ access_token: string; expires_in: number }>(response)
  return { token: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1000 }
}
