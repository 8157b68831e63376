import type { Command } from '../../functions/domain/record/commands.ts'
import type { Event, EventType } from '../../functions/domain/record/events.ts'
import { evolve } from '../../functions/domain/record/evolve.ts'
import type { ApprovalRequest, Ask, Status } from '../../functions/domain/record/request.ts'
import type { Refusal } from '../../functions/domain/refusals.ts'
import { decide } from '../../functions/domain/requests/decide.ts'
import type { CredentialId } from '../../functions/domain/values.ts'
import { credentialId, intent, issuance, minutes, sampleAsk, submit, submittedAt } from '../support/ask.ts'

/** The status after a command that was obeyed, or `!` and the refusal. */
export type Then = Status | `!${Refusal}`
/** Seconds after the submission, a command, and its result. */
export type Step = readonly [after: number, command: Command, then: Then]
/** A rule, and the story that shows it: the tier of the request, then the steps. */
export type Story = [rule: string, tier: number, ...steps: Step[]]

/** An access token, intended and issued within one second. */
export const token = (after: number, id = credentialId(1)): Step[] => [
  [after, intent('access_token', id), 'approved'],
  [after, issuance('access_token', id), 'approved'],
]
export const awsRole = 'arn:aws:iam::000000000000:role/hotwork/target'
export const awsIntent = (id: CredentialId, presented: CredentialId, changes = {}) =>
  intent('aws', id, { presented, session: { role: awsRole, endsAt: submittedAt + minutes(20) }, ...changes })

/** One request, which takes commands and keeps its events. */
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

  /** Gives a command `after` seconds after the submission, and returns its result. */
  tell(after: number, command: Command): Then {
    const { events, refusal } = decide(this.#state, command, submittedAt + after)
    this.events.push(...events)
    this.#state = fold(this.#state, events)
    return refusal ? `!${refusal.code}` : this.#state.status
  }

  /** Claims an access token. */
  claim(after: number, id = credentialId(1)): this {
    for (const [, command] of token(after, id)) this.tell(after, command)
    return this
  }

  last<T extends EventType>(type: T): Extract<Event, { type: T }> | undefined {
    return this.events.findLast((event): event is Extract<Event, { type: T }> => event.type === type)
  }
}

const fold = (state: ApprovalRequest | undefined, events: readonly Event[]): ApprovalRequest =>
  events.reduce<ApprovalRequest | undefined>(evolve, state) as ApprovalRequest

/** Gives the commands of a story, and expects the result of each. */
export function live(tier: number, ask: Ask, ...steps: readonly Step[]): Desk {
  const desk = new Desk(tier, ask)
  for (const [index, [after, command, then]] of steps.entries())
    expect([`step ${index + 1}: ${command.type}`, desk.tell(after, command)]).toEqual([
      `step ${index + 1}: ${command.type}`,
      then,
    ])
  return desk
}
