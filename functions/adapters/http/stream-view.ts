// Rules: test/client/streams.test.ts
import type { Stream, StreamState } from '../../domain/cards/wire/stream.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import {
  deliveredEvents,
  pushDelivery,
  type SignalStream,
  supportedEvents,
  verificationInterval,
} from '../../domain/events/stream.ts'
import { defined } from '../../domain/values.ts'

/** SSF 1.0 section 8.1.1. The secret `authorization_header` is shown to no caller. */
export const streamView = (
  stream: SignalStream,
  { issuer, audience }: { issuer: string; audience: string | undefined },
): Said<typeof Stream> =>
  defined({
    stream_id: stream.id,
    iss: issuer,
    aud: audience,
    events_supported: supportedEvents,
    events_requested: stream.requested,
    events_delivered: deliveredEvents(stream),
    delivery: { method: pushDelivery, endpoint_url: stream.endpoint },
    min_verification_interval: verificationInterval,
    description: stream.description,
  })

/** SSF 1.0 section 8.1.2. */
export const streamStatusView = ({ id, status, reason }: SignalStream): Said<typeof StreamState> =>
  defined({ stream_id: id, status, reason })
