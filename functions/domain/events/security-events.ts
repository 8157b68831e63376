// Rules: test/operations/events/killed-token.test.ts
import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { sessionRevoked, verification } from '../halts/signal.ts'
import { isOfHalt } from '../record/commands.ts'
import { type ApprovalRequest, grantOf } from '../record/request.ts'
import {
  AskerId,
  CredentialId,
  defined,
  idOfDigest,
  type JsonObject,
  NumericDate,
  RequestId,
  StreamId,
} from '../values.ts'

/** The reason why a token died early. `replaced`: its holder claimed a new one. */
export const EndedBecause = z.enum(['completed', 'revoked', 'halted', 'ended', 'token_revoked', 'replaced'])
export type EndedBecause = z.infer<typeof EndedBecause>

/** An event for a tool's stream: ids, times and a closed code, without text. */
export const SecurityEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('session_revoked'),
    request: RequestId,
    token: CredentialId,
    /** The `sub` of the token. */
    subject: AskerId,
    at: NumericDate,
    /** The `exp` of the token. */
    expiresAt: NumericDate,
    because: EndedBecause,
  }),
  z.strictObject({
    type: z.literal('verification'),
    stream: StreamId,
    /** The number of the verification request. */
    count: z.int(),
    state: z.string().max(1024).optional(),
  }),
])
export type SecurityEvent = z.infer<typeof SecurityEvent>
export type SessionRevoked = Extract<SecurityEvent, { type: 'session_revoked' }>

/**
 * The access token that a change of a request ended early. For one that expires with its grant the tool reads `exp`.
 */
export function killedToken(before: ApprovalRequest | undefined, after: ApprovalRequest): SessionRevoked | undefined {
  const token = before?.status === 'approved' ? before.grant.credentials.access_token : undefined
  if (!token || after.status === 'expired') return undefined
  const now = after.status === 'approved' ? after.grant.credentials.access_token : undefined
  if (now?.id === token.id || token.expiresAt <= after.updatedAt) return undefined
  const { id, agent, chain } = after.ask
  return {
    type: 'session_revoked',
    request: id,
    token: token.id,
    subject: chain[0]?.id ?? agent.id,
    at: after.updatedAt,
    expiresAt: token.expiresAt,
    because: becauseOf(after),
  }
}

function becauseOf(after: ApprovalRequest): EndedBecause {
  switch (after.status) {
    case 'completed':
      return 'completed'
    case 'revoked':
      if (after.revokedBy !== 'system') return 'revoked'
      return isOfHalt(after.reason) ? 'halted' : 'ended'
    case 'approved':
      return grantOf(after)?.credentials.access_token ? 'replaced' : 'token_revoked'
    default:
      return 'ended'
  }
}

/**
 * CAEP 1.0 section 2: who ended a session. The agent is its user, by completing or returning a token; people end it as
 * admins.
 */
const initiators: { readonly [why in EndedBecause]: 'user' | 'admin' | 'system' } = {
  completed: 'user',
  token_revoked: 'user',
  replaced: 'user',
  revoked: 'admin',
  halted: 'admin',
  ended: 'system',
}

type Addressed = { stream: StreamId; issuer: string }

/**
 * The claims of a Security Event Token (RFC 8417, SSF 1.0 section 4), without `iss`, `aud` and `iat`. It has neither
 * `sub` nor `exp`.
 */
export function setClaims(event: SecurityEvent, { stream, issuer }: Addressed): JsonObject {
  if (event.type === 'verification')
    return {
      jti: setId([stream, 'verification', event.count]),
      sub_id: { format: 'opaque', id: stream },
      events: { [verification]: defined({ state: event.state }) },
    }
  const { request, token, subject, at, because } = event
  return {
    jti: setId([stream, token]),
    txn: request,
    sub_id: {
      format: 'complex',
      session: { format: 'opaque', id: token },
      user: { format: 'iss_sub', iss: issuer, sub: subject },
    },
    events: {
      [sessionRevoked]: {
        event_timestamp: at,
        initiating_entity: initiators[because],
        reason_admin: { en: because },
      },
    },
  }
}

/** The same event on the same stream has the same id, so that a receiver recognizes a repeat. */
const setId = (parts: (string | number)[]): string => idOfDigest('set', digestOf('hotwork.set.v1', parts))
