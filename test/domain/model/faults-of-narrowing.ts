import type { ApprovalRequest, Decision } from '../../../functions/domain/record/request.ts'
import { person } from '../../support/ask.ts'
import { type Fault, faultsIn } from './fault.ts'
import { production } from './production.ts'
import { absent, narrowed } from './scenarios.ts'

const { evolve } = production
const [inNarrowed, inAbsent] = [faultsIn(narrowed), faultsIn(absent)]
const stranger = person('stranger')

const withDecisions = (state: ApprovalRequest, change: (decision: Decision) => Decision): ApprovalRequest => ({
  ...state,
  stages: state.stages.map((stage) => ({ ...stage, decisions: stage.decisions.map(change) })),
})

/** Mistakes in narrowings, in decisions by stand-ins, and in comments. */
export const faultsOfNarrowing: readonly Fault[] = [
  inNarrowed.evolved('approvals of what was asked before stay when it is narrowed', 'INV1', (state, event) => {
    if (event.type !== 'Narrowed') return undefined
    const next = evolve(state, event)
    const before = (name: string) => state.stages.find(({ terms }) => terms.name === name)?.decisions ?? []
    return { ...next, stages: next.stages.map((stage) => ({ ...stage, decisions: before(stage.terms.name) })) }
  }),
  inNarrowed.commanded(
    'an approval on the card from before the narrowing counts for the narrower request',
    'INV1',
    'decide',
    (command, { round, ask: { digest } }) => ({ ...command, round, digest }),
  ),
  inNarrowed.evolved('a narrowing is noted, and the ask stays', 'INV1', (state, event) =>
    event.type === 'Narrowed' ? { ...evolve(state, event), ask: state.ask } : undefined,
  ),
  inNarrowed.recorded('a narrower request stays on its rung', 'INV1', 'Narrowed', (event, state) =>
    state ? { ...event, tier: state.tier, stages: state.stages.map(({ terms }) => terms) } : event,
  ),
  inNarrowed.answered("the narrower's approval counts at the first stage", 'INV2', (decided, state) => ({
    ...decided,
    events: decided.events.map((event) =>
      event.type === 'Decided' && state && decided.events[0]?.type === 'Narrowed'
        ? { ...event, stage: decided.events[0].stages[0]?.name ?? event.stage }
        : event,
    ),
  })),
  inNarrowed.evolved('a narrowing gives people more time', 'INV8', (state, event) => {
    const next = event.type === 'Narrowed' ? evolve(state, event) : undefined
    return next?.status === 'pending' ? { ...next, decideBy: next.decideBy + 600 } : next
  }),
  inNarrowed.evolved('a narrowing leaves one use more than it says', 'INV1', (state, event) => {
    if (event.type !== 'Narrowed') return undefined
    const next = evolve(state, event)
    return { ...next, ask: { ...next.ask, uses: next.ask.uses + 1 } }
  }),
  inAbsent.told('a stand-in counts beside the person they stand in for', 'INV2', (state, command) => {
    const who = command.type === 'decide' ? Object.values(command.standsFor ?? {})[0] : undefined
    if (command.type !== 'decide' || who === undefined) return undefined
    return {
      state: withDecisions(state, (each) => (each.person === who ? { ...each, person: stranger } : each)),
      command: { ...command, eligible: { ...command.eligible, [stranger]: ['owner', 'sre'] } },
    }
  }),
  inAbsent.told('a person who is back counts beside their stand-in', 'INV2', (state) => ({
    state: withDecisions(state, ({ for: _, ...decision }) => decision),
  })),
  inAbsent.told('an owner approves through another', 'INV2', (state, command) =>
    command.type === 'decide' && command.verdict === 'approve' && command.person !== state.ask.owner
      ? { state: { ...state, ask: { ...state.ask, owner: stranger } } }
      : undefined,
  ),
  inAbsent.told('an owner denies through another', 'INV2', (state, command) =>
    command.type === 'decide' && command.verdict === 'deny'
      ? { state: { ...state, ask: { ...state.ask, owner: stranger } } }
      : undefined,
  ),
  inAbsent.recorded('a decision does not name the absent person', 'INV2', 'Decided', ({ for: _, ...bare }) => bare),
  inAbsent.told('a decision may be commented on twice', 'INV9', (state, command) =>
    command.type === 'comment' ? { state: withDecisions(state, ({ comment: _, ...decision }) => decision) } : undefined,
  ),
  inAbsent.evolved('a comment on a denial opens the request again', 'INV4', (state, event) =>
    event.type === 'Commented' && state.status === 'denied'
      ? ({ ...state, status: 'pending', decideBy: state.submittedAt + 3_000 } as unknown as ApprovalRequest)
      : undefined,
  ),
]
