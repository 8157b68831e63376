import {
  Budget,
  type BudgetEntry,
  current,
  type Limits,
  type Opening,
  spent,
} from '../../domain/break-glass/break-glass.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { asOf, endedAt } from '../../domain/requests/due.ts'
import { defined, type NumericDate, type PersonId } from '../../domain/values.ts'
import type { OnceOnly } from '../ports.ts'
import type { AskingPorts } from '../requests/ports.ts'
import { everyone } from './openings.ts'

/** Kept for over a year, since an opening counts until its review is done. Seconds. */
export const keepBudget = 400 * 86_400

export type OpenedBudget = { key: string; budget: Budget; limits?: Limits; before: string | undefined }

export const binding = (budgets: readonly OpenedBudget[]) =>
  budgets.flatMap(({ budget, limits }) => (limits ? [{ budget, limits }] : []))

export async function budgetsOf(
  { owner, breakGlass }: { owner: PersonId; breakGlass?: Pick<Opening, 'budgetKey' | 'drill'> | undefined },
  ports: AskingPorts,
  terms?: { window: number; coolDown: number },
): Promise<readonly OpenedBudget[]> {
  const { requests, policy, clock } = ports
  const rules = policy.bundle.breakGlass
  const drill = breakGlass?.drill ? 'drill:' : ''
  const profile = rules?.profiles.find(({ name }) => `profile:${name}` === breakGlass?.budgetKey) ?? rules?.action
  const { window, coolDown } = terms ?? { window: 0, coolDown: 0 }
  const wanted: readonly { key: string; limits?: Limits }[] = [
    {
      key: `BUDGET#${drill}${owner}`,
      limits: { window, budget: rules?.budgetOfPerson ?? 0, alone: { coolDown } },
    },
    { key: `BUDGET#${drill}${breakGlass?.budgetKey}`, limits: { window, budget: profile?.budget ?? 0 } },
    { key: everyone },
  ]
  return Promise.all(
    wanted.map(async ({ key, limits: each }): Promise<OpenedBudget> => {
      const before = await requests.recall(key)
      const budget = before === undefined ? [] : Budget.parse(JSON.parse(before))
      const now = await asTheyAre(current(budget, clock.now()), ports)
      return { key, before, budget: now, ...defined({ limits: each }) }
    }),
  )
}

/** An early end gives minutes back, and a review that was done blocks nothing: both are read, not written. */
const asTheyAre = (budget: Budget, { requests, clock }: Pick<AskingPorts, 'requests' | 'clock'>): Promise<Budget> =>
  Promise.all(
    budget.map(async (opening) => {
      const now = clock.now()
      if (opening.until <= now && opening.review === undefined) return opening
      const stored = await requests.load(opening.id)
      if (!stored) return opening
      const state = asOf(stored.state, now)
      const { review, ...rest } = opening
      const until = Math.min(opening.until, endedAt(state) ?? opening.until)
      return { ...rest, until, ...(review === undefined || state.review?.done ? {} : { review }) }
    }),
  )

/** A budget with one more opening, put only if it is still as it was read. */
export const written = ({ key, budget, before }: OpenedBudget, entry: BudgetEntry, now: NumericDate): OnceOnly => ({
  key,
  value: JSON.stringify([...budget, entry]),
  ...defined({ replaces: before }),
  expiresAt: now + keepBudget,
})

/** What is left of the scarcest budget after these entries. Seconds. */
export const leftOf = (
  budgets: readonly OpenedBudget[],
  now: NumericDate,
  ...entries: readonly BudgetEntry[]
): number =>
  Math.max(
    0,
    Math.min(...binding(budgets).map(({ budget, limits }) => limits.budget - spent([...budget, ...entries], now))),
  )

export function whenAgain(code: Refusal, budgets: readonly OpenedBudget[], now: NumericDate): string | undefined {
  if (code !== 'cool_down') return undefined
  // Only the person's own budget cools down: what a colleague has open is no reason to wait.
  const ends = binding(budgets).flatMap(({ budget, limits: { alone } }) =>
    alone ? budget.map(({ until }) => until + alone.coolDown) : [],
  )
  const at = Math.max(...ends)
  return `possible again in ${Math.ceil((at - now) / 60)} minutes`
}
