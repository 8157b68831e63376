import type { IncomingMessage, ServerResponse } from 'node:http'

/** A no of the service itself, without the gate. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>
  constructor(status: number, code: string, detail: string, headers: Record<string, string> = {}) {
    super(detail)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** A value of a flag has at most 256 characters, each at most 6 bytes of JSON. */
const bodyLimit = 4096

/**
 * The access token and the proof of its key (RFC 9449 section 7.1). The gate judges them.
 * @throws Refusal When one is missing, or sent twice: then it is not certain which of the two the gate judged.
 */
export function readDpop({ headersDistinct }: IncomingMessage): { token: string; proof: string } {
  const [authorization = '', secondAuthorization] = headersDistinct['authorization'] ?? []
  const [proof = '', secondProof] = headersDistinct['dpop'] ?? []
  const [, token] = /^DPoP +([\w.~+/-]+=*)$/i.exec(authorization) ?? []
  if (token === undefined || secondAuthorization !== undefined)
    throw unauthorized('invalid_token', 'send the access token as `Authorization: DPoP TOKEN`, once')
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(proof) || secondProof !== undefined)
    throw unauthorized('invalid_dpop_proof', 'send a proof for this address and this token as `DPoP`, once')
  return { token, proof }
}

const unauthorized = (code: string, detail: string): Refusal =>
  new Refusal(401, code, detail, { 'www-authenticate': `DPoP error="${code}", algs="ES256"` })

/** @throws Refusal */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new Refusal(415, 'unsupported_media_type', 'send `Content-Type: application/json`')
  const chunks: Buffer[] = []
  let size = 0
  // A body that is too large is not read to its end, and the connection stays open until the answer is sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyLimit)
      throw new Refusal(413, 'too_large', `the body should be at most ${bodyLimit} bytes`, { connection: 'close' })
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new Refusal(400, 'invalid_json', 'the body should be JSON')
  }
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers })
  response.end(`${JSON.stringify(body)}\n`)
}
