import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { TaskSource } from '../../functions/domain/cards/wire/word.ts'
import type { Approved } from '../agent/approved.ts'
import { McpMembers } from '../agent/ask.ts'
import type { Pending, Permit, PermitCall } from '../agent/permit-call.ts'
import type { Words } from '../agent/words.ts'
import { defined } from '../http.ts'
import { digest, type Journal, type Kind, remembered } from '../journal/journal.ts'
import { Runs } from '../journal/runs.ts'
import { callText, denialHolds, type GatedCall, isSame, Members } from './gated-call.ts'

export const CallMembers = z.looseObject({
  action: z.string(),
  arguments: Members,
  purpose: z.string(),
  parentTask: z.looseObject({ id: z.string(), url: z.string().optional() }),
  taskSource: TaskSource.optional(),
  justification: z.string().optional(),
  mcp: McpMembers.optional(),
  id: z.string().optional(),
  thread: z.string().optional(),
  /** The request of which this is the revision. */
  revises: z.string().optional(),
})

/**
 * One asking of a call. After its answer expires the same call gets a new asking, with a higher number at the end of
 * its id.
 */
const Asked = z.looseObject({
  version: z.literal(1),
  agent: z.string(),
  /**
   * The id that makes a repeat the same request (`PermitCall.callId`). A narrowed call keeps the id of the original.
   */
  callId: z.string(),
  call: CallMembers,
  /** The approved arguments, if they are narrower than `call.arguments`. */
  narrowed: Members.optional(),
  /** Present once Hotwork has made the request. */
  request: z.string().optional(),
  askedAt: z.number(),
})
export type Asked = z.infer<typeof Asked> & { place: string }

/** The asked call, unchanged. */
export const callOf = ({ call }: Pick<Asked, 'call'>): GatedCall => call as GatedCall

const permitCallOf = ({ call: { id: _, thread: __, ...call }, callId }: Asked): PermitCall =>
  ({ ...defined(call), callId }) as PermitCall

/** The end of an asking. The first one written counts. */
export const Ended = z.looseObject({
  version: z.literal(1),
  state: z.enum(['denied', 'revise', 'expired', 'refused', 'done', 'unknown']),
  request: z.string().optional(),
  reason: z.string().optional(),
  detail: z.string().optional(),
  /** The arguments of the call that was made. */
  arguments: Members.optional(),
  /** The outcome of the work, as reported to Hotwork. */
  outcome: z.enum(['succeeded', 'failed']).optional(),
  /** Whether Hotwork has been told. */
  reported: z.boolean(),
  /** The time until which a repeat gets this end. Milliseconds. */
  until: z.number(),
})
export type Ended = z.infer<typeof Ended>

const askings: Kind<z.infer<typeof Asked>> = {
  ...{ prefix: 'gated-', ids: /^[0-9a-f]{40}-\d+$/, shape: Asked, stays: remembered, isMark: true },
}
export const ends: Kind<Ended> = { prefix: 'ended-', shape: Ended, stays: remembered, isMark: true }
/** The result of the work, which may be large, or the words of people. It is kept while repeats get it. */
const values: Kind<{ until?: number | undefined; value?: unknown }> = {
  ...{ prefix: 'value-', shape: z.looseObject({ until: z.number().optional() }) },
  ...{ stays: remembered, isOver: ({ until }, now) => until !== undefined && until <= now },
}

/** The request of each thread that people want revised. */
const revised: Kind<{ request: string }> = {
  ...{ prefix: 'revised-', shape: z.looseObject({ request: z.string() }), stays: remembered },
}
/** Questions of approvers that a caller was told. */
const told: Kind<object> = { prefix: 'told-', shape: z.looseObject({}), stays: remembered }

/** The reason why a call may not be made now. */
export type No = Words & Reason
type Reason =
  | { may: false; why: 'pending'; request: string }
  /** People approved narrower arguments, until `expiresAt`. */
  | { may: false; why: 'narrowed'; request: string; arguments: GatedCall['arguments']; expiresAt: Date }
  | { may: false; why: 'no'; request?: string; reason: string; detail?: string }

