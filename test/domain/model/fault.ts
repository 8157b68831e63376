import type { Command } from '../../../functions/domain/record/commands.ts'
import type { Event } from '../../../functions/domain/record/events.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { Decided } from '../../../functions/domain/requests/decide.ts'
import { bundle, eligible, person } from '../../support/ask.ts'
import { production } from './production.ts'
import type { Scenario } from './scenarios.ts'
import type { Reducer } from './search.ts'

/** A seeded mistake in the reducer, the rule that it breaks, and the scenario in which the search must find it. */
export type Fault<Where = Scenario> = { fault: string; breaks: string; where: Where; reducer: Reducer }

const { decide, evolve } = production
type Of<T extends Command['type']> = Extract<Command, { type: T }>
type Asked = { state?: ApprovalRequest; command?: Command; now?: number }

/** Seeds faults for one scenario. */
export function faultsIn<Where>(where: Where) {
  const replaced = (fault: string, breaks: string, parts: Partial<Reducer>): Fault<Where> => ({
    ...{ fault, breaks, where },
    reducer: { ...production, ...parts },
  })
  return {
    replaced,
    /** The reducer gets a changed state, command or time. */
    told: (
      fault: string,
      breaks: string,
      change: (state: ApprovalRequest, command: Command, now: number) => Asked | undefined,
    ) =>
      replaced(fault, breaks, {
        decide: (state, command, now) => {
          const changed = state && change(state, command, now)
          return decide(changed?.state ?? state, changed?.command ?? command, changed?.now ?? now)
        },
      }),
    /** The reducer's answer is changed. */
    answered: (
      fault: string,
      breaks: string,
      change: (decided: Decided, state: ApprovalRequest | undefined, command: Command, now: number) => Decided,
    ) =>
      replaced(fault, breaks, {
        decide: (state, command, now) => change(decide(state, command, now), state, command, now),
      }),
    /** An event has another effect; `undefined` leaves it as it is. */
    evolved: (
      fault: string,
      breaks: string,
      change: (state: ApprovalRequest, event: Event) => ApprovalRequest | undefined,
    ) => replaced(fault, breaks, { evolve: (state, event) => (state && change(state, event)) ?? evolve(state, event) }),
    /** Commands of one type are changed. */
    commanded: <T extends Command['type']>(
      fault: string,
      breaks: string,
      type: T,
      change: Partial<Of<T>> | ((command: Of<T>, state: ApprovalRequest) => Command),
    ) =>
      replaced(fault, breaks, {
        decide: (state, command, now) => {
          if (!state || command.type !== type) return decide(state, command, now)
          const changed = typeof change === 'function' ? change(command as Of<T>, state) : { ...command, ...change }
          return decide(state, changed as Command, now)
        },
      }),
    /** Events of one type are changed before they are recorded. */
    recorded: <T extends Event['type']>(
      fault: string,
      breaks: string,
      type: T,
      change: (event: Extract<Event, { type: T }>, state: ApprovalRequest | undefined, command: Command) => Event,
    ) =>
      replaced(fault, breaks, {
        decide: (state, command, now) => {
          const decided = decide(state, command, now)
          const changed = (event: Event) => (event.type === type ? change(event as never, state, command) : event)
          return { ...decided, events: decided.events.map(changed) }
        },
      }),
    /** An event of one type is recorded and has no effect. */
    ignored: (fault: string, breaks: string, type: Event['type']) =>
      replaced(fault, breaks, {
        evolve: (state, event) =>
          state && event.type === type ? { ...state, updatedAt: event.at } : evolve(state, event),
      }),
  }
}

export const replacing = (events: readonly Event[], type: Event['type'], by: readonly Event[]) =>
  events.flatMap((event) => (event.type === type ? by : [event]))

/** `Approved` at this time, on the request's terms. */
export const approval = ({ ask }: ApprovalRequest, at: number): Event => ({
  type: 'Approved',
  at,
  actor: { type: 'system', id: 'hotwork' },
  policies: [],
  bundle,
  grant: ask.id.replace('req_', 'grt_') as never,
  claimBy: at + ask.claimWithin,
  notAfter: at + ask.claimWithin + ask.lifetime,
})

/** The eligibility before any person lost a right. */
export const everyone = { ...eligible, [person('sven')]: ['owner', 'security'] }
