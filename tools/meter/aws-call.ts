import type { IncomingMessage } from 'node:http'

/** The caller, service and operation of a call of AWS. `caller`: the function's name as far as an SDK sends it, or `unknown`. */
export function describeAwsCall({ headers, method = '', url = '/' }: IncomingMessage, body: Buffer) {
  const target = String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1)
  const isForm = String(headers['content-type']).startsWith('application/x-www-form-urlencoded')
  // JSON protocols name the operation in a header, query protocols in the body, REST ones by method and path.
  const action = isForm ? new URLSearchParams(body.toString()).get('Action') : null
  return {
    caller: /(?:^| )app\/(\S+)/.exec(headers['user-agent'] ?? '')?.[1] ?? 'unknown',
    service: /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? 'unsigned',
    operation: target || action || `${method} ${url.split('?')[0]}`,
  }
}
