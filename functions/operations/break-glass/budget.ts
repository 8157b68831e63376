// Rules: test/operations/break-glass/break-glass.test.ts
import { current, openingRulesOf, spent, termsOf } from '../../domain/break-glass/break-glass.ts'
import { readVoucher, type VouchEvent, vouchedFor, voucherKey, voucherValue } from '../../domain/break-glass/open.ts'
import { askAboutVoucher } from '../../domain/deciding/ask-about-opening.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import { type Login, lackOf } from '../../domain/people/login-strength.ts'
import { personOf } from '../../domain/policy/bundle.ts'
import { endedAt } from '../../domain/record/ended.ts'
import { Budget, type BudgetEntry, type Limits, type Opening } from '../../domain/record/opening.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { asOf } from '../../domain/requests/due.ts'
import { actorNamed, defined, type NumericDate, ok, type PersonId, type Result } from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import type { OnceOnly } from '../ports.ts'
import type { AskingPorts, DecidingPorts } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { runAggregate } from '../record/run-aggregate.ts'
import { everyone } from './openings.ts'
import { type OpenedRefusal, openedBy, type WhatToOpen } from './what-to-open.ts'

/** Over a year, since an opening counts until its review. Seconds. */
export const keepBudget = 400 * 86_400

export type OpenedBudget = { key: string; budget: Budget; limits?: Limits; before: string | undefined }

export const binding = (budgets: readonly OpenedBudget[]) =>
  budgets.flatMap(({ budget, limits }) => (limits ? [{ budget, limits }] : []))

export async function budgetsOf(
  owner: PersonId,
  opening: Pick<Opening, 'budgetKey' | 'drill'>,
  ports: AskingPorts,
  terms?: { window: number; coolDown: number },
): Promise<readonly OpenedBudget[]> {
  const { requests, policy, clock } = ports
  const drill = opening.drill ? 'drill:' : ''
  const { window, coolDown } = terms ?? { window: 0, coolDown: 0 }
  const wanted: readonly { key: string; limits?: Limits }[] = [
    {
      key: `BUDGET#${drill}${owner}`,
      limits: { window, budget: openingRulesOf(policy.bundle)?.budgetOfPerson ?? 0, alone: { coolDown } },
    },
    {
      key: `BUDGET#${drill}${opening.budgetKey}`,
      limits: { window, budget: termsOf(opening, policy.bundle)?.budget ?? 0 },
    },
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

/** The budget's openings in their present state: ended ones return minutes, and reviewed ones do not block. */
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

/** A budget with one more opening. It is put only if the budget has not changed since it was read. */
export const written = ({ key, budget, before }: OpenedBudget, entry: BudgetEntry, now: NumericDate): OnceOnly => ({
  key,
  value: JSON.stringify([...budget, entry]),
  ...defined({ replaces: before }),
  expiresAt: now + keepBudget,
})

/** The seconds left in the smallest of these budgets. */
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
  // Only the person's own budget has a cool-down: a colleague's window is no reason to wait.
  const ends = binding(budgets).flatMap(({ budget, limits: { alone } }) =>
    alone ? budget.map(({ until }) => until + alone.coolDown) : [],
  )
  const at = Math.max(...ends)
  return `possible again in ${Math.ceil((at - now) / 60)} minutes`
}

type VouchAsk = { by: PersonId; login: Login; person: PersonId; what: WhatToOpen }

const attempts = 8
const day = 86_400

type VouchRefusal = OpenedRefusal | 'self_review' | 'unknown_target' | 'insufficient_login' | 'policy_error'

/**
 * Vouches for a person whose earlier opening is not reviewed: once, for ten minutes, for one profile or action. It
 * takes an equally strong login, since a stolen token must not count as a second person.
 */
export async function vouchForBreakGlass(
  { by, login, person, what }: VouchAsk,
  ports: DecidingPorts,
): Promise<Result<{ until: NumericDate }, VouchRefusal>> {
  const { policy, clock, ledger, requests } = ports
  const refused = refuseOnRecord(by, 'vouch_break_glass', ports)
  if (by === person) return refused('self_review', 'a second person should vouch for you')
  if (personOf(policy.bundle, person)?.status !== 'active')
    return refused('unknown_target', '`person` should be a person of the directory')
  const opened = openedBy(what, ports)
  if (!opened.ok) return refused(opened.code, opened.detail)
  const { terms, budgetKey, profile, rights, facts } = opened.value
  const now = clock.now()
  const lacks = lackOf(login, terms.login, now)
  if (lacks !== undefined) return refused('insufficient_login', lacks)
  const answers = askAboutVoucher(policy, by, { ...defined({ profile }), rights, facts }, now)
  const yes = (await isStopped(by, ports, { now })) ? undefined : answers.find(({ permit }) => permit)
  if (!yes) return refused(answers.some(({ error }) => error) ? 'policy_error' : 'not_permitted')

  const until = now + vouchedFor
  const vouched: VouchEvent = {
    type: 'Vouched',
    at: now,
    actor: actorNamed(by),
    policies: [...yes.policies],
    bundle: policy.bundle.hash,
    person,
    budgetKey,
    until,
  }
  return runAggregate(by, attempts, async () => {
    const head = await ledger.head(by)
    const { entries, head: next } = chainEntries(by, head, [vouched], undefined)
    const key = voucherKey(person)
    const before = await requests.recall(key)
    const value = voucherValue({ by, until, budgetKey })
    const once = { key, value, ...defined({ replaces: before }), expiresAt: until + day }
    return (await ledger.append(by, head, entries, next, [once])) ? ok({ until }) : undefined
  })
}

export async function findVoucher(
  person: PersonId,
  budgetKey: string,
  now: NumericDate,
  { requests, policy }: Pick<AskingPorts, 'requests' | 'policy'>,
): Promise<{ by: PersonId; once: OnceOnly } | undefined> {
  const key = voucherKey(person)
  const value = await requests.recall(key)
  const voucher = value === undefined ? undefined : readVoucher(value)
  if (value === undefined || !voucher || voucher.until <= now || voucher.budgetKey !== budgetKey) return undefined
  const known = personOf(policy.bundle, voucher.by)
  if (known?.status !== 'active') return undefined
  if (await isStopped(known.id, { requests }, { at: voucher.until - vouchedFor })) return undefined
  return { by: known.id, once: { key, value: 'spent', replaces: value, expiresAt: now + day } }
}
