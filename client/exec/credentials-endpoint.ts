import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AwsCredentials } from '../answers.ts'
import { exits, Trouble } from '../outcome.ts'

const path = '/credentials'
const loopback = /^(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)$/

export type CredentialsEndpoint = {
  /** What AWS SDKs read (container credentials), and what they show. */
  url: string
  authorization: string
  close(): Promise<void>
}

/**
 * Container credentials on loopback: every AWS SDK and tool asks here, and again before they end. Only a process that was
 * given the token is answered. It ends with this process, however this process ends.
 */
export async function openCredentialsEndpoint(
  credentials: () => Promise<AwsCredentials>,
): Promise<CredentialsEndpoint> {
  const authorization = randomBytes(32).toString('base64url')
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request, authorization, credentials)
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    authorization,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type Answer = { status: number; body: object }

async function answer(
  { method, url, headers, socket }: IncomingMessage,
  authorization: string,
  credentials: () => Promise<AwsCredentials>,
): Promise<Answer> {
  // A page in a browser may reach loopback by a name of its own.
  const port = loopback.exec(headers.host ?? '')?.[1]
  if (port !== String(socket.localPort)) return no(403, 'wrong_host', 'this address is for processes of this machine')
  if (url !== path) return no(404, 'not_found', `\`AWS_CONTAINER_CREDENTIALS_FULL_URI\` names ${path}`)
  if (method !== 'GET') return no(405, 'wrong_method', 'credentials are read with GET')
  if (!isSame(headers.authorization ?? '', authorization))
    return no(401, 'wrong_token', '`Authorization` should be `AWS_CONTAINER_AUTHORIZATION_TOKEN`')
  try {
    const { AccessKeyId, SecretAccessKey, SessionToken: Token, Expiration } = await credentials()
    return { status: 200, body: { AccessKeyId, SecretAccessKey, Token, Expiration } }
  } catch (trouble) {
    if (!(trouble instanceof Trouble)) return no(500, 'fault', 'hotwork failed')
    const { code, title, detail } = trouble.told
    return no(trouble.exit === exits.fault ? 500 : 403, code, `Hotwork: ${title}${detail ? `; ${detail}` : ''}`)
  }
}

/** AWS's tools print these members, and none of them a body of another form. */
const no = (status: number, Code: string, Message: string): Answer => ({ status, body: { Code, Message } })

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))
