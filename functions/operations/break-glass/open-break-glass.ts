// Rules: test/operations/break-glass/break-glass.test.ts
import {
  type BreakGlassPolicy,
  incidentLooks,
  openingRulesOf,
  refusedBy,
  reviewWithin,
  usesOfOpening,
} from '../../domain/break-glass/break-glass.ts'
import { reasonDigest, reasonProblem } from '../../domain/break-glass/open.ts'
import { askAboutOpening } from '../../domain/deciding/ask-about-opening.ts'
import { type Login, type LoginWanted, lackOf } from '../../domain/people/login-strength.ts'
import type { FactsRefusal } from '../../domain/policy/assess.ts'
import type { OpenBreakGlass } from '../../domain/record/commands.ts'
import type { BudgetEntry, Opening } from '../../domain/record/opening.ts'
import { openingOf } from '../../domain/record/origin.ts'
import { decide, type RefusalOf } from '../../domain/requests/decide.ts'
import { withDigests } from '../../domain/requests/narrow.ts'
import type { Json, NumericDate, PersonId, Result, Thumbprint } from '../../domain/values.ts'
import { defined, ok, refuse } from '../../domain/values.ts'
import { findHaltOfPerson, toldOf } from '../halts/find-halt.ts'
import { readReadings } from '../people/list-groups.ts'
import type { OnceOnly, TaskService } from '../ports.ts'
import { commitNew } from '../record/carry-out.ts'
import type { MakingPorts, Stored } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { bodyDigest, findRepeat, idempotencyItem } from '../record/repeat.ts'
import { runAggregate } from '../record/run-aggregate.ts'
import { binding, budgetsOf, findVoucher, leftOf, type OpenedBudget, whenAgain, written } from './budget.ts'
import { measureDrill, type Stopwatch } from './notify.ts'
import { aboutOpening, openedBy, type WhatToOpen } from './what-to-open.ts'

export type OpeningAsk = {
  person: PersonId
  proven: { issuer: string; subject: string }
  login: { acr?: string; at?: NumericDate }
  what: WhatToOpen
  reason: string
  incident: string
  minutes: number
  drill: boolean
  /**
   * The person's key, to which all claims are bound. Without one, the first key from an equally strong login is bound.
   */
  jkt?: Thumbprint
  idempotencyKey: string
  body: Json
  once?: OnceOnly
  /** The arrival of the call in milliseconds, from which a drill is measured. */
  arrivedAt?: number
}

export type OpenedBreakGlass = { stored: Stored; left: number; created: boolean }

export type OpeningRefusal =
  | RefusalOf<OpenBreakGlass>
  | FactsRefusal
  | 'replayed'
  | 'key_mismatch'
  | 'halted'
  | 'insufficient_login'
  | 'window_too_long'
  | 'bad_incident'
  | 'bad_reason'

export type OpeningPorts = MakingPorts & { incidents: TaskService; stopwatch?: Stopwatch }

const [day, attempts] = [86_400, 8]

/** Opens at once, in one transaction with the budgets that bound it. The same key and body is the same opening. */
export async function openBreakGlass(
  ask: OpeningAsk,
  ports: OpeningPorts,
): Promise<Result<OpenedBreakGlass, OpeningRefusal>> {
  const refused = refuseOnRecord(ask.person, 'open_break_glass', ports, { about: aboutOpening(ask) })
  const began = ask.arrivedAt ?? ports.stopwatch?.milliseconds()
  const key = idempotencyItem(ask.person, ask.idempotencyKey)
  const body = bodyDigest(ask.body)
  return runAggregate<Result<OpenedBreakGlass, OpeningRefusal>>(ask.person, attempts, async () => {
    const repeat = await findRepeat(key, body, ask.jkt, ports)
    if (repeat) return repeat.ok ? again(repeat.value, ports) : refused(repeat.code)
    const assessed = await assessOpening(ask, ports)
    if (!assessed.ok) return refused(assessed.code, assessed.detail)
    const { opening, budgets, voucher } = assessed.value
    const now = ports.clock.now()
    const { events, refusal } = decide(undefined, opening, now)
    if (refusal) return refused(refusal.code, refusal.detail ?? whenAgain(refusal.code, budgets, now))
    const { id } = opening.ask
    const entry: BudgetEntry = {
      id,
      at: now,
      until: now + opening.ask.lifetime,
      review: now + reviewWithin,
      reason: reasonDigest(ask.reason),
    }
    const { stored, result } = await commitNew(events, ports, {
      once: [
        ...(ask.once ? [ask.once] : []),
        { key, value: `${body} ${id}`, expiresAt: now + 8 * day },
        ...budgets.map((each) => written(each, entry, now)),
        ...(voucher ? [voucher] : []),
      ],
    })
    if (result.outcome === 'committed') {
      ports.log.warn('break_glass_opened', { request: id, by: ask.person, drill: ask.drill })
      if (ask.drill && ports.stopwatch && began !== undefined)
        await measureDrill({ id, milliseconds: ports.stopwatch.milliseconds() - began }, ports)
      return ok({ stored, left: leftOf(budgets, now, entry), created: true })
    }
    if (result.outcome === 'taken' && result.key === ask.once?.key) return refused('replayed')
    // Another opening, or a retry of this one, came first: the next attempt reads the changed budgets.
    return undefined
  })
}

