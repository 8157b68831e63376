import { randomBytes } from 'node:crypto'
import type { AwsCredentials } from '../../functions/domain/cards/wire/task.ts'
import { isSameSecret, type LoopbackAnswer, type LoopbackCall, listenOnLoopback } from '../loopback.ts'
import { exits, Trouble } from '../outcome.ts'

const path = '/credentials'

export type CredentialsEndpoint = {
  /** The address and the token for the variables that AWS SDKs read (container credentials). */
  url: string
  authorization: string
  close(): Promise<void>
}

/**
 * Container credentials on loopback: every AWS SDK and tool asks here, and again before they expire. It answers only
 * processes that have the token, and ends with this process.
 */
export async function openCredentialsEndpoint(
  credentials: () => Promise<AwsCredentials>,
): Promise<CredentialsEndpoint> {
  const authorization = randomBytes(32).toString('base64url')
  const { url, close } = await listenOnLoopback((call) => answer(call, authorization, credentials))
  return { url: `${url}${path}`, authorization, close }
}

async function answer(
  { method, path: asked, query, headers, isByItsName }: LoopbackCall,
  authorization: string,
  credentials: () => Promise<AwsCredentials>,
): Promise<LoopbackAnswer> {
  if (!isByItsName) return noCredentials(403, 'wrong_host', 'this address is for processes of this machine')
  if (asked !== path || query !== '')
    return noCredentials(404, 'not_found', `\`AWS_CONTAINER_CREDENTIALS_FULL_URI\` names ${path}`)
  if (method !== 'GET') return noCredentials(405, 'wrong_method', 'credentials are read with GET')
  if (!isSameSecret(headers.authorization ?? '', authorization))
    return noCredentials(401, 'wrong_token', '`Authorization` should be `AWS_CONTAINER_AUTHORIZATION_TOKEN`')
  return answerCredentials(credentials)
}

/** The form of the container endpoint of ECS, member for member. */
export async function answerCredentials(credentials: () => Promise<AwsCredentials>): Promise<LoopbackAnswer> {
  try {
    const { AccessKeyId, SecretAccessKey, SessionToken: Token, Expiration } = await credentials()
    return { status: 200, body: { AccessKeyId, SecretAccessKey, Token, Expiration } }
  } catch (trouble) {
    if (!(trouble instanceof Trouble)) return noCredentials(500, 'fault', 'hotwork failed')
    const { code, title, detail } = trouble.told
    const words = `Hotwork: ${title}${detail ? `; ${detail}` : ''}`
    return noCredentials(trouble.exit === exits.fault ? 500 : 403, code, words)
  }
}

/** The one form of error that AWS's tools print. */
export const noCredentials = (status: number, Code: string, Message: string): LoopbackAnswer => ({
  status,
  body: { Code, Message },
})
