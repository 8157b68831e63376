import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One who gets tokens from the identity provider with `private_key_jwt` (RFC 7523): a client id and a private key. */
export interface Client {
  id: string
  clientId: string
  /** An EC P-256 private key as a JWK, with `kid`. */
  privateJwk: Record<string, string>
}

/** Everything an agent must know to work with Hotwork: where it is, where tokens come from, and who the agent is. */
export interface Settings {
  apiUrl: string
  identityProviderUrl: string
  agent: Client
  /** Where the AWS calls go. `endpoint` is for an emulator; leave it out for AWS itself. */
  aws: { region: string; endpoint?: string }
}

/** What the running local stack says of itself. */
export const localFile = join(import.meta.dirname, '../../.hotwork/local.json')

/**
 * The settings of one agent of the local stack.
 * @throws An error that says what to do, when no stack runs or it has no such agent.
 */
export function readSettings(agentId: string, path = localFile): Settings {
  let local: LocalFile
  try {
    local = JSON.parse(readFileSync(path, 'utf8')) as LocalFile
  } catch {
    throw new Error(`there is no ${path}: start the local stack first, with \`npm start\``)
  }
  const agent = local.agents.find(({ id }) => id === agentId)
  if (!agent)
    throw new Error(`the local stack has no \`${agentId}\`; it has ${local.agents.map(({ id }) => id).join(', ')}`)
  return {
    apiUrl: local.apiUrl,
    identityProviderUrl: local.identityProviderUrl,
    agent,
    aws: { region: local.aws.region, endpoint: local.aws.endpointUrl },
  }
}

interface LocalFile {
  apiUrl: string
  identityProviderUrl: string
  agents: Client[]
  aws: { region: string; endpointUrl: string }
}
