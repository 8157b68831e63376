import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AwsAccess } from '../../local/emulator.ts'
import { createForwarder, listenOnLoopback } from '../../local/loopback.ts'
import { hold } from './held.ts'
import { aliasIn, withAlias } from './invoked.ts'
import { createJudge } from './judge.ts'

const scope = /Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/

/**
 * A proxy in front of fakecloud. It marks each call as TLS, since no program here has a certificate and a policy that
 * demands TLS would deny every call. It asks judge.ts about the calls that fakecloud does not judge.
 */
export async function startFront(access: AwsAccess, account: string, containers: string) {
  const target = access.endpointUrl
  const [server, proxy, judge] = [
    await listenOnLoopback(),
    createForwarder(false, () => {}),
    createJudge(access, account),
  ]

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, accessKeyId = '', region = '', service = ''] = scope.exec(request.headers.authorization ?? '') ?? []
    const action = String(request.headers['x-amz-target']).split('.').at(-1) ?? ''
    const holds = service === 'sqs' && action === 'ChangeMessageVisibility'
    const refuse = (resource: string) => {
      const message = `The caller is not authorized to perform: ${service}:${action} on resource: ${resource}`
      const type = 'AccessDeniedException'
      response.writeHead(403, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type })
      response.end(JSON.stringify({ __type: type, message }))
    }
    const alias = aliasIn(request.url)
    if (service !== 'sts' && !holds && alias === undefined && !judge.judges(service)) {
      if (await judge.ended(accessKeyId, service, region)) refuse('*')
      else proxy.web(request, response, { target })
      return
    }
    const sent = Buffer.concat(await request.toArray())
    const body = alias === undefined ? sent : Buffer.from(withAlias(alias, sent.toString()))
    if (judge.judges(service)) {
      const sessionToken = request.headers['x-amz-security-token']?.toString()
      const call = { service, action, region, body: JSON.parse(body.toString() || '{}') as { [name: string]: unknown } }
      const resource = await judge.denied(accessKeyId, sessionToken, call)
      if (resource !== undefined) return refuse(resource)
    }
    const identity = service === 'sts' ? judge.identity(accessKeyId, body.toString()) : undefined
    if (identity !== undefined) {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(identity)
      return
    }
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined || /^(connection|content-length|host|transfer-encoding|expect)$/.test(name)
        ? []
        : [[name, String(value)] as [string, string]],
    )
    const answered = await fetch(`${target}${request.url}`, { method: request.method ?? 'POST', headers, body })
    const text = await answered.text()
    if (service === 'sts') judge.keep(body.toString(), text)
    if (holds && answered.status !== 403) {
      const { ReceiptHandle, VisibilityTimeout } = JSON.parse(body.toString())
      hold(containers, ReceiptHandle, VisibilityTimeout)
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}')
      return
    }
    const type = answered.headers.get('content-type') ?? 'application/octet-stream'
    const failed = answered.headers.get('x-amz-function-error')
    response
      .writeHead(answered.status, { 'content-type': type, ...(failed !== null && { 'x-amz-function-error': failed }) })
      .end(text)
  }

  server.handle((request, response) => {
    request.headers['x-forwarded-proto'] = 'https'
    // A proxy's 502, at which an SDK retries.
    answer(request, response).catch(() => response.writeHead(502).end())
  })
  return { url: server.url, close: server.close }
}
