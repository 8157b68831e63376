// Rules: test/client/openapi.test.ts
import * as z from 'zod'

/** SSF 1.0 section 8.1.1. */
export const Stream = z.looseObject({
  stream_id: z.string(),
  iss: z.string(),
  aud: z.string().optional(),
  events_supported: z.array(z.string()),
  events_requested: z.array(z.string()).optional(),
  events_delivered: z.array(z.string()),
  delivery: z.looseObject({ method: z.string(), endpoint_url: z.string() }),
  min_verification_interval: z.number(),
  description: z.string().optional(),
})

/** SSF 1.0 section 8.1.2. */
export const StreamState = z.looseObject({ stream_id: z.string(), status: z.string(), reason: z.string().optional() })
