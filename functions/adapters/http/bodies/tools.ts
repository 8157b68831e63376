// Rules: test/client/streams.test.ts
import * as z from 'zod'
import { pushDelivery, StreamStatus } from '../../../domain/events/stream.ts'
import { SecureUrl } from '../../../domain/people/identity-issuer.ts'
import { McpTool } from '../../../domain/policy/mcp-tool.ts'
import { JsonObject } from '../../../domain/values.ts'

export const UseBody = z.strictObject({
  token: z.string().min(1).max(8192),
  proof: z.string().min(1).max(8192),
  method: z.string().regex(/^[A-Z]{3,16}$/),
  url: z.url().max(2048),
  action: z.string().min(1).max(256),
  arguments: JsonObject,
  mcp: McpTool.optional(),
})

const Id = z.string().max(64)

/** Allowed in a header's value: nothing can be injected into Hotwork's requests. */
const HeaderValue = z
  .string()
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?$/, 'at most 1,024 printable ASCII characters')

const Delivery = z.strictObject({
  method: z.literal(pushDelivery, `\`${pushDelivery}\`: Hotwork pushes, and is not polled`),
  endpoint_url: SecureUrl.max(2048).regex(
    /^[^#@\s]+$/,
    'without a fragment, and without credentials: those go into `authorization_header`',
  ),
  authorization_header: HeaderValue.optional(),
})
const Requested = z.array(z.string().min(1).max(256)).min(1).max(32)
const Description = z.string().max(256)

/** Members that the transmitter supplies. Callers may send them back as read; members of extensions are ignored. */
export const supplied = {
  iss: z.json().optional(),
  aud: z.json().optional(),
  events_supported: z.json().optional(),
  events_delivered: z.json().optional(),
  min_verification_interval: z.json().optional(),
}
export const StreamBody = z.object({
  delivery: Delivery,
  events_requested: Requested.optional(),
  description: Description.optional(),
})
export const StreamReplacement = z.object({ ...StreamBody.shape, ...supplied, stream_id: Id })
export const StreamUpdate = z.object({ ...StreamBody.partial().shape, ...supplied, stream_id: Id })
export const StreamStatusBody = z.object({
  stream_id: Id,
  status: StreamStatus,
  reason: z.string().max(256).optional(),
})
export const VerificationBody = z.object({ stream_id: Id, state: z.string().max(1024).optional() })
