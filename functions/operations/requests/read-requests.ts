import { mayRead } from '../../domain/deciding/questions.ts'
import type { Entry } from '../../domain/ledger/ledger.ts'
import type { LoginGroups } from '../../domain/people/group-source.ts'
import { rulesOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { RequestFilter } from '../../domain/requests/request-facets.ts'
import { whyNot } from '../../domain/requests/take-decision.ts'
import type { AgentId, Aggregate, PersonId, Result, Verdict } from '../../domain/values.ts'
import { defined, ok, RequestId, refuse } from '../../domain/values.ts'
import type { TextReader } from '../ledger/ports.ts'
import { type Personal, textsBeside } from '../ledger/texts.ts'
import { authorityOf } from '../policy/gather.ts'
import type { Page } from '../ports.ts'
import { keepRate, type RatePorts } from '../rates.ts'
import type { AskingPorts, DecidingPorts, RequestReader, Stored } from '../record/ports.ts'
import { waitingPage } from './waiting.ts'

/** The beginning of an id: at least four characters after the kind, against typing errors. */
const Beginning = /^(?:(?:req|bgl)_)?[0-9a-z]{4,26}$/

export type NotFound = 'unknown_request' | 'ambiguous' | 'not_permitted'

/**
 * A shortened id, with or without `req_`, must match exactly one request, and is only looked up for people who may
 * read. A complete id is returned as it is: the caller checks rights.
 */
export async function findRequest(
  { given, person }: { given: string; person: PersonId },
  { requests, ...ports }: Pick<AskingPorts, 'policy' | 'clock'> & { requests: Pick<RequestReader, 'list'> },
): Promise<Result<RequestId, NotFound>> {
  const whole = RequestId.safeParse(given)
  if (whole.success) return ok(whole.data)
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  if (!Beginning.test(given)) return refuse('unknown_request')
  const beginnings = /^(?:req|bgl)_/.test(given) ? [given] : [`req_${given}`, `bgl_${given}`]
  const lists = await Promise.all(beginnings.map((search) => requests.list({ search }, { limit: 2 })))
  const found = lists.flatMap(({ items }) => items.map(({ state }) => state.ask.id))
  if (found.length > 1) return refuse('ambiguous')
  const [id] = found
  return id === undefined ? refuse('unknown_request') : ok(id)
}

type Ports = AskingPorts
type LedgerPorts = Ports & Pick<DecidingPorts, 'ledger'> & { texts: TextReader }
type ReadRefusal = 'not_permitted' | 'unknown_request'
const pageSize = 50
const entriesPage = 100

type ListAsk = {
  person: PersonId
  filter: RequestFilter
  waiting?: true
  after?: string
  claimed?: LoginGroups | undefined
}

/** @param waiting true for only those that this person could approve now */
export async function listRequests(
  { person, filter, waiting, after, claimed }: ListAsk,
  ports: Ports,
): Promise<Result<Page<ApprovalRequest>, ReadRefusal>> {
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const place = { limit: pageSize, ...defined({ after }) }
  const page = waiting
    ? await waitingPage({ person, filter, ...place, ...defined({ claimed }) }, ports)
    : await ports.requests.list(filter, place)
  const asked = page.items.filter(({ state }) => rulesOf(state.ask).asks !== 'rights')
  const items = asked.map(({ state }) => asOf(state, ports.clock.now()))
  // The index lags: a request with a due change has a different status now.
  const still = filter.status === undefined ? items : items.filter(({ status }) => status === filter.status)
  return ok({ items: still, ...defined({ next: page.next }) })
}

export async function readRequest(
  { id, person }: { id: RequestId; person: PersonId },
  ports: Ports,
): Promise<Result<ApprovalRequest, ReadRefusal>> {
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const stored = await ports.requests.load(id)
  return stored ? ok(asOf(stored.state, ports.clock.now())) : refuse('unknown_request')
}

export type EntriesPage = { entries: readonly Entry[]; personal: Personal; next?: number }

export async function readLedger(
  { id, person, after }: { id: RequestId; person: PersonId; after: number },
  ports: LedgerPorts,
): Promise<Result<EntriesPage, ReadRefusal>> {
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const page = await readPage(id, after, ports)
  return page.entries.length === 0 && after === 0 ? refuse('unknown_request') : ok(page)
}

/** A known actor has a chain, even an empty one. */
export async function readChain(
  { aggregate, person, after }: { aggregate: Aggregate; person: PersonId; after: number },
  ports: LedgerPorts,
): Promise<Result<EntriesPage, 'not_permitted' | 'unknown_aggregate'>> {
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const page = await readPage(aggregate, after, ports)
  const { agents, tools, directory } = ports.policy.bundle
  const actors = [...agents, ...tools, ...directory.people]
  const isUnknown = page.entries.length === 0 && after === 0 && !actors.some(({ id }) => id === aggregate)
  return isUnknown ? refuse('unknown_aggregate') : ok(page)
}

async function readPage(
  aggregate: Aggregate,
  after: number,
  { ledger, texts, clock }: LedgerPorts,
): Promise<EntriesPage> {
  const { entries, next } = await ledger.page(aggregate, { after, limit: entriesPage })
  return { entries, personal: await textsBeside(entries, clock.now(), texts), ...defined({ next }) }
}

export type Viewed = { state: ApprovalRequest; whyNot: { readonly [verdict in Verdict]: Refusal | undefined } }

type ViewPorts = AskingPorts

/** The request with the acts that this person could do now, given a comment and the login that the stage needs. */
export async function viewRequest(
  { id, person, claimed }: { id: RequestId; person: PersonId; claimed?: LoginGroups | undefined },
  ports: ViewPorts,
): Promise<Result<Viewed, 'not_permitted' | 'unknown_request'>> {
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const now = ports.clock.now()
  const stored = await ports.requests.load(id)
  if (!stored) return refuse('unknown_request')
  const state = asOf(stored.state, now)
  const found = await authorityOf(state, { moment: 'request', now, decider: person, claimed }, ports)
  const why = (verdict: Verdict) => whyNot(state, { ...found, person }, verdict, now)
  return ok({ state, whyNot: { approve: why('approve'), deny: why('deny'), revise: why('revise') } })
}

export type Pause = (milliseconds: number) => Promise<void>
type TaskPorts = RatePorts & { requests: Pick<RequestReader, 'load'>; pause: Pause }
type Ask = { id: RequestId; agent: AgentId; wait: number }

/** `retryAfter`: the seconds until the next read, while the request is pending. */
type ReadTask = Stored & { retryAfter?: number }

const afterHeld = 1
const afterPlain = 5

/**
 * Reads a task; waits up to `wait` seconds while it is pending, or its run goes on, and it is unchanged. Each second takes a token of the agent's
 * rate, so that one agent cannot use up all Lambdas.
 */
export async function readTask(ask: Ask, ports: TaskPorts): Promise<ReadTask | undefined> {
  const { agent, wait } = ask
  const first = await look(ask, ports)
  if (!first || !mayChange(first.state)) return first
  const isHeld = wait > 0 && (await keepRate(agent, 'heldReads', wait, ports)).permitted
  if (!isHeld) return { ...first, retryAfter: afterPlain }
  const until = ports.clock.now() + wait
  for (;;) {
    await ports.pause(1000)
    const now = await look(ask, ports)
    if (!now || !mayChange(now.state)) return now
    if (now.head.sequence !== first.head.sequence || ports.clock.now() >= until)
      return { ...now, retryAfter: afterHeld }
  }
}

/** Whether people decide, or its run goes on. */
const mayChange = ({ status, run }: ApprovalRequest): boolean => status === 'pending' || run?.status === 'running'

async function look({ id, agent }: Ask, { requests, clock }: TaskPorts): Promise<Stored | undefined> {
  const stored = await requests.load(id)
  return stored?.state.ask.agent.id === agent ? { ...stored, state: asOf(stored.state, clock.now()) } : undefined
}
