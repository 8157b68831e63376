import type { AgentChange } from '../agents/agent-change.ts'
import type { PersonId, RequestId, StandingPermitId } from '../values.ts'
import type { Opening } from './opening.ts'
import type { PlanStep } from './plan-step.ts'
import type { Ask } from './request.ts'

/** The origin of a request. Each ask has exactly one: its type excludes the members of the others. */
export type Origin =
  | { kind: 'agent' }
  /** Asked by a person on the agent's behalf. */
  | { kind: 'person'; askedBy: PersonId }
  /** Drawn from a standing permit. */
  | { kind: 'draw'; permit: StandingPermitId }
  /** An extension of a grant, and the people who approved that grant. */
  | { kind: 'extension'; of: RequestId; approvedBefore: readonly PersonId[] }
  | { kind: 'delegation' }
  | { kind: 'plan'; steps: readonly PlanStep[] }
  /** A step of a plan, counted from 1. */
  | { kind: 'step'; plan: RequestId; step: number }
  | { kind: 'opening'; opening: Opening }
  /** A change of the registry of agents, which a person asks for. */
  | { kind: 'registry'; change: AgentChange }

type Stored = Pick<Ask, 'ancestors'> & Partial<Ask>

/** The origin of an ask, which is stored with the origin's members but without a tag. */
export function originOf(ask: Stored): Origin {
  const { askedBy, standing: permit, extends: of, approvedBefore = [], steps, step, breakGlass: opening, change } = ask
  const parent = ask.ancestors.at(-1)
  if (opening) return { kind: 'opening', opening }
  if (change) return { kind: 'registry', change }
  if (steps) return { kind: 'plan', steps }
  if (parent !== undefined) return step === undefined ? { kind: 'delegation' } : { kind: 'step', plan: parent, step }
  if (of !== undefined) return { kind: 'extension', of, approvedBefore }
  if (permit !== undefined) return { kind: 'draw', permit }
  return askedBy === undefined ? { kind: 'agent' } : { kind: 'person', askedBy }
}

/** The opening, if a person used break-glass. */
export const openingOf = ({ breakGlass }: Pick<Ask, 'breakGlass'>): Opening | undefined => breakGlass

/** The actions of an opening, or else the one action. */
export const actionsOf = (ask: Pick<Ask, 'action' | 'breakGlass'>): readonly string[] =>
  openingOf(ask)?.rights.map(({ action }) => action) ?? [ask.action]

type Rules = {
  /** The acts of a request: one, the steps of a plan, the rights of an opening, or a change that Hotwork makes itself. */
  asks: 'act' | 'steps' | 'rights' | 'change'
  /** True if its own agent began it; steps and delegated requests were passed to their agent. */
  isOwn: boolean
  /** True if people decide it separately from its parent. */
  isDecided: boolean
  /** True if one click may decide it with others. A list line cannot show steps or the person who asked. */
  inBulk: boolean
  mayDelegate: boolean
  /** True if an agent asks: people may question it, send it back or narrow it. */
  hearsPeople: boolean
}

const rules = {
  agent: { asks: 'act', isOwn: true, isDecided: true, inBulk: true, mayDelegate: true, hearsPeople: true },
  person: { asks: 'act', isOwn: true, isDecided: true, inBulk: false, mayDelegate: true, hearsPeople: true },
  // A standing permit is for this agent only, so a draw is never delegated.
  draw: { asks: 'act', isOwn: true, isDecided: false, inBulk: true, mayDelegate: false, hearsPeople: true },
  extension: { asks: 'act', isOwn: true, isDecided: true, inBulk: true, mayDelegate: true, hearsPeople: true },
  delegation: { asks: 'act', isOwn: false, isDecided: false, inBulk: true, mayDelegate: true, hearsPeople: true },
  step: { asks: 'act', isOwn: false, isDecided: false, inBulk: true, mayDelegate: true, hearsPeople: true },
  plan: { asks: 'steps', isOwn: true, isDecided: true, inBulk: false, mayDelegate: false, hearsPeople: true },
  registry: { asks: 'change', isOwn: true, isDecided: true, inBulk: false, mayDelegate: false, hearsPeople: false },
  opening: { asks: 'rights', isOwn: true, isDecided: false, inBulk: true, mayDelegate: false, hearsPeople: false },
} satisfies Record<Origin['kind'], Rules>

export const rulesOf = (ask: Stored): Rules => rules[originOf(ask).kind]
