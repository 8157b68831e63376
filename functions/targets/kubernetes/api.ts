// Rules: test/targets/kubernetes/reach.test.ts
import { request as requestByHttp } from 'node:http'
import { request as requestByHttps } from 'node:https'
import { JsonObject, parseJson } from '../../domain/values.ts'
import type { Act } from './rules/act.ts'
import type { Cluster } from './rules/entry.ts'

/** The largest answer that is read: etcd's own limit of an object, and room for a list. Bytes. */
const largest = 4_194_304

type Call = {
  method: 'GET' | 'PATCH' | 'POST'
  /** With its query. */
  path: string
  token: string
  signal: AbortSignal
  /** The media type and the text of a body. */
  body?: { type: string; text: string }
}

/** An answer of the API server. `body` is undefined if it is no JSON object. */
export type Answered = { status: number; body: JsonObject | undefined }

/** No connection was made, so the server did not get the call. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected'
}

/**
 * Calls the API server over a connection of its own, and follows no redirect.
 * @throws NotConnected, or another error if the server may have taken the call
 */
export function callApi(at: Pick<Cluster, 'server' | 'certificateAuthority'>, call: Call): Promise<Answered> {
  const { method, path, token, signal, body } = call
  const url = new URL(path, at.server)
  const headers = {
    ...{ accept: 'application/json', authorization: `Bearer ${token}` },
    ...(body && { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) }),
  }
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  let connected = false
  const send = url.protocol === 'https:' ? requestByHttps : requestByHttp
  const sent = send(url, { method, headers, signal, agent: false, ca: at.certificateAuthority }, (answer) => {
    const parts: Buffer[] = []
    let bytes = 0
    answer.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes > largest) answer.destroy(new RangeError('the answer is too large'))
      else parts.push(part)
    })
    answer.once('error', reject)
    answer.once('end', () => {
      const read = JsonObject.safeParse(parseJson(Buffer.concat(parts).toString()))
      resolve({ status: answer.statusCode ?? 0, body: read.data })
    })
  })
  const event = url.protocol === 'https:' ? 'secureConnect' : 'connect'
  sent.once('socket', (socket) => socket.once(event, () => (connected = true)))
  sent.once('error', (cause) => reject(connected ? cause : new NotConnected('no connection', { cause })))
  sent.end(body?.text)
  return promise
}

type Place = Omit<Act, 'operation' | 'fields' | 'name'> & { name: string | undefined }

/** The path of an object, or of all of them in a namespace. */
export function pathOf({ group, version, resource, subresource, namespace, name }: Place): string {
  const root = group === '' ? ['api', version] : ['apis', group, version]
  const within = namespace === undefined ? [] : ['namespaces', namespace]
  const object = name === undefined ? [] : [name, ...(subresource === undefined ? [] : [subresource])]
  return `/${[...root, ...within, resource, ...object].map(encodeURIComponent).join('/')}`
}

/** The reason of a Status, which contains nothing of the object. */
export function reasonOf({ status, body }: Answered): string {
  const reason = body?.['reason']
  return typeof reason === 'string' && /^[A-Za-z]{1,64}$/.test(reason) ? reason : `status_${status}`
}
