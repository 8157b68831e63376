import { findActionFacts } from '../domain/assess.ts'
import {
  Book,
  type BreakGlassPolicy,
  current,
  type Emergency,
  incidentLooks,
  type Limits,
  type Opening,
  profileResource,
  refusedBy,
  reviewWithin,
  spent,
} from '../domain/break-glass.ts'
import { personOf } from '../domain/bundle.ts'
import { decide } from '../domain/decide.ts'
import { argumentsDigest, digestOf, requestDigest } from '../domain/digest.ts'
import { asOf } from '../domain/due.ts'
import { emergencyStatements, profileCovering } from '../domain/emergency.ts'
import { endedAt } from '../domain/ended.ts'
import { replay } from '../domain/evolve.ts'
import { contextOf, noEntries, seal } from '../domain/ledger.ts'
import { type Login, type LoginWanted, lackOf } from '../domain/login-strength.ts'
import { reachesOurselves } from '../domain/own.ts'
import { reasonDigest, reasonProblem } from '../domain/reason.ts'
import type { Refusal } from '../domain/refusals.ts'
import type { ApprovalRequest, Ask } from '../domain/request.ts'
import { emergencyPolicy, sessionPolicyLimit } from '../domain/session-policy.ts'
import {
  type Json,
  type NumericDate,
  ok,
  type PersonId,
  type Resource,
  type Result,
  refuse,
  type Thumbprint,
} from '../domain/values.ts'
import { vouchedFor, voucherKey } from '../domain/vouching.ts'
import { recordRefusal } from './carry-out.ts'
import { askAboutEmergency } from './emergency-questions.ts'
import { StaleRequest } from './faults.ts'
import { findHaltOfPerson, isStopped } from './find-halt.ts'
import { bodyDigest, findRepeat, idempotencyItem } from './idempotency.ts'
import { measureDrill, type Stopwatch } from './measure-drill.ts'
import type { DecidingPorts, Incidents, OnceOnly, Stored } from './ports.ts'
import { everyone } from './read-break-glass.ts'

/** A person who breaks the glass: who they are is proven, what they say is not yet looked at. */
export type OpeningAsk = {
  person: PersonId
  /** The token that proved them: its issuer and subject. */
  proven: { issuer: string; subject: string }
  login: { acr?: string; at?: NumericDate }
  what: { profile: string } | { action: string; arguments: Json; resource?: Resource }
  reason: string
  incident: string
  minutes: number
  drill: boolean
  /** Their key: nobody else's can claim it. Opened where there is none, it is the first that as strong a login brings. */
  jkt?: Thumbprint
  idempotencyKey: string
  /** The whole body, for telling a repeat from another opening under the same key. */
  body: Json
  /** The proof's replay key, where there is a proof. */
  once?: OnceOnly
  /** When the call came in, in milliseconds, where the door knows it: a drill is measured from then on. */
  arrivedAt?: number
}

/** What was opened, and what is left of the seven days' minutes. Seconds. */
export type OpenedBreakGlass = { stored: Stored; left: number; created: boolean }

export type OpeningPorts = DecidingPorts & { incidents: Incidents; stopwatch?: Stopwatch }

const [day, attempts] = [86_400, 8]
/** A book is needed for a week, and while a review is still to be done: nobody forgets that for a year. */
const keepBook = 400 * day

