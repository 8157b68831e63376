import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, type IncomingMessage, request as overHttp, type ServerResponse } from 'node:http'
import { createServer, request as overHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import type { ClusterCredentials } from '../../functions/domain/cards/wire/task.ts'
import { isSameSecret } from '../loopback.ts'
import { writeNew } from '../new-file.ts'
import { exits, Trouble, whyUnanswered } from '../outcome.ts'
import { makeCertificate } from './certificate.ts'
import { kubeConfigOf } from './kube-config.ts'

export type ClusterProxy = {
  /** The kubeconfig that names this proxy and a secret for it, and no token of the cluster. */
  file: string
  close(): Promise<void>
}

/** A refused call in the form of Kubernetes, which `kubectl` prints. */
class No extends Error {
  readonly code: number
  readonly reason: string
  constructor(code: number, reason: string, message: string) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

/**
 * @internal An API server on loopback for an unchanged `kubectl`, which reads before it writes: a read goes to the cluster with
 * the read token, and all else with the token of the approved act. It answers only processes that have its secret, and
 * ends with this process.
 */
export async function openClusterProxy(credentials: () => Promise<ClusterCredentials>): Promise<ClusterProxy> {
  const { cluster } = await credentials()
  const secret = randomBytes(32).toString('base64url')
  const { key, cert } = makeCertificate()
  const server = createServer({ key, cert }, (call, answer) => {
    pass(call, answer, secret, credentials).catch((fault: unknown) => refuse(call, answer, noOf(fault)))
  })
  // A cluster's answer may take longer than Node's limits, such as of a slow list.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-cluster-'))
  // Not every end of a process reaches `close`.
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const file = join(folder, 'config')
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  writeNew(
    file,
    kubeConfigOf({ server: url, certificateAuthority: cert, namespace: cluster.namespace }, { act: { token: secret } }),
  )
  return {
    file,
    close: async () => {
      process.removeListener('exit', remove)
      remove()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/**
 * The headers of a call that go on. The cluster gets no other, such as one of impersonation. Without the length or the
 * encoding of a body Node would send the body of a DELETE as the next call.
 */
const sent = ['accept', 'accept-encoding', 'content-type', 'content-length', 'transfer-encoding', 'user-agent'] as const
const answered = ['content-type', 'content-encoding', 'content-length', 'retry-after', 'warning', 'audit-id'] as const

const pick = (headers: IncomingHttpHeaders, names: readonly string[]) =>
  Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])))

async function pass(
  call: IncomingMessage,
  answer: ServerResponse,
  secret: string,
  credentials: () => Promise<ClusterCredentials>,
): Promise<void> {
  const { method = '', url = '', headers } = call
  if (!isSameSecret(headers.authorization ?? '', `Bearer ${secret}`))
    throw new No(401, 'Unauthorized', 'Hotwork: the call has another secret than the kubeconfig of this command')
  mustPass(url, headers)
  const { cluster, status, readToken } = await credentials()
  const isRead = method === 'GET' || method === 'HEAD'
  const base = new URL(cluster.server)
  const { certificateAuthority: ca } = cluster
  const request = base.protocol === 'https:' ? overHttps : overHttp
  await new Promise<void>((resolve, reject) => {
    const asked = request(
      {
        ...{ host: base.hostname.replace(/^\[|\]$/g, ''), port: base.port, method },
        path: `${base.pathname.replace(/\/$/, '')}${url}`,
        headers: {
          ...pick(headers, sent),
          ...{ host: base.host, authorization: `Bearer ${isRead ? readToken : status.token}` },
        },
        ...(ca === undefined ? {} : { ca }),
      },
      (got) => {
        const { statusCode = 502 } = got
        if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) {
          got.resume()
          reject(
            new No(502, 'InternalError', `Hotwork: the cluster sends elsewhere (${statusCode}), which is not followed`),
          )
          return
        }
        answer.writeHead(statusCode, pick(got.headers, answered))
        pipeline(got, answer, () => resolve())
      },
    )
    asked.once('error', reject)
    answer.once('close', () => asked.destroy())
    pipeline(call, asked, () => {})
  })
}

/** A stream would go on after the end of its permit, and a connection into a pod says nothing of what is done there. */
function mustPass(url: string, headers: IncomingHttpHeaders): void {
  const [path = '', query] = url.split(/\?(.*)/s)
  const said = new URLSearchParams(query)
  const isOn = (name: string) => said.has(name) && !['false', '0'].includes(said.get(name) ?? '')
  if (!/^\/[\w./:~%+-]*$/.test(path) || path.split('/').some((part) => /^(\.|%2e){1,2}$/i.test(part)))
    throw new No(400, 'BadRequest', 'Hotwork: the path is not one of an API server')
  if (
    headers.upgrade !== undefined ||
    /\/(pods|services|nodes)\/[^/]+\/(exec|attach|portforward|proxy)(\/|$)/.test(path)
  )
    throw new No(403, 'Forbidden', 'Hotwork: exec, attach, port-forward and proxy are not passed on')
  if (isOn('watch') || /^\/(api|apis\/[^/]+)\/[^/]+\/watch\//.test(path))
    throw new No(403, 'Forbidden', 'Hotwork: a watch is not passed on; `kubectl delete` needs `--wait=false`')
  if (isOn('follow')) throw new No(403, 'Forbidden', 'Hotwork: logs are not followed; leave out `--follow`')
}

function noOf(fault: unknown): No {
  if (fault instanceof No) return fault
  if (!(fault instanceof Trouble))
    return new No(502, 'InternalError', `Hotwork: the cluster does not answer: ${whyUnanswered(fault)}`)
  const { title, detail } = fault.told
  const words = `Hotwork: ${title}${detail ? `; ${detail}` : ''}`
  return fault.exit === exits.fault ? new No(502, 'InternalError', words) : new No(403, 'Forbidden', words)
}

function refuse({ url = '' }: IncomingMessage, answer: ServerResponse, { code, reason, message }: No): void {
  if (answer.headersSent || answer.destroyed) {
    answer.destroy()
    return
  }
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
  // The rest of the call's body is not read.
  const headers = { 'cache-control': 'no-store', connection: 'close' }
  // `kubectl` prints no Status where it looks for the groups of the API.
  const [type, text] = /^\/apis?(\?|$)/.test(url)
    ? ['text/plain', message]
    : ['application/json', JSON.stringify(status)]
  answer.writeHead(code, { ...headers, 'content-type': type }).end(text)
}
