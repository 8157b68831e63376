import type { ApprovalRequest, ApprovedRequest, Grant } from '../../../functions/domain/record/request.ts'
import { agentKey, permit } from '../../support/ask.ts'
import { type Fault, faultsIn } from './fault.ts'
import { production } from './production.ts'
import { ahead, tierZero } from './scenarios.ts'

const { decide, evolve } = production
const inTierZero = faultsIn(tierZero)

const withGrant = (state: ApprovedRequest, grant: Partial<Grant>) => ({
  state: { ...state, grant: { ...state.grant, ...grant } },
})
/** An event leaves parts of the grant as they were. */
const keeping =
  (type: string, kept: (grant: Grant, next: Grant) => Partial<Grant>) =>
  (state: ApprovalRequest, event: Parameters<typeof evolve>[1]): ApprovalRequest | undefined => {
    if (event.type !== type || state.status !== 'approved') return undefined
    const next = evolve(state, event) as ApprovedRequest
    return withGrant(next, kept(state.grant, next.grant)).state
  }

/** Mistakes in the rights of a grant, and in its end. */
export const faultsOfGrant: readonly Fault[] = [
  inTierZero.commanded('the question is not asked again at issue', 'INV3', 'intend', { answer: permit }),
  inTierZero.told('deadlines are not applied until a timer fires', 'INV8', (state, command) =>
    command.type === 'wake' ? undefined : { now: state.updatedAt },
  ),
  inTierZero.told('a grant may be claimed after its end', 'INV8', (state, command, now) =>
    state.status === 'approved' && command.type === 'intend'
      ? { now: Math.min(now, (state.grant.claimedAt === undefined ? state.grant.claimBy : state.grant.notAfter) - 1) }
      : undefined,
  ),
  faultsIn(ahead).told('a grant may be claimed before its start', 'INV8', (state, command) => {
    if (command.type !== 'intend') return undefined
    const { notBefore: _, ...ask } = state.ask
    return { state: { ...state, ask } }
  }),
  inTierZero.recorded('every claim gives the grant another lifetime', 'INV8', 'CredentialIssued', (event, state) => {
    const notAfter = event.at + (state?.ask.lifetime ?? 0)
    return { ...event, notAfter, expiresAt: notAfter }
  }),
  inTierZero.told('a credential may be recorded without an intent', 'INV5', (state, command) =>
    state.status === 'approved' && command.type === 'issue' && !state.grant.intents[command.claim]
      ? withGrant(state, { intents: { [command.claim]: { id: command.credential, at: state.updatedAt } } })
      : undefined,
  ),
  inTierZero.told('an overtaken attempt still becomes a credential', 'INV5', (state, command) => {
    if (state.status !== 'approved' || command.type !== 'issue' || !state.grant.intents[command.claim]) return undefined
    const own = { id: command.credential, at: state.updatedAt }
    return withGrant(state, { intents: { ...state.grant.intents, [command.claim]: own } })
  }),
  inTierZero.told('an intent is valid for as long as the grant', 'INV3', (state, command, now) => {
    const intent = state.status === 'approved' && command.type === 'issue' && state.grant.intents[command.claim]
    if (!intent) return undefined
    return withGrant(state, { intents: { ...state.grant.intents, [command.claim]: { ...intent, at: now } } })
  }),
  inTierZero.told(
    'an access token that was overtaken before it was issued is not counted',
    'INV5',
    (state, command) => {
      const lost = state.status === 'approved' && command.type === 'intend' && state.grant.intents.access_token
      if (!lost || command.claim !== 'access_token') return undefined
      const { tokens = 1, ...grant } = state.grant
      return { state: { ...state, grant: { ...grant, ...(tokens > 1 ? { tokens: tokens - 1 } : {}) } } }
    },
  ),
  inTierZero.commanded('a replaced credential stays valid', 'INV5', 'begin_use', (command, state) => {
    const live = state.status === 'approved' && state.grant.credentials.access_token?.id
    return live ? { ...command, presented: live } : command
  }),
  inTierZero.evolved(
    'a second mint does not replace the first',
    'INV5',
    keeping('CredentialIssued', (before, { credentials }) => ({
      credentials: { ...credentials, ...before.credentials },
    })),
  ),
  inTierZero.evolved(
    'AWS credentials outlive the access token that was given back',
    'INV7',
    keeping('CredentialRevoked', ({ credentials: { aws } }) => ({ credentials: aws ? { aws } : {} })),
  ),
  inTierZero.ignored('giving a token back is noted, and ends nothing', 'INV7', 'CredentialRevoked'),
  inTierZero.evolved(
    'an AWS session that was being made when its token was given back is recorded',
    'INV7',
    keeping('CredentialRevoked', ({ intents }) => ({ intents })),
  ),
  inTierZero.commanded('any key may claim', 'INV1', 'intend', { jkt: agentKey }),
  inTierZero.told('uses are counted by credential', 'INV9', (state, command) =>
    state.status === 'approved' && command.type === 'begin_use'
      ? withGrant(state, { uses: state.grant.uses.filter((use) => use.credential === command.presented) })
      : undefined,
  ),
  inTierZero.told(
    'AWS credentials are issued though a tool has spent the uses since their intent',
    'INV9',
    (state, command) =>
      state.status === 'approved' && command.type === 'issue'
        ? { state: { ...state, ask: { ...state.ask, uses: state.ask.uses + 1 } } }
        : undefined,
  ),
  inTierZero.ignored('completion is noted, and ends nothing', 'INV4', 'Completed'),
  inTierZero.replaced('an intent from before the end is issued after it', 'INV4', {
    decide: (state, command, now) =>
      state?.status === 'revoked' && command.type === 'issue'
        ? decide({ ...state, status: 'approved' } as never, command, now)
        : decide(state, command, now),
    evolve: (state, event) =>
      state?.status === 'revoked' && event.type === 'CredentialIssued' ? state : evolve(state, event),
  }),
  inTierZero.commanded('any person may revoke', 'INV3', 'revoke', { answer: permit }),
]
