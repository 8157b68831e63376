import type { Call } from '../../adapters/http/endpoint.ts'
import { RequestId } from '../../domain/values.ts'
import { refusalForOps } from './refusals-for-ops.ts'

/** The id in the path, which is one of a break-glass. @throws BadRequest 404 */
export function breakGlassId(call: Call): RequestId {
  const id = RequestId.safeParse(call.path('id'))
  if (!id.success || !id.data.startsWith('bgl_')) throw refusalForOps('unknown_request')
  return id.data
}
