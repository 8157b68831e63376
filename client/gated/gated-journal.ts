import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { McpMembers } from '../agent/ask.ts'
import { defined } from '../http.ts'
import { type KeptKeys, notTwice, remembered } from '../kept-keys.ts'
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

/** One asking of a call. A call that is asked again after its answer is over has another: the last part of its place counts. */
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
const Ended = z.looseObject({
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

/**
 * What became of gated calls, on files that all processes of this machine share. A call's asking and its end are each made
 * by one process alone, by the file system's own word.
 */
export class GatedJournal {
  readonly #keys: KeptKeys
  #tidied = 0

  constructor(keys: KeptKeys) {
    this.#keys = keys
  }

  /** The asking that a repeat attaches to, or a new one. @throws Fault */
  open(key: string, agent: string, call: GatedCall): Asked {
    for (;;) {
      const { last, found } = this.#newest(key)
      if (found && !this.#isOver(found)) return found
      this.#tidy()
      const made = { version: 1 as const, agent, callId: `gated-${randomUUID()}`, call, askedAt: this.#keys.now() }
      const asked = Asked.parse({ ...made, call: defined(call) })
      const place = placeOf(key, last + 1)
      if (this.#keys.create(place, asked)) return { ...asked, place }
    }
  }

  /** The narrower call that people approved goes on with the same request. */
  attach(key: string, asked: Asked, args: Asked['call']['arguments']): void {
    const { last, found } = this.#newest(key)
    if (found && !this.#isOver(found)) return
    const { place: _, ...kept } = asked
    this.#keys.create(placeOf(key, last + 1), { ...kept, narrowed: args })
  }

  at(place: string): Asked | undefined {
    const { data } = Asked.safeParse(this.#keys.read(place))
    return data && { ...data, place }
  }

  /** Of one agent, the newest last. */
  all(agent: string): Asked[] {
    return this.#keys
      .places(/^gated-[0-9a-f]{40}-\d+$/)
      .flatMap((place) => this.at(place) ?? [])
      .filter((each) => each.agent === agent)
      .sort((one, other) => one.askedAt - other.askedAt)
  }

  knows({ place, ...asked }: Asked, request: string): void {
    if (asked.request !== request) this.#keys.write(place, { ...asked, request })
  }

  isEnded({ callId }: Asked): boolean {
    return this.#keys.has(endOf(callId))
  }

  /** @throws Fault */
  endOf({ callId }: Asked): Ended | undefined {
    return this.#keys.demand(endOf(callId), Ended, notTwice)
  }

  /** What the work gave lies in a file of its own: it may be large. @returns false where it had ended already @throws Fault */
  end({ callId }: Asked, ended: Omit<Ended, 'version'>, value?: unknown): boolean {
    if (value !== undefined) this.#keys.write(valueAt(callId), { value })
    return this.#keys.create(endOf(callId), { version: 1, ...defined(ended) })
  }

  givenIn({ callId }: Asked): unknown {
    return (this.#keys.read(valueAt(callId)) as { value?: unknown } | undefined)?.value
  }

  reported(asked: Asked): void {
    const ended = this.endOf(asked)
    if (ended) this.#keys.write(endOf(asked.callId), { ...ended, reported: true })
  }

  now(): number {
    return this.#keys.now()
  }

  #isOver(asked: Asked): boolean {
    const ended = this.endOf(asked)
    return ended !== undefined && ended.until <= this.#keys.now()
  }

  #newest(key: string): { last: number; found?: Asked } {
    const places = this.#keys.places(new RegExp(`^gated-${key}-\\d+$`))
    const last = Math.max(0, ...places.map((place) => Number(place.split('-').at(-1))))
    if (last === 0) return { last }
    const place = placeOf(key, last)
    const found = this.#keys.demand(place, Asked, notTwice)
    return found ? { last, found: { ...found, place } } : { last }
  }

  /** A result is not kept longer than it is given out. */
  #tidy(): void {
    if (this.#keys.now() - this.#tidied < pauseOfTidying) return
    this.#tidied = this.#keys.now()
    for (const place of this.#keys.places(/^value-/)) {
      const { data: ended } = Ended.safeParse(this.#keys.read(place.replace('value', 'ended')))
      if (ended && ended.until <= this.#keys.now()) this.#keys.remove(place)
    }
    this.#keys.prune(/^(gated|ended|value)-/, remembered)
  }
}

/** Milliseconds. */
const pauseOfTidying = 60_000

const placeOf = (key: string, count: number): string => `gated-${key}-${count}`
const endOf = (callId: string): string => `ended-${callId}`
const valueAt = (callId: string): string => `value-${callId}`
