import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type Server } from 'node:https'

/**
 * The files that agents change, in memory. The store knows nothing of Hotwork: the secret alone lets a caller write.
 */
export function createStore(secret: string, tls: { key: Buffer; cert: Buffer }, log: (line: string) => void): Server {
  const files = new Map<string, string>()
  return createServer(tls, async (request, response) => {
    const { method = '', url = '' } = request
    const answer = (status: number, body = '') => {
      log(`${method} ${url} ${status}`)
      response.writeHead(status).end(body)
    }
    if (!isSame(request.headers.authorization ?? '', `Bearer ${secret}`)) return answer(401, 'the store has a secret\n')
    if (method === 'GET') return files.has(url) ? answer(200, files.get(url)) : answer(404)
    if (method !== 'PUT') return answer(405)
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    files.set(url, body)
    return answer(204)
  })
}

const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))
const digest = (text: string) => createHash('sha256').update(text).digest()
