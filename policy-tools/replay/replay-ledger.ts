// Rules: test/operations/policy-change/replay.test.ts
import type { Entry } from '../../functions/domain/ledger/ledger.ts'
import type { Event } from '../../functions/domain/record/events.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { PersonId, RequestId } from '../../functions/domain/values.ts'
import { isSession } from '../../functions/targets/kinds.ts'
import { type Replayed, Tally } from '../change/replay.ts'
import { askAct, askBeside, askDecided, askOpened, askReviewed } from './ask-about-people.ts'
import { askRefused, askRefusedBeside } from './ask-about-refused.ts'
import {
  type Asking,
  aboutRequest,
  askAnew,
  askApproved,
  askLive,
  askMade,
  askSubmitted,
  type Came,
  isOver,
  type Reply,
} from './ask-about-requests.ts'
import { type Recorded, RecordedWorld } from './recorded-world.ts'
import type { Rules } from './rules.ts'

/** The rules to replay an entry under, by the hash of its bundle. Undefined if they are missing. */
export type RulesOf = (bundle: string) => Rules | undefined

/**
 * Asks every recorded question again, under other policies or under those that decided. Arguments, hosts, previews,
 * times and logins are the recorded ones. Rules, people, agents, ladder and catalogue come from the policies of the
 * replay.
 */
export class Replay {
  readonly #world = new RecordedWorld()
  readonly #tally = new Tally()
  readonly #came = new Map<string, Came>()
  readonly #rulesOf: RulesOf
  readonly #requests = new Set<string>()
  #entries = 0
  #from: number | undefined
  #until: number | undefined
  #unreadable: { newer: number; others: number; first?: string } = { newer: 0, others: 0 }

  constructor(rules: Rules | RulesOf) {
    this.#rulesOf = typeof rules === 'function' ? rules : () => rules
  }

  /** Takes entries in the order of their times; those of one record in its order. */
  take(entry: Entry): void {
    this.#entries += 1
    const at = Math.floor(Date.parse(entry.at) / 1000)
    this.#from = Math.min(this.#from ?? at, at)
    this.#until = Math.max(this.#until ?? at, at)
    const recorded = this.#world.take(entry)
    if (recorded === 'newer' || recorded === 'unreadable') {
      const kind = recorded === 'newer' ? 'newer' : 'others'
      this.#unreadable = { first: entry.id, ...this.#unreadable, [kind]: this.#unreadable[kind] + 1 }
      return
    }
    const { id } = recorded
    if (RequestId.safeParse(id).success) this.#requests.add(id)
    const reply = this.#askUnder(entry.bundle, recorded)
    if (!reply) return
    if ('because' in reply) this.#tally.notAsked(reply.because, reply.count)
    else if ('notEnough' in reply) this.#tally.notEnough(reply.notEnough)
    else this.#tally.asked(id, reply.about, reply.from, reply.to)
  }

  get result(): Replayed {
    const times = this.#from === undefined || this.#until === undefined ? {} : { from: this.#from, until: this.#until }
    return {
      ...this.#tally.result,
      requests: this.#requests.size,
      entries: this.#entries,
      ...times,
      unreadable: this.#unreadable,
      broken: [...this.#world.broken],
    }
  }

  #askUnder(bundle: string, recorded: Recorded): Reply | undefined {
    const rulesOf = this.#rulesOf
    const asking: Asking = {
      world: this.#world,
      came: this.#came,
      get rules() {
        const rules = rulesOf(bundle)
        if (!rules) throw new NotKept()
        return rules
      },
    }
    try {
      return this.#ask(recorded, asking)
    } catch (cause) {
      if (!(cause instanceof NotKept)) throw cause
      // Later entries rest on the recorded tier.
      const { event } = recorded
      if (event.type === 'Submitted') this.#came.set(event.ask.id, { tier: event.tier })
      return { because: 'notKept' }
    }
  }

  #ask(recorded: Recorded, asking: Asking): Reply | undefined {
    const { of, id, event } = recorded
    if (of === 'unknown request') return asksPolicy.has(event.type) ? { because: 'begunBefore' } : undefined
    if (of === 'other') return event.type === 'Refused' ? askRefusedBeside(event, asking) : askBeside(id, event, asking)
    return recorded.before
      ? askOfRequest(recorded.event, recorded.before, recorded.after, asking)
      : askFirst(recorded.event, recorded.after, asking)
  }
}

class NotKept extends Error {
  override readonly name = 'NotKept'
}

const asksPolicy: ReadonlySet<string> = new Set<Event['type']>([
  ...(['Decided', 'Narrowed', 'StateChanged', 'Approved', 'CredentialIntended', 'UseBegun', 'Delegated'] as const),
  ...(['Reviewed', 'Revoked'] as const),
])

const askFirst = (event: Event, state: ApprovalRequest, asking: Asking): Reply | undefined =>
  event.type === 'Submitted'
    ? askSubmitted(event, state, asking)
    : event.type === 'BreakGlassOpened'
      ? askOpened(event, state, asking)
      : undefined

function askOfRequest(
  event: Event,
  before: ApprovalRequest,
  after: ApprovalRequest,
  asking: Asking,
): Reply | undefined {
  switch (event.type) {
    case 'Decided':
      return askDecided(event, before, asking)
    case 'Narrowed':
    case 'StateChanged':
      return askAnew(event, { before, after }, asking)
    case 'Approved':
      return askApproved(event, before, asking)
    case 'Completed':
      return askMade(event, before, asking)
    case 'CredentialIntended':
      return askLive(event, { state: before, moment: 'issue', question: 'issue', recorded: true }, asking)
    case 'UseBegun':
      // The use of a session was asked about when its credentials were intended.
      if (isSession(event)) return undefined
      return askLive(event, { state: before, moment: 'use', question: 'use', recorded: true }, asking)
    case 'Delegated':
      return askLive(event, { state: before, moment: 'request', question: 'hand on', recorded: true }, asking)
    case 'Denied':
    case 'Revoked':
      return askEnded(event, before, asking)
    case 'Reviewed':
      return askReviewed(event, before, true, asking)
    case 'Refused':
      return askRefused(event, before, asking)
    default:
      return undefined
  }
}

/** An end by policy at the decision of the last stage, or by a person with the right to revoke. */
function askEnded(
  event: Extract<Event, { type: 'Denied' | 'Revoked' }>,
  state: ApprovalRequest,
  asking: Asking,
): Reply | undefined {
  if (event.type === 'Denied' && event.by === 'system')
    return event.reason === 'policy_denied'
      ? askLive(event, { state, moment: 'request', question: 'approve', recorded: false }, asking)
      : undefined
  const person = PersonId.safeParse(event.by).data
  if (!person) return undefined
  // True if the entry of the decision has asked already.
  const decided = state.stages.some(({ decisions }) =>
    decisions.some((each) => each.verdict === 'deny' && each.person === person && each.at === event.at),
  )
  if (decided) return undefined
  if (isOver(state, asking)) return { because: 'neverCame' }
  const about = aboutRequest(state, 'revoke', { person })
  const { at, policies } = event
  return askAct({ person, action: 'revoke', at, policies, recorded: true, about, state }, asking)
}