export type ForeseenAsk = Pick<OpeningAsk, 'person' | 'what' | 'reason' | 'incident' | 'minutes' | 'drill'>

/** The strength of login for this opening, or its refusal now. It opens and reserves nothing. */
export async function foreseeOpening(
  ask: ForeseenAsk,
  ports: OpeningPorts,
): Promise<Result<LoginWanted, OpeningRefusal>> {
  const assessed = await assessOpening({ ...ask, proven: { issuer: '', subject: '' }, login: 'to come' }, ports)
  if (!assessed.ok) return assessed
  const { opening, budgets, login } = assessed.value
  const now = ports.clock.now()
  const { refusal } = decide(undefined, opening, now)
  return refusal ? refuse(refusal.code, refusal.detail ?? whenAgain(refusal.code, budgets, now)) : ok(login)
}

async function again(stored: Stored, ports: OpeningPorts): Promise<Result<OpenedBreakGlass, OpeningRefusal>> {
  const { ask } = stored.state
  const opening = openingOf(ask)
  const budgets = opening ? await budgetsOf(ask.owner, opening, ports) : []
  return ok({ stored, left: leftOf(budgets, ports.clock.now()), created: false })
}

type AssessedOpening = {
  opening: Extract<Parameters<typeof decide>[1], { type: 'open_break_glass' }>
  budgets: readonly OpenedBudget[]
  voucher?: OnceOnly
  login: LoginWanted
}
type OpeningToAssess = ForeseenAsk & Pick<OpeningAsk, 'proven' | 'jkt'> & { login: Login | 'to come' }

async function assessOpening(
  ask: OpeningToAssess,
  ports: OpeningPorts,
): Promise<Result<AssessedOpening, OpeningRefusal>> {
  const { policy, ids, clock } = ports
  const { bundle } = policy
  const now = clock.now()
  const rules = openingRulesOf(bundle)
  if (!rules)
    return refuse('unknown_profile', 'this deployment has no `break-glass.json`, so break-glass cannot be used')
  const what = openedBy(ask.what, ports)
  const actions = what.ok ? what.value.rights.map(({ action }) => action) : []
  const { halt, ...lifted } = await findHaltOfPerson(ask.person, actions, ports)
  if (halt) return refuse('halted', toldOf(halt).detail)
  if (!what.ok) return what
  const { terms, budgetKey, rights, profile, facts } = what.value

  const lacks = ask.login === 'to come' ? undefined : lackOf(ask.login, terms.login, now)
  if (lacks !== undefined) return refuse('insufficient_login', lacks)
  const window = ask.minutes * 60
  if (window > terms.window)
    return refuse('window_too_long', `\`minutes\` should be at most ${Math.floor(terms.window / 60)}`)
  const incident = await checkIncident(ask.incident, rules, ports)
  if (incident !== undefined) return refuse('bad_incident', incident)

  const asked = withDigests({
    id: ids.opening(),
    agent: { id: ask.person, ...ask.proven },
    owner: ask.person,
    chain: [],
    ancestors: [],
    ...facts,
    purpose: 'break-glass',
    parentTask: { id: ask.incident },
    uses: usesOfOpening,
    claimWithin: window,
    lifetime: window,
    recent: 0,
    ...lifted,
    ...defined({ jkt: ask.jkt }),
  })
  const budgets = await budgetsOf(ask.person, { budgetKey, drill: ask.drill }, ports, {
    window,
    coolDown: terms.coolDown,
  })
  const refusals = binding(budgets).map(({ budget, limits }) => refusedBy(budget, limits, now))
  const overdue = refusals.includes('review_overdue')
  const said = [ask.incident, terms.title ?? '', facts.action, facts.resource.id]
  // A repeated reason is refused, but refusals by the budgets come first.
  const told = refusals.some((code) => code !== undefined) ? [] : binding(budgets).flatMap(({ budget }) => budget)
  const reason = reasonProblem(
    ask.reason,
    said,
    told.map((each) => each.reason),
  )
  if (reason !== undefined) return refuse('bad_reason', reason)
  const voucher = overdue ? await findVoucher(ask.person, budgetKey, now, ports) : undefined
  const breakGlass: Opening = {
    ...defined({ profile, secondedBy: voucher?.by }),
    rights,
    reason: ask.reason,
    incident: ask.incident,
    window,
    coolDown: terms.coolDown,
    budgetKey,
    drill: ask.drill,
  }
  const whole = { ...asked, breakGlass }
  const readings = await readReadings(ports)
  const answer = askAboutOpening(policy, 'breakGlass', ask.person, whole, 'request', now, readings)
  return ok({
    opening: { type: 'open_break_glass', ask: whole, answer, budgets: binding(budgets), bundle: bundle.hash },
    budgets,
    login: terms.login,
    ...defined({ voucher: voucher?.once }),
  })
}

async function checkIncident(incident: string, rules: BreakGlassPolicy, { incidents, log }: OpeningPorts) {
  if (incident.length > 128 || !new RegExp(rules.incident).test(incident)) return `it ${incidentLooks(rules)}`
  const { answer } = await incidents.look(incident)
  if (answer === 'unreachable') log.warn('incident_not_checked')
  // A silent incident service must not lock people out in an emergency: the review comes afterwards.
  return answer === 'unknown' ? 'the incident service does not know it' : undefined
}
