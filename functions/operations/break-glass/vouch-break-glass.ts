import { readVoucher, type VouchEvent, vouchedFor, voucherKey, voucherValue } from '../../domain/break-glass/open.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import { type Login, lackOf } from '../../domain/people/login-strength.ts'
import { personOf } from '../../domain/policy/bundle.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { defined, type NumericDate, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import type { OnceOnly } from '../ports.ts'
import { refuseOnRecord, runAggregate } from '../requests/carry-out.ts'
import type { AskingPorts, DecidingPorts } from '../requests/ports.ts'
import { askAboutOpening, openedBy, unopened, type WhatToOpen } from './what-to-open.ts'

type VouchAsk = { by: PersonId; login: Login; person: PersonId; what: WhatToOpen }

const attempts = 8
const day = 86_400

/**
 * Vouches for a person who needs break-glass although an earlier opening is not reviewed: once, for ten minutes, for
 * the one thing. The voucher may use break-glass for it or review it, and reviews nothing that comes of it. It takes an
 * equally strong login: a second person whose token was stolen is none.
 */
export async function vouchForBreakGlass(
  { by, login, person, what }: VouchAsk,
  ports: DecidingPorts,
): Promise<Result<{ until: NumericDate }, Refusal>> {
  const { policy, clock, ledger, requests } = ports
  const refused = refuseOnRecord(by, 'vouch_break_glass', ports)
  if (by === person) return refused('self_review', 'a second person should vouch for you')
  if (personOf(policy.bundle, person)?.status !== 'active')
    return refused('unknown_target', '`person` should be a person of the directory')
  const rules = policy.bundle.breakGlass
  const opened = rules ? openedBy(what, rules, ports) : refuse('unknown_profile' as const)
  if (!opened.ok) return refused(opened.code, opened.detail)
  const { terms, budgetKey, profile, rights, facts } = opened.value
  const now = clock.now()
  const lacks = lackOf(login, terms.login, now)
  if (lacks !== undefined) return refused('insufficient_login', lacks)
  const breakGlass = {
    ...defined({ profile }),
    rights,
    incident: 'vouching',
    drill: false,
  }
  const about = { id: unopened, ...facts, breakGlass }
  const answers = (['breakGlass', 'review'] as const).map((act) =>
    askAboutOpening(policy, act, by, about, 'request', now),
  )
  const yes = (await isStopped(by, ports, { now })) ? undefined : answers.find(({ permit }) => permit)
  if (!yes) return refused(answers.some(({ error }) => error) ? 'policy_error' : 'not_permitted')

  const until = now + vouchedFor
  const vouched: VouchEvent = {
    type: 'Vouched',
    at: now,
    actor: { type: 'person', id: by },
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