export const no = (reason: string, request?: string, detail?: string): No => ({
  ...{ may: false, why: 'no', reason },
  ...defined({ request, detail }),
})

/** Gated calls with their ends. The file system lets one process only create a call's asking, and one its end. */
export class Askings {
  readonly #journal: Journal
  readonly #runs: Runs
  readonly #of: readonly string[]

  /** @param of parts that keep these calls apart from other calls of the same agent, such as Hotwork's address */
  constructor(journal: Journal, ...of: readonly string[]) {
    this.#journal = journal
    this.#runs = new Runs(journal)
    this.#of = of
  }

  /** The asking that a repeat joins, or a new one. @throws Fault */
  open(agent: string, call: GatedCall): Asked {
    const key = this.#keyOf(agent, call)
    for (;;) {
      const { next, found } = this.#newest(key, call)
      if (found) return this.#fresh(found, call)
      this.#journal.tidy(askings, ends, values, revised, told)
      const made = { version: 1 as const, agent, callId: `gated-${randomUUID()}`, askedAt: this.#journal.now() }
      const thread = this.#threadOf(agent, call)
      const revises = thread && this.#journal.find(revised, thread)?.request
      const asked = Asked.parse({ ...made, call: defined({ ...call, revises }) })
      if (this.#journal.create(askings, next, asked)) return { ...asked, place: next }
    }
  }

  /** Before a request exists, the latest repeat's reason counts: the first may lack one. */
  #fresh(found: Asked, { justification, taskSource }: GatedCall): Asked {
    if (found.request !== undefined || found.call.justification === justification) return found
    const { place, ...asked } = found
    const { justification: _, taskSource: _source, ...same } = asked.call
    const row = { ...asked, call: { ...same, ...defined({ justification, taskSource }) } }
    this.#journal.put(askings, place, row)
    return { ...row, place }
  }

  /**
   * The present permit of an asking. Hotwork refuses a revision of another resource: the asking then stays a new one.
   */
  async permit(asked: Asked, ask: (call: PermitCall) => Promise<Permit>): Promise<Permit> {
    const first = await ask(permitCallOf(asked))
    if (first.outcome !== 'refused' || first.reason !== 'invalid_revision') return first
    const { revises: _, ...call } = asked.call
    asked.call = call
    const { place, ...row } = asked
    this.#journal.put(askings, place, row)
    return ask(permitCallOf(asked))
  }

  /** Whether a caller is told this question for the first time. */
  isNews = (question: string): boolean => this.#journal.create(told, digest(question), {})

  /** The state of an asking, by its present permit. A final state is stored. @throws Fault */
  stand(asked: Asked, permit: Permit): { approved: Approved } | No {
    const { request } = permit
    if (request !== undefined) this.knows(asked, request)
    switch (permit.outcome) {
      case 'pending':
        return { may: false, why: 'pending', request: permit.request, ...questionsOf(permit) }
      case 'approved':
        return { approved: permit }
      case 'narrowed': {
        const approved = permit.accept()
        const { arguments: narrowed, expiresAt } = approved
        // Less time, fewer uses, or a narrowing that the caller was told of: this call is approved.
        if (isSame(narrowed, asked.narrowed ?? asked.call.arguments)) return { approved }
        this.#attach(asked, narrowed)
        return { may: false, why: 'narrowed', request: permit.request, arguments: narrowed, expiresAt }
      }
      default: {
        const { outcome: state } = permit
        const { reason, detail } = permit.outcome === 'refused' ? permit : { reason: state, detail: undefined }
        if (request === undefined) return no(reason, request, detail)
        const words = wordsIn(permit)
        const until = this.now() + (words ? denialHolds : 0)
        if (state === 'revise') this.#revise(asked, request)
        // The grant has ended. An answer to the call would have been stored as its end.
        if (this.#runs.of(request)) this.lose(asked, request, this.now() + denialHolds)
        else this.end(asked, { state, request, reason, ...defined({ detail }), reported: true, until }, words)
        return { ...no(reason, request, detail), ...words }
      }
    }
  }

  /** Continues the same request with the narrower arguments that people approved. */
  #attach({ place: _, ...asked }: Asked, narrowed: Asked['call']['arguments']): void {
    const call = { ...callOf(asked), arguments: narrowed }
    const { next, found } = this.#newest(this.#keyOf(asked.agent, call), call)
    if (!found) this.#journal.create(askings, next, { ...asked, narrowed })
  }

  /** Ends a call that was sent and whose process died before an answer. */
  lose(asked: Asked, request: string, until: number): void {
    const detail = 'the process that had sent the call has ended'
    const lost = { state: 'unknown', request, reason: 'outcome_unknown', detail, outcome: 'failed' } as const
    this.end(asked, { ...lost, reported: false, until })
  }

  /** The askings of one agent, the newest last. */
  all(agent: string): Asked[] {
    return this.#journal
      .all(askings)
      .flatMap(({ id, row }) => (row.agent === agent ? [{ ...row, place: id }] : []))
      .sort((one, other) => one.askedAt - other.askedAt)
  }

  knows({ place, ...asked }: Asked, request: string): void {
    if (asked.request === request) return
    this.#journal.put(askings, place, { ...asked, request })
    const thread = this.#threadOf(asked.agent, callOf(asked))
    const { revises } = asked.call
    if (thread && revises !== undefined && this.#journal.find(revised, thread)?.request === revises)
      this.#journal.remove(revised, thread)
  }

  #revise({ agent, call }: Asked, request: string): void {
    const thread = this.#threadOf(agent, callOf({ call }))
    if (thread) this.#journal.put(revised, thread, { request })
  }

  #threadOf(agent: string, { thread }: GatedCall): string | undefined {
    return thread === undefined ? undefined : digest(...this.#of, agent, thread)
  }

  isEnded({ callId }: Asked): boolean {
    return this.#journal.has(ends, callId)
  }

  /** @throws Fault */
  endOf({ callId }: Asked): Ended | undefined {
    return this.#journal.find(ends, callId)
  }

  /** @returns false if it had ended already @throws Fault */
  end(
    { callId }: Asked,
    ended: Partial<Ended> & Pick<Ended, 'state' | 'reported' | 'until'>,
    value?: unknown,
  ): boolean {
    if (value !== undefined) this.#journal.put(values, callId, { value, until: ended.until })
    return this.#journal.create(ends, callId, { ...ended, version: 1 })
  }

  givenIn({ callId }: Asked): unknown {
    return this.#journal.find(values, callId)?.value
  }

  reported(asked: Asked): void {
    const ended = this.endOf(asked)
    if (ended) this.#journal.put(ends, asked.callId, { ...ended, reported: true })
  }

  now(): number {
    return this.#journal.now()
  }

  #keyOf(agent: string, call: GatedCall): string {
    return digest(...this.#of, agent, callText(call))
  }

  /**
   * The newest asking of a call, unless its answer has expired, and the id of the next one. After `revise` another
   * justification is a new asking: people may have wanted just that.
   */
  #newest(key: string, { justification }: GatedCall): { next: string; found?: Asked } {
    const counts = this.#journal.ids(askings).flatMap((id) => (id.startsWith(key) ? [Number(id.split('-')[1])] : []))
    const last = Math.max(0, ...counts)
    const [place, next] = [`${key}-${last}`, `${key}-${last + 1}`]
    const asked = last === 0 ? undefined : this.#journal.find(askings, place)
    const ended = asked && this.#journal.find(ends, asked.callId)
    const isChanged = ended?.state === 'revise' && asked?.call.justification !== justification
    const isOver = ended !== undefined && (isChanged || ended.until <= this.#journal.now())
    return asked && !isOver ? { next, found: { ...asked, place } } : { next }
  }
}

/** The words of a denial or revision, for repeats too. */
function wordsIn(permit: Permit): Words | undefined {
  if (permit.outcome === 'denied') return { messages: permit.messages }
  if (permit.outcome !== 'revise') return undefined
  return defined({ messages: permit.messages, suggested: permit.suggested })
}

const questionsOf = ({ questions }: Pending): Words => (questions.length === 0 ? {} : { questions })
