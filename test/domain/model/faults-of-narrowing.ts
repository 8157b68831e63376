import type { Command } from '../../../functions/domain/record/commands.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { PersonId } from '../../../functions/domain/values.ts'
import { person } from '../../support/ask.ts'
import { answered, evolved, type Fault, told } from './fault.ts'
import { production } from './production.ts'
import { absent, narrowed } from './scenarios.ts'

const { evolve } = production
const nobody = person('nobody')

/** Mistakes in how a request is made less, in what is decided in another's stead, and in what is said of it afterwards. */
export const faultsOfNarrowing: readonly Fault[] = [
  {
    fault: 'approvals of what was asked before stay when it is narrowed',
    breaks: 'INV1',
    where: narrowed,
    reducer: evolved((state, event) => {
      if (event.type !== 'Narrowed') return undefined
      const next = evolve(state, event)
      const before = (name: string) => state.stages.find(({ terms }) => terms.name === name)?.decisions ?? []
      return { ...next, stages: next.stages.map((stage) => ({ ...stage, decisions: before(stage.terms.name) })) }
    }),
  },
  {
    fault: 'an approval on the card from before the narrowing counts for what is left',
    breaks: 'INV1',
    where: narrowed,
    reducer: told((state, command) =>
      command.type === 'decide' ? { command: { ...command, round: state.round, digest: state.ask.digest } } : undefined,
    ),
  },
  {
    fault: 'a narrowing is noted, and what was asked stays asked',
    breaks: 'INV1',
    where: narrowed,
    reducer: evolved((state, event) =>
      event.type === 'Narrowed' ? { ...evolve(state, event), ask: state.ask } : undefined,
    ),
  },
  {
    fault: 'a narrower request gets away with the rung that it was on',
    breaks: 'INV1',
    where: narrowed,
    reducer: answered((decided, state) => ({
      ...decided,
      events: decided.events.map((event) =>
        event.type === 'Narrowed' && state
          ? { ...event, tier: state.tier, stages: state.stages.map(({ terms }) => terms) }
          : event,
      ),
    })),
  },
  {
    fault: "the narrower's approval counts at whichever stage comes first",
    breaks: 'INV2',
    where: narrowed,
    reducer: answered((decided, state) => ({
      ...decided,
      events: decided.events.map((event) =>
        event.type === 'Decided' && state && decided.events[0]?.type === 'Narrowed'
          ? { ...event, stage: decided.events[0].stages[0]?.name ?? event.stage }
          : event,
      ),
    })),
  },
  {
    fault: 'a narrowing gives the people their time anew',
    breaks: 'INV8',
    where: narrowed,
    reducer: evolved((state, event) => {
      const next = event.type === 'Narrowed' ? evolve(state, event) : undefined
      return next?.status === 'pending' ? { ...next, decideBy: next.decideBy + 600 } : next
    }),
  },
  {
    fault: 'a narrowing leaves one use more than it says',
    breaks: 'INV1',
    where: narrowed,
    reducer: evolved((state, event) => {
      if (event.type !== 'Narrowed') return undefined
      const next = evolve(state, event)
      return { ...next, ask: { ...next.ask, uses: next.ask.uses + 1 } }
    }),
  },
  {
    fault: 'a stand-in counts beside the person they stand in for',
    breaks: 'INV2',
    where: absent,
    reducer: told((state, command) => forgetting(state, command, absentIn(command))),
  },
  {
    fault: 'whoever is back counts beside the one who stood in for them',
    breaks: 'INV2',
    where: absent,
    reducer: told((state, command) => ({
      state: {
        ...state,
        stages: state.stages.map((stage) => ({
          ...stage,
          decisions: stage.decisions.map(({ for: _, ...decision }) => decision),
        })),
      },
      command,
    })),
  },
  {
    fault: 'an owner approves through another',
    breaks: 'INV2',
    where: absent,
    reducer: told((state, command) =>
      command.type === 'decide' && command.verdict === 'approve'
        ? {
            state: {
              ...state,
              ask: { ...state.ask, owner: command.person === state.ask.owner ? state.ask.owner : nobody },
            },
          }
        : undefined,
    ),
  },
  {
    fault: 'an owner denies through another',
    breaks: 'INV2',
    where: absent,
    reducer: told((state, command) =>
      command.type === 'decide' && command.verdict === 'deny'
        ? { state: { ...state, ask: { ...state.ask, owner: nobody } } }
        : undefined,
    ),
  },
  {
    fault: 'in whose stead somebody decided is not written down',
    breaks: 'INV2',
    where: absent,
    reducer: answered((decided) => ({
      ...decided,
      events: decided.events.map((event) => {
        if (event.type !== 'Decided') return event
        const { for: _, ...bare } = event
        return bare
      }),
    })),
  },
  {
    fault: 'why somebody decided so may be said again, and differently',
    breaks: 'INV9',
    where: absent,
    reducer: told((state, command) =>
      command.type === 'comment'
        ? {
            state: {
              ...state,
              stages: state.stages.map((stage) => ({
                ...stage,
                decisions: stage.decisions.map(({ comment: _, ...decision }) => decision),
              })),
            },
          }
        : undefined,
    ),
  },
  {
    fault: 'what is said of a denial opens the request again',
    breaks: 'INV4',
    where: absent,
    reducer: evolved((state, event) =>
      event.type === 'Commented' && state.status === 'denied'
        ? ({ ...state, status: 'pending', decideBy: state.submittedAt + 3_000 } as unknown as ApprovalRequest)
        : undefined,
    ),
  },
]

const absentIn = (command: Command): PersonId | undefined =>
  command.type === 'decide' ? Object.values(command.standsFor ?? {})[0] : undefined

/** The request and the command, as if somebody had never decided it. */
function forgetting(state: ApprovalRequest, command: Command, who: PersonId | undefined) {
  if (command.type !== 'decide' || who === undefined) return undefined
  const stages = state.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map((each) => (each.person === who ? { ...each, person: nobody } : each)),
  }))
  return {
    state: { ...state, stages },
    command: { ...command, eligible: { ...command.eligible, [nobody]: ['owner', 'sre'] } },
  }
}
