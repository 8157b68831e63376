// Rules: test/client/policy/show.test.ts
import { gzipSync } from 'node:zlib'
import type { Call } from './endpoint.ts'
import type { Answer } from './problem.ts'

/** JSON, compressed for a caller that accepts gzip: Lambda answers with at most 6 MB. */
export function inGzip(call: Pick<Call, 'header'>, body: object): Answer {
  if (!/\bgzip\b/i.test(call.header('accept-encoding') ?? '')) return { status: 200, body }
  return { status: 200, headers: { 'content-encoding': 'gzip' }, body: gzipSync(JSON.stringify(body)) }
}
