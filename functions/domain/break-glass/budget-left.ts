// Rules: test/operations/break-glass/budget-left.test.ts
import { endedAt, openUntil } from '../record/ended.ts'
import { openingOf } from '../record/origin.ts'
import type { ApprovalRequest } from '../record/request.ts'
import type { NumericDate, PersonId, Resource } from '../values.ts'
import { budgetWindow, type OpeningRules, openingRulesOf, spent } from './break-glass.ts'

/** The budget of a person, of a profile, or of one action on one resource that no profile covers. */
type BudgetOf = { person: PersonId } | { profile: string } | { action: string; resource: Resource }

/** A budget and the time left of it in these seven days. Seconds. */
export type BudgetLeft = BudgetOf & { budget: number; left: number }

/**
 * The budgets of the asker, of all people who opened something lately, and of every profile, from the present openings.
 * Drills have budgets of their own.
 */
export function budgetsLeft(
  openings: readonly ApprovalRequest[],
  bundle: OpeningRules,
  asker: PersonId,
  now: NumericDate,
): readonly BudgetLeft[] {
  const rules = openingRulesOf(bundle)
  if (!rules) return []
  const counted = openings.filter(({ ask }) => openingOf(ask)?.drill === false)
  const lately = counted.filter((state) => untilOf(state) > now - budgetWindow)
  const leftOf = (budget: number, mine: (state: ApprovalRequest) => boolean) => ({
    budget,
    left: Math.max(0, budget - spent(lately.filter(mine).map(asOpening), now)),
  })
  const people = [...new Set([asker, ...lately.map(({ ask }) => ask.owner)])]
  const alone = new Map(
    lately.flatMap(({ ask }) => {
      const key = openingOf(ask)?.budgetKey
      return key?.startsWith('action:') ? [[key, ask] as const] : []
    }),
  )
  const under = (key: string) => (state: ApprovalRequest) => openingOf(state.ask)?.budgetKey === key
  return [
    ...people.map((person) => ({ person, ...leftOf(rules.budgetOfPerson, ({ ask }) => ask.owner === person) })),
    ...rules.profiles.map(({ name, budget }) => ({ profile: name, ...leftOf(budget, under(`profile:${name}`)) })),
    ...[...alone].map(([key, { action, resource }]) => ({
      action,
      resource: { type: resource.type, id: resource.id },
      ...leftOf(rules.action.budget, under(key)),
    })),
  ]
}

const untilOf = (state: ApprovalRequest): NumericDate => {
  const end = openUntil(state)
  return Math.min(end, endedAt(state) ?? end)
}

const asOpening = (state: ApprovalRequest) => ({ at: state.submittedAt, until: untilOf(state) })
