import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { McpMembers } from '../agent/ask.ts'
import { defined } from '../http.ts'
import { type Journal, type Kind, remembered } from '../journal/journal.ts'
import { type GatedCall, Members } from './gated-call.ts'

export const CallMembers = z.looseObject({
  action: z.string(),
  arguments: Members,
  purpose: z.string(),
  parentTask: z.looseObject({ id: z.string(), url: z.string().optional() }),
  justification: z.string().optional(),
  mcp: McpMembers.optional(),
  id: z.string().optional(),
})

/** One asking of a call. A call that is asked again after its answer is over has another: the last part of its id counts. */
const Asked = z.looseObject({
  version: z.literal(1),
  agent: z.string(),
  /** What makes a repeat the same request (`PermitCall.callId`). A narrowed call has that of the one it came from. */
  callId: z.string(),
  call: CallMembers,
  /** What people approved in place of `call.arguments`. */
  narrowed: Members.optional(),
  /** Known once Hotwork has it. */
  request: z.string().optional(),
  askedAt: z.number(),
})
export type Asked = z.infer<typeof Asked> & { place: string }

/** What was asked, to the letter. */
export const callOf = ({ call }: Pick<Asked, 'call'>): GatedCall => call as GatedCall

/** How an asking ended. There is one: the first that is written. */
export const Ended = z.looseObject({
  version: z.literal(1),
  state: z.enum(['denied', 'expired', 'refused', 'done', 'unknown']),
  request: z.string().optional(),
  reason: z.string().optional(),
  detail: z.string().optional(),
  /** Of the call that was made. */
  arguments: Members.optional(),
  /** Of the work: what Hotwork is told. */
  outcome: z.enum(['succeeded', 'failed']).optional(),
  /** Hotwork knows. */
  reported: z.boolean(),
  /** So long a repeat gets this. Milliseconds. */
  until: z.number(),
})
export type Ended = z.infer<typeof Ended>

const askings: Kind<z.infer<typeof Asked>> = {
  ...{ prefix: 'gated-', ids: /^[0-9a-f]{40}-\d+$/, shape: Asked, stays: remembered, isMark: true },
}
export const ends: Kind<Ended> = { prefix: 'ended-', shape: Ended, stays: remembered, isMark: true }
/** What the work gave, which may be large. It is not kept longer than it is given out. */
const values: Kind<{ until?: number | undefined; value?: unknown }> = {
  ...{ prefix: 'value-', shape: z.looseObject({ until: z.number().optional() }) },
  ...{ stays: remembered, isOver: ({ until }, now) => until !== undefined && until <= now },
}

/** What became of gated calls. A call's asking and its end are each made by one process alone, by the file system's own word. */
export class Askings {
  readonly #journal: Journal

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** The asking that a repeat attaches to, or a new one. @throws Fault */
  open(key: string, agent: string, call: GatedCall): Asked {
    for (;;) {
      const { next, found } = this.#newest(key)
      if (found) return found
      this.#journal.tidy(askings, ends, values)
      const made = { version: 1 as const, agent, callId: `gated-${randomUUID()}`, call, askedAt: this.#journal.now() }
      const asked = Asked.parse({ ...made, call: defined(call) })
      if (this.#journal.create(askings, next, asked)) return { ...asked, place: next }
    }
  }

  /** The narrower call that people approved goes on with the same request. */
  attach(key: string, { place: _, ...asked }: Asked, narrowed: Asked['call']['arguments']): void {
    const { next, found } = this.#newest(key)
    if (!found) this.#journal.create(askings, next, { ...asked, narrowed })
  }

  /** Of one agent, the newest last. */
  all(agent: string): Asked[] {
    return this.#journal
      .all(askings)
      .flatMap(({ id, row }) => (row.agent === agent ? [{ ...row, place: id }] : []))
      .sort((one, other) => one.askedAt - other.askedAt)
  }

  knows({ place, ...asked }: Asked, request: string): void {
    if (asked.request !== request) this.#journal.put(askings, place, { ...asked, request })
  }

  isEnded({ callId }: Asked): boolean {
    return this.#journal.has(ends, callId)
  }

  /** @throws Fault */
  endOf({ callId }: Asked): Ended | undefined {
    return this.#journal.find(ends, callId)
  }

  /** @returns false where it had ended already @throws Fault */
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

  /** The last asking of a call, unless its answer is over; and where the next one goes. */
  #newest(key: string): { next: string; found?: Asked } {
    const counts = this.#journal.ids(askings).flatMap((id) => (id.startsWith(key) ? [Number(id.split('-')[1])] : []))
    const last = Math.max(0, ...counts)
    const [place, next] = [`${key}-${last}`, `${key}-${last + 1}`]
    const asked = last === 0 ? undefined : this.#journal.find(askings, place)
    const ended = asked && this.#journal.find(ends, asked.callId)
    const isOver = ended !== undefined && ended.until <= this.#journal.now()
    return asked && !isOver ? { next, found: { ...asked, place } } : { next }
  }
}
