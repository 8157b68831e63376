import type { Command } from '../../../functions/domain/record/commands.ts'
import type { Event } from '../../../functions/domain/record/events.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { Decided } from '../../../functions/domain/requests/decide.ts'
import { bundle, eligible, person } from '../../support/ask.ts'
import { production } from './production.ts'
import type { Scenario } from './scenarios.ts'
import type { Reducer } from './search.ts'

/** A mistake that somebody could make in the reducer, and the invariant that it breaks: a search that misses it proves nothing. */
export type Fault = { fault: string; breaks: string; where?: Scenario; reducer: Reducer }

const { decide, evolve } = production

/** The reducer, told a changed state, command or time. */
export const told = (
  change: (
    state: ApprovalRequest,
    command: Command,
    now: number,
  ) => { state?: ApprovalRequest; command?: Command; now?: number } | undefined,
): Reducer => ({
  ...production,
  decide: (state, command, now) => {
    const changed = state && change(state, command, now)
    return decide(changed?.state ?? state, changed?.command ?? command, changed?.now ?? now)
  },
})

/** The reducer, whose answer is changed. */
export const answered = (
  change: (decided: Decided, state: ApprovalRequest | undefined, command: Command, now: number) => Decided,
): Reducer => ({
  ...production,
  decide: (state, command, now) => change(decide(state, command, now), state, command, now),
})

/** The reducer, whose event has another effect; `undefined` leaves it as it is. */
export const evolved = (change: (state: ApprovalRequest, event: Event) => ApprovalRequest | undefined): Reducer => ({
  ...production,
  evolve: (state, event) => (state && change(state, event)) ?? evolve(state, event),
})

export const replaced = (events: readonly Event[], type: Event['type'], by: readonly Event[]) =>
  events.flatMap((event) => (event.type === type ? by : [event]))

/** What `Approved` would be at this time, on these terms. */
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

/** The facts as they were before anybody lost a right. */
export const everyone = { ...eligible, [person('sven')]: ['owner', 'security'] }
