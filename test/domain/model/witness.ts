import { reviewWithin } from '../../../functions/domain/break-glass/break-glass.ts'
import type { Event, EventType } from '../../../functions/domain/record/events.ts'
import { stateOf } from '../../../functions/domain/record/preview.ts'
import { approvalsOf } from '../../../functions/domain/record/request.ts'

/**
 * The knowledge of a reader of the ledger alone: counted from the events without the reducer, so that the invariants do
 * not trust the reducer.
 */
export type Witness = {
  /** One more with each narrowing and each drift. */
  round: number
  /** The state that people decide on, and the number of drifts. */
  state: string | undefined
  drifts: number
  /** The stages that were approved with the parent. */
  inherited: readonly string[]
  approvals: readonly {
    person: string
    for: string | undefined
    stage: string
    as: string
    login?: { acr?: string | undefined; at?: number | undefined } | undefined
  }[]
  /** Every decision in force: its time, and whether it has a comment. */
  decided: readonly { person: string; stage: string; verdict: string; at: number; comment: boolean }[]
  /** The stage of the latest narrowing: the narrower's approval may count there before any stage is open again. */
  narrowedAt: Open | undefined
  open: Open | undefined
  /** The channels of each opened stage of this round, if they are its owners'. */
  channels: { readonly [stage: string]: readonly string[] | undefined }
  escalated: readonly string[]
  decideBy: number
  grant: { claimBy: number; notAfter: number; claimed: boolean } | undefined
  intended: readonly string[]
  /** The newest intent of each kind without a credential. */
  pending: { readonly [claim: string]: string | undefined }
  /** The time of each intent, by its credential. */
  intendedAt: { readonly [credential: string]: number }
  issued: readonly string[]
  /** The newest credential of each kind. */
  live: { readonly [claim: string]: string | undefined }
  /** The begun uses, by tool and key. */
  begun: readonly string[]
  /** The mediated call, unless given back: its use, its start, and whether its outcome is on record. */
  call: { use: string; at: number; told: boolean } | undefined
  /** The delegated uses, by child. */
  given: { readonly [child: string]: number }
  /** The key of the grant. */
  key: string | undefined
  denied: boolean
  /** An opening's latest end, by its ask, and the state of its review. */
  opened:
    | { until: number; reviewBy: number; due: boolean; overdue: boolean; reviewedBy: string | undefined }
    | undefined
  /** The event that ended the request. */
  end: EventType | undefined
  /** The questions, by id, and whether each is answered. */
  questions: { readonly [question: string]: boolean }
  /** The colleagues who were asked, by stage. */
  colleagues: readonly string[]
  /** The person who accepted the agent of a transfer. */
  accepted: string | undefined
  /** The number of comparisons of its calls. */
  compared: number
  /** The use whose call started a run, and how that ended. */
  run: { use: string; ended: string | undefined } | undefined
}

type Open = { stage: string; deadline: number; escalated: boolean }

const undecided = { approvals: [], decided: [], open: undefined, channels: {}, escalated: [] }

export const noWitness: Witness = {
  ...undecided,
  round: 1,
  state: undefined,
  drifts: 0,
  inherited: [],
  narrowedAt: undefined,
  decideBy: 0,
  grant: undefined,
  intended: [],
  pending: {},
  intendedAt: {},
  issued: [],
  live: {},
  begun: [],
  call: undefined,
  given: {},
  key: undefined,
  denied: false,
  opened: undefined,
  end: undefined,
  questions: {},
  colleagues: [],
  accepted: undefined,
  compared: 0,
  run: undefined,
}

/** The number of begun and delegated uses. */
export const spent = ({ begun, given }: Witness): number =>
  begun.length + Object.values(given).reduce((sum, uses) => sum + uses, 0)

