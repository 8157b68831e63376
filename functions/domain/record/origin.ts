import type { PersonId, RequestId, StandingPermitId } from '../values.ts'
import type { Opening } from './opening.ts'
import type { PlanStep } from './plan-step.ts'
import type { Ask } from './request.ts'

/** The source of a request. An ask has one origin: the types of the others exclude its members. */
export type Origin =
  | { kind: 'agent' }
  /** A person asked on the agent's behalf. */
  | { kind: 'person'; askedBy: PersonId }
  /** A draw from a standing permit. */
  | { kind: 'draw'; permit: StandingPermitId }
  /** An extension of a grant, and the people who approved that grant. */
  | { kind: 'extension'; of: RequestId; approvedBefore: readonly PersonId[] }
  | { kind: 'delegation' }
  | { kind: 'plan'; steps: readonly PlanStep[] }
  /** Steps count from 1. */
  | { kind: 'step'; plan: RequestId; step: number }
  | { kind: 'opening'; opening: Opening }

type Stored = Pick<Ask, 'ancestors'> & Partial<Ask>

/** The origin as a view: an ask is stored with the members of its origin and without a tag. */
export function originOf(ask: Stored): Origin {
  const { askedBy, standing: permit, extends: of, approvedBefore = [], steps, step, breakGlass: opening } = ask
  const parent = ask.ancestors.at(-1)
  if (opening) return { kind: 'opening', opening }
  if (steps) return { kind: 'plan', steps }
  if (parent !== undefined) return step === undefined ? { kind: 'delegation' } : { kind: 'step', plan: parent, step }
  if (of !== undefined) return { kind: 'extension', of, approvedBefore }
  if (permit !== undefined) return { kind: 'draw', permit }
  return askedBy === undefined ? { kind: 'agent' } : { kind: 'person', askedBy }
}

/** The opening, if a person used break-glass. */
export const openingOf = ({ breakGlass }: Pick<Ask, 'breakGlass'>): Opening | undefined => breakGlass

/** The actions of an opening, else the one action. */
export const actionsOf = (ask: Pick<Ask, 'action' | 'breakGlass'>): readonly string[] =>
  openingOf(ask)?.rights.map(({ action }) => action) ?? [ask.action]

type Rules = {
  /** The acts of the request: one, the steps of a plan, or the rights of an opening. */
  asks: 'act' | 'steps' | 'rights'
  /** Whether its agent began it; a step and a delegated request were passed to their agent. */
  isOwn: boolean
  /** Whether people decide it by itself, and not with its parent. */
  isDecided: boolean
  /** Whether one click may decide it with others. A line of a list shows neither steps nor the person who asked. */
  inBulk: boolean
  mayDelegate: boolean
}

const rules = {
  agent: { asks: 'act', isOwn: true, isDecided: true, inBulk: true, mayDelegate: true },
  person: { asks: 'act', isOwn: true, isDecided: true, inBulk: false, mayDelegate: true },
  // A standing permit is for this agent only.
  draw: { asks: 'act', isOwn: true, isDecided: false, inBulk: true, mayDelegate: false },
  extension: { asks: 'act', isOwn: true, isDecided: true, inBulk: true, mayDelegate: true },
  delegation: { asks: 'act', isOwn: false, isDecided: false, inBulk: true, mayDelegate: true },
  step: { asks: 'act', isOwn: false, isDecided: false, inBulk: true, mayDelegate: true },
  plan: { asks: 'steps', isOwn: true, isDecided: true, inBulk: false, mayDelegate: false },
  opening: { asks: 'rights', isOwn: true, isDecided: false, inBulk: true, mayDelegate: false },
} satisfies Record<Origin['kind'], Rules>

export const rulesOf = (ask: Stored): Rules => rules[originOf(ask).kind]