/**
 * Opens at once what policy lets this person open in an emergency, with nobody asked: in one transaction with the books
 * that bound it, before anything else can fail it. The same key and body is the same opening.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function openBreakGlass(ask: OpeningAsk, ports: OpeningPorts): Promise<Result<OpenedBreakGlass, Refusal>> {
  const refused = async <R extends { ok: false; code: Refusal }>(refusal: R): Promise<R> => {
    await recordRefusal({ type: 'person', id: ask.person }, 'open_break_glass', refusal.code, ports)
    return refusal
  }
  const began = ask.arrivedAt ?? ports.stopwatch?.milliseconds()
  const key = idempotencyItem(ask.person, ask.idempotencyKey)
  const body = bodyDigest(ask.body)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const repeat = await findRepeat(key, body, ask.jkt, ports)
    if (repeat) return repeat.ok ? again(repeat.value, ports) : refused(repeat)
    const made = await makeOpening(ask, ports)
    if (!made.ok) return refused(made)
    const { opening, books, voucher } = made.value
    const now = ports.clock.now()
    const { events, refusal } = decide(undefined, { ...opening, books: binding(books) }, now)
    if (refusal) return refused(refuse(refusal.code, refusal.detail ?? detailOf(refusal.code, books, now)))
    const state = replay(events) as ApprovalRequest
    const { id } = state.ask
    const { entries, head } = seal(id, noEntries, events, contextOf(state))
    const entry: Opening = {
      id,
      at: now,
      until: now + opening.ask.lifetime,
      review: now + reviewWithin,
      reason: reasonDigest(ask.reason),
    }
    const result = await ports.requests.commit({
      id,
      expected: noEntries,
      state,
      entries,
      head,
      once: [
        ...(ask.once ? [ask.once] : []),
        { key, value: `${body} ${id}`, expiresAt: now + 8 * day },
        ...books.map((each) => written(each, entry, now)),
        ...(voucher ? [voucher] : []),
      ],
    })
    if (result.outcome === 'committed') {
      ports.log.warn('break_glass_opened', { request: id, by: ask.person, drill: ask.drill })
      if (ask.drill && ports.stopwatch && began !== undefined)
        await measureDrill({ id, milliseconds: ports.stopwatch.milliseconds() - began }, ports)
      return ok({ stored: { state, head }, left: leftOf(books, now, entry), created: true })
    }
    if (result.outcome === 'taken' && result.key === ask.once?.key) return refused(refuse('replayed'))
    // Somebody's opening, or its own twin, came first: the books say so when they are read again.
  }
  throw new StaleRequest('other openings kept coming first')
}

/** What can be said of an opening before the login that it takes. */
export type ForeseenAsk = Pick<OpeningAsk, 'person' | 'what' | 'reason' | 'incident' | 'minutes' | 'drill'>

/**
 * How strong a login this opening takes, where nothing else stands against it now; or what does. Nothing is opened or held
 * by it: all of it is asked again at the opening.
 */
export async function foreseeOpening(ask: ForeseenAsk, ports: OpeningPorts): Promise<Result<LoginWanted, Refusal>> {
  const made = await makeOpening({ ...ask, proven: { issuer: '', subject: '' }, login: 'to come' }, ports)
  if (!made.ok) return made
  const { opening, books, login } = made.value
  const now = ports.clock.now()
  const { refusal } = decide(undefined, { ...opening, books: binding(books) }, now)
  return refusal ? refuse(refusal.code, refusal.detail ?? detailOf(refusal.code, books, now)) : ok(login)
}

/** What the same key had opened before. */
async function again(stored: Stored, ports: OpeningPorts): Promise<Result<OpenedBreakGlass, Refusal>> {
  const books = await booksOf(stored.state.ask, ports)
  return ok({ stored, left: leftOf(books, ports.clock.now()), created: false })
}

/** A book with the limits that it sets; the book of everyone sets none. */
type OpenedBook = { key: string; book: Book; limits?: Limits; before: string | undefined }

const binding = (books: readonly OpenedBook[]) =>
  books.flatMap(({ book, limits }) => (limits ? [{ book, limits }] : []))
type Made = {
  opening: Extract<Parameters<typeof decide>[1], { type: 'open_break_glass' }>
  books: readonly OpenedBook[]
  voucher?: OnceOnly
  login: LoginWanted
}
type MakeAsk = ForeseenAsk & Pick<OpeningAsk, 'proven' | 'jkt'> & { login: Login | 'to come' }

