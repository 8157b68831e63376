import type { Command } from '../../functions/domain/record/commands.ts'
import type { Event, EventType } from '../../functions/domain/record/events.ts'
import { evolve } from '../../functions/domain/record/evolve.ts'
import type { ApprovalRequest, Ask, Status } from '../../functions/domain/record/request.ts'
import type { Refusal } from '../../functions/domain/refusals.ts'
import { decide } from '../../functions/domain/requests/decide.ts'
import { sampleAsk, submit, submittedAt } from '../support/ask.ts'

/** What then: the status after a command that was obeyed, or `!` and why it was refused. */
export type Then = Status | `!${Refusal}`
/** When, in seconds after the submission; what is wanted; what then. */
export type Step = readonly [after: number, command: Command, then: Then]
/** A rule, and the story that shows it: the tier asked at, then the steps. */
export type Story = readonly [rule: string, tier: number, steps: readonly Step[]]

/** One request on its way: tells it commands and keeps what became of it. */
export class Desk {
  readonly ask: Ask
  readonly events: Event[] = []
  #state: ApprovalRequest

  constructor(tier: number, ask: Ask = sampleAsk(), changes: Parameters<typeof submit>[2] = {}) {
    this.ask = ask
    const { events } = decide(undefined, submit(ask, tier, changes), submittedAt)
    this.events.push(...events)
    this.#state = fold(undefined, events)
  }

  get state(): ApprovalRequest {
    return this.#state
  }

  /** The types of the events so far, in order. */
  get types(): readonly EventType[] {
    return this.events.map(({ type }) => type)
  }

  /** Tells a command `after` seconds from the submission, and answers what then. */
  tell(after: number, command: Command): Then {
    const { events, refusal } = decide(this.#state, command, submittedAt + after)
    this.events.push(...events)
    this.#state = fold(this.#state, events)
    return refusal ? `!${refusal.code}` : this.#state.status
  }

  /** The last event of a type. */
  last<T extends EventType>(type: T): Extract<Event, { type: T }> | undefined {
    return this.events.findLast((event): event is Extract<Event, { type: T }> => event.type === type)
  }
}

const fold = (state: ApprovalRequest | undefined, events: readonly Event[]): ApprovalRequest =>
  events.reduce<ApprovalRequest | undefined>(evolve, state) as ApprovalRequest

/** Lives a story and compares after each step. */
export function live(tier: number, steps: readonly Step[], ask?: Ask): Desk {
  const desk = new Desk(tier, ask)
  for (const [index, [after, command, then]] of steps.entries())
    expect([`step ${index + 1}: ${command.type}`, desk.tell(after, command)]).toEqual([
      `step ${index + 1}: ${command.type}`,
      then,
    ])
  return desk
}