export function witness(seen: Witness, event: Event): Witness {
  switch (event.type) {
    case 'Submitted':
      return {
        ...noWitness,
        decideBy: event.decideBy,
        key: event.ask.jkt,
        state: stateOf(event.preview),
        inherited: (event.inherits ?? []).map(({ terms }) => terms.name),
        approvals: approvalsOf({ stages: event.inherits ?? [] }).map((each) => ({ for: undefined, ...each })),
      }
    case 'StageOpened': {
      const escalated = seen.escalated.includes(event.stage)
      const open = { stage: event.stage, deadline: event.deadline, escalated }
      return { ...seen, narrowedAt: undefined, open, channels: { ...seen.channels, [event.stage]: event.channels } }
    }
    case 'StageEscalated': {
      const open = { stage: event.stage, deadline: event.deadline, escalated: true }
      return { ...seen, open, escalated: [...seen.escalated, event.stage] }
    }
    case 'Decided': {
      const { stage, as, verdict, at, for: absent, login } = event
      const one = { person: event.actor.id, stage }
      const decided = [...seen.decided, { ...one, verdict, at, comment: event.comment !== undefined }]
      if (verdict !== 'approve') return { ...seen, decided, denied: true }
      const approvals = [...seen.approvals, { ...one, for: absent, as, login }]
      return { ...seen, decided, approvals, narrowedAt: undefined }
    }
    case 'Narrowed':
      return { ...seen, round: seen.round + 1, ...undecided, narrowedAt: seen.open }
    case 'StateChanged':
      return {
        ...seen,
        round: seen.round + 1,
        state: stateOf(event.preview),
        drifts: seen.drifts + 1,
        inherited: [],
        decideBy: event.decideBy,
        ...undecided,
        grant: undefined,
        intended: [],
        live: {},
        pending: {},
      }
    case 'Commented':
      return {
        ...seen,
        decided: seen.decided.map((each) =>
          each.person === event.actor.id && each.verdict === event.verdict ? { ...each, comment: true } : each,
        ),
      }
    case 'ApprovalDropped':
      return {
        ...seen,
        approvals: seen.approvals.filter(({ person }) => person !== event.person),
        decided: seen.decided.filter(({ person }) => person !== event.person),
      }
    case 'Approved':
      return { ...seen, open: undefined, grant: { claimBy: event.claimBy, notAfter: event.notAfter, claimed: false } }
    case 'CredentialIntended':
      return {
        ...seen,
        intended: [...seen.intended, event.credential],
        pending: { ...seen.pending, [event.claim]: event.credential },
        intendedAt: { ...seen.intendedAt, [event.credential]: event.at },
      }
    case 'CredentialIssued':
      return {
        ...seen,
        issued: [...seen.issued, event.credential],
        live: { ...seen.live, [event.claim]: event.credential },
        pending: { ...seen.pending, [event.claim]: undefined },
        grant: seen.grant && { ...seen.grant, notAfter: event.notAfter, claimed: true },
      }
    case 'CredentialRevoked':
      return { ...seen, live: {}, pending: { ...seen.pending, aws: undefined } }
    case 'UseBegun':
      return {
        ...seen,
        begun: [...seen.begun, `${event.tool} ${event.key}`],
        call: event.key === 'call' ? { use: event.use, at: event.at, told: false } : seen.call,
      }
    case 'UseReturned':
      return { ...seen, begun: seen.begun.filter((each) => each !== 'aws call'), call: undefined }
    case 'Denied':
    case 'Withdrawn':
    case 'Expired':
    case 'Completed':
    case 'Revoked':
      return { ...seen, end: event.type, live: {} }
    case 'KeyBound':
      return { ...seen, key: event.jkt }
    case 'Delegated':
      return { ...seen, given: { ...seen.given, [event.child]: event.uses } }
    case 'UseEnded':
      return { ...seen, call: seen.call?.use === event.use ? { ...seen.call, told: true } : seen.call }
    case 'RunStarted': {
      const call = seen.call?.use === event.use ? { ...seen.call, told: true } : seen.call
      return { ...seen, call, run: { use: event.use, ended: undefined } }
    }
    case 'RunEnded':
      return { ...seen, run: seen.run && { ...seen.run, ended: event.status } }
    case 'BreakGlassOpened': {
      const { ask, at, notAfter } = event
      const until = at + (ask.breakGlass?.window ?? 0)
      const review = { reviewBy: at + reviewWithin, due: false, overdue: false, reviewedBy: undefined }
      const grant = { claimBy: notAfter, notAfter, claimed: false }
      return { ...noWitness, key: ask.jkt, grant, opened: { until, ...review } }
    }
    case 'ReviewDue':
      return { ...seen, opened: seen.opened && { ...seen.opened, due: true } }
    case 'ReviewOverdue':
      return { ...seen, opened: seen.opened && { ...seen.opened, overdue: true } }
    case 'Reviewed':
      return { ...seen, opened: seen.opened && { ...seen.opened, reviewedBy: event.actor.id } }
    case 'CallsCompared':
      return { ...seen, compared: seen.compared + 1 }
    case 'Asked':
      return { ...seen, questions: { ...seen.questions, [event.question]: false } }
    case 'Answered':
      return { ...seen, questions: { ...seen.questions, [event.question]: true } }
    case 'TransferAccepted':
      return { ...seen, accepted: event.actor.id }
    case 'ColleagueAsked':
      return { ...seen, colleagues: [...seen.colleagues, `${event.stage} ${event.to}`] }
    case 'StepOpened':
    case 'StepEnded':
    case 'Refused':
      return seen
    default:
      return event satisfies never
  }
}