/** Everything that can be wrong with an opening, found before the books are asked. */
async function makeOpening(ask: MakeAsk, ports: OpeningPorts): Promise<Result<Made, Refusal>> {
  const { policy, ids, clock } = ports
  const { bundle } = policy
  const now = clock.now()
  const glass = bundle.breakGlass
  if (!glass)
    return refuse('unknown_profile', 'this deployment has no `break-glass.json`, so nobody can break the glass')
  const halt = await findHaltOfPerson(ask.person, ports)
  if (halt) return refuse('halted', `stopped by the emergency halt \`${halt.id}\``)
  const what = openedBy(ask, glass, ports)
  if (!what.ok) return what
  const { terms, budgetKey, rights, profile, facts } = what.value

  const lacks = ask.login === 'to come' ? undefined : lackOf(ask.login, terms.login, now)
  if (lacks !== undefined) return refuse('insufficient_login', lacks)
  const window = ask.minutes * 60
  if (window > terms.window)
    return refuse('window_too_long', `\`minutes\` should be at most ${Math.floor(terms.window / 60)}`)
  const incident = await checkIncident(ask.incident, glass, ports)
  if (incident !== undefined) return refuse('bad_incident', incident)

  const unsealed: Omit<Ask, 'digest' | 'argumentsDigest'> = {
    id: ids.breakGlass(),
    agent: { id: ask.person, ...ask.proven },
    owner: ask.person,
    chain: [],
    ancestors: [],
    ...facts,
    purpose: 'break-glass',
    parentTask: { id: ask.incident },
    uses: 1000,
    claimWithin: window,
    lifetime: window,
    recent: 0,
    ...(ask.jkt === undefined ? {} : { jkt: ask.jkt }),
  }
  const books = await booksOf({ ...unsealed, breakGlass: { budgetKey, drill: ask.drill } as Emergency }, ports, {
    window,
    coolDown: terms.coolDown,
  })
  const refusals = binding(books).map(({ book, limits }) => refusedBy(book, limits, now))
  const overdue = refusals.includes('review_overdue')
  const said = [ask.incident, terms.title ?? '', facts.action, facts.resource.id]
  // The same words as before are no reason; but what the books refuse anyway is told first, it is not the words then.
  const [own] = refusals.some((code) => code !== undefined) ? [] : books
  const reason = reasonProblem(ask.reason, said, own?.book.map((each) => each.reason) ?? [])
  if (reason !== undefined) return refuse('bad_reason', reason)
  const voucher = overdue ? await voucherFor(ask.person, budgetKey, now, ports) : undefined
  const emergency: Emergency = {
    ...(profile === undefined ? {} : { profile }),
    rights,
    reason: ask.reason,
    incident: ask.incident,
    window,
    coolDown: terms.coolDown,
    budgetKey,
    drill: ask.drill,
    ...(voucher ? { secondedBy: voucher.by } : {}),
  }
  const sealed: Ask = {
    ...unsealed,
    breakGlass: emergency,
    digest: requestDigest(unsealed),
    argumentsDigest: argumentsDigest(unsealed.action, unsealed.arguments, unsealed.resource),
  }
  const answer = askAboutEmergency(policy, 'breakGlass', ask.person, sealed, 'request', now)
  return ok({
    opening: { type: 'open_break_glass', ask: sealed, answer, books: [], bundle: bundle.hash },
    books,
    login: terms.login,
    ...(voucher ? { voucher: voucher.once } : {}),
  })
}

type Opened = {
  terms: BreakGlassPolicy['action'] & { title?: string }
  budgetKey: string
  profile?: string
  rights: Emergency['rights']
  facts: Pick<Ask, 'action' | 'arguments' | 'resource' | 'environment' | 'classification' | 'credential' | 'unpinned'>
}

/** What an opening is of: a profile, or one action with its arguments, which counts against the profile that covers it. */
export function openedBy(
  { what }: Pick<OpeningAsk, 'what'>,
  glass: BreakGlassPolicy,
  { policy: { bundle } }: Pick<OpeningPorts, 'policy'>,
): Result<Opened, Refusal> {
  if ('profile' in what) {
    const profile = glass.profiles.find(({ name }) => name === what.profile)
    if (!profile)
      return refuse(
        'unknown_profile',
        `\`profile\` should be one of ${glass.profiles.map(({ name }) => `\`${name}\``).join(', ') || 'none: there are no profiles'}`,
      )
    const { name, environment, classification, rights, title } = profile
    return ok({
      terms: { ...profile, title },
      budgetKey: `profile:${name}`,
      profile: name,
      rights,
      facts: {
        action: `break-glass:${name}`,
        arguments: {},
        resource: profileResource(name),
        environment,
        classification,
        credential: 'sts',
        unpinned: ['everything that the profile opens, with any arguments, as often as wanted until it ends'],
      },
    })
  }
  const found = findActionFacts(bundle, what)
  if (!found.ok) return found
  const { entry, arguments: args, resource, unpinned } = found.value
  if (reachesOurselves(resource.id, bundle.resources))
    return refuse('not_permitted', 'that is what Hotwork itself is made of: it is beyond breaking the glass')
  const account = entry.account === undefined ? undefined : bundle.deployment.accounts[entry.account]
  const asked = { ask: { action: entry.name, arguments: args } as Ask }
  const statements = account ? emergencyStatements(asked, bundle.actions, account) : []
  if (entry.credential !== 'token' && emergencyPolicy(statements, 0, { drill: true }).length > sessionPolicyLimit)
    return refuse(
      'invalid_arguments',
      `the session policy would be over ${sessionPolicyLimit} characters: ask for less at once`,
    )
  const covering = profileCovering(bundle, entry, resource)
  return ok({
    terms: covering ?? glass.action,
    budgetKey: covering
      ? `profile:${covering.name}`
      : `action:${digestOf('hotwork.budget.v1', [entry.name, resource.id])}`,
    rights: [{ action: entry.name, resources: [resource.id] }],
    facts: {
      action: entry.name,
      arguments: args,
      resource: { type: resource.type, id: resource.id },
      environment: resource.environment,
      classification: resource.classification,
      credential: entry.credential,
      unpinned: [...unpinned],
    },
  })
}

async function checkIncident(incident: string, glass: BreakGlassPolicy, { incidents, log }: OpeningPorts) {
  if (incident.length > 128 || !new RegExp(glass.incident).test(incident)) return `it ${incidentLooks(glass)}`
  const known = await incidents.check(incident)
  if (known === 'unreachable') log.warn('incident not checked')
  // That nobody can say is no reason to leave people in an emergency without a way in: it is what reviews are for.
  return known === 'unknown' ? 'it is not known where incidents are kept' : undefined
}

/** The books of the person and of the profile, as true as their openings are now: ended is ended, reviewed is reviewed. */
export async function booksOf(
  { owner, breakGlass }: Pick<Ask, 'owner' | 'breakGlass'>,
  ports: Pick<OpeningPorts, 'requests' | 'policy' | 'clock'>,
  terms?: { window: number; coolDown: number },
): Promise<readonly OpenedBook[]> {
  const { requests, policy, clock } = ports
  const glass = policy.bundle.breakGlass
  const drill = breakGlass?.drill ? 'drill:' : ''
  const profile = glass?.profiles.find(({ name }) => `profile:${name}` === breakGlass?.budgetKey) ?? glass?.action
  const { window, coolDown } = terms ?? { window: 0, coolDown: 0 }
  const wanted: readonly { key: string; limits?: Limits }[] = [
    {
      key: `BUDGET#${drill}${owner}`,
      limits: { window, budget: glass?.budgetOfPerson ?? 0, alone: { coolDown } },
    },
    { key: `BUDGET#${drill}${breakGlass?.budgetKey}`, limits: { window, budget: profile?.budget ?? 0 } },
    { key: everyone },
  ]
  return Promise.all(
    wanted.map(async ({ key, limits: each }): Promise<OpenedBook> => {
      const before = await requests.recall(key)
      const book = before === undefined ? [] : Book.parse(JSON.parse(before))
      const now = await asTheyAre(current(book, clock.now()), ports)
      return { key, before, book: now, ...(each ? { limits: each } : {}) }
    }),
  )
}

/** An early end gives minutes back, and a review that was done blocks nothing: both are read, not written. */
const asTheyAre = (book: Book, { requests, clock }: Pick<OpeningPorts, 'requests' | 'clock'>): Promise<Book> =>
  Promise.all(
    book.map(async (opening) => {
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

export const written = ({ key, book, before }: OpenedBook, entry: Opening, now: NumericDate): OnceOnly => ({
  key,
  value: JSON.stringify([...book, entry]),
  ...(before === undefined ? {} : { replaces: before }),
  expiresAt: now + keepBook,
})

/** What is left of the scarcest book, with what has just been written into each. Seconds. */
const leftOf = (books: readonly OpenedBook[], now: NumericDate, ...entries: readonly Opening[]): number =>
  Math.max(0, Math.min(...binding(books).map(({ book, limits }) => limits.budget - spent([...book, ...entries], now))))

/** When it would be possible again, in words; nothing where time alone does not help. */
function detailOf(code: Refusal, books: readonly OpenedBook[], now: NumericDate): string | undefined {
  if (code !== 'cool_down') return undefined
  const at = Math.max(
    ...binding(books).flatMap(({ book, limits }) => book.map(({ until }) => until + (limits.alone?.coolDown ?? 0))),
  )
  return `possible again in ${Math.ceil((at - now) / 60)} minutes`
}

/** That somebody else vouched for this person lately, for this very thing, to be spent by this opening. */
async function voucherFor(
  person: PersonId,
  budgetKey: string,
  now: NumericDate,
  { requests, policy }: Pick<OpeningPorts, 'requests' | 'policy'>,
) {
  const key = voucherKey(person)
  const value = await requests.recall(key)
  const [by, until, ...about] = (value ?? '').split(' ')
  if (!by || value === undefined || Number(until) <= now || about.join(' ') !== budgetKey) return undefined
  const known = personOf(policy.bundle, by)
  if (known?.status !== 'active') return undefined
  if (await isStopped(known.id, Number(until) - vouchedFor, { requests })) return undefined
  return { by: known.id, once: { key, value: 'spent', replaces: value, expiresAt: now + day } }
}
