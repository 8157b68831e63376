import { type DrillReport, drillReport, type ToldOf } from '../../domain/break-glass/drill.ts'
import { type Notice, noticeKey, noticesOf } from '../../domain/cards/notices.ts'
import { namedIn, tellOf } from '../../domain/cards/routing.ts'
import { credentialsIssued } from '../../domain/credentials/issue.ts'
import { askAboutOpening, factsOfOpening } from '../../domain/deciding/ask-about-opening.ts'
import { mayRead } from '../../domain/deciding/questions.ts'
import { groupsOf, hasAccount, onlyChat } from '../../domain/people/organisation.ts'
import { endedAt, openUntil } from '../../domain/record/ended.ts'
import type { Opening } from '../../domain/record/opening.ts'
import { openingOf } from '../../domain/record/origin.ts'
import { type ApprovalRequest, ownersOf } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { AgentId, NumericDate, PersonId, RequestId, Result } from '../../domain/values.ts'
import { defined, ok, refuse } from '../../domain/values.ts'
import type { CardStore, PostedCard } from '../cards/ports.ts'
import { StoreUnavailable } from '../faults.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { AskingPorts, DecidingPorts, RequestReader, RequestWriter } from '../record/ports.ts'
import type { OpeningPage, Pager } from './ports.ts'

/** The most people told directly of one opening. */
export const mostTold = 50
const mostQuestions = 4_000

type Skipped = { people: readonly PersonId[]; atLeast: boolean }

/** People that the ladder could have asked, at any tier. Doubtful cases count: one message too many is harmless. */
export function skippedBy({ ask }: ApprovalRequest, policy: Policy, now: NumericDate): Skipped {
  const { directory, ladder } = policy.bundle
  const stages = ladder.tiers.flatMap(({ tier, stages: all }) => all.map(({ name }) => ({ tier, stage: name })))
  const opened = factsOfOpening(policy, ask)
  const people: PersonId[] = []
  let questions = 0
  for (const person of directory.people) {
    if (person.status !== 'active' || person.id === ask.owner) continue
    if (questions >= mostQuestions) return { people, atLeast: true }
    const groups = groupsOf(directory, person.id)
    const may = opened.some(({ action, group, resource }) =>
      stages.some(({ tier, stage }) => {
        questions += 1
        // There is no agent, so policies that name one do not match.
        const request = {
          id: ask.id,
          agent: 'agent:none' as AgentId,
          owners: ownersOf({ ask }),
          action,
          group,
          resource,
        }
        return policy.ask({
          kind: 'person',
          action: 'approve',
          person: { id: person.id, groups },
          request: { ...request, tier },
          stage,
          now,
        }).permit
      }),
    )
    if (may) people.push(person.id)
  }
  return { people, atLeast: false }
}

export function reviewersOf(state: ApprovalRequest, policy: Policy, now: NumericDate): readonly PersonId[] {
  const own: readonly (PersonId | undefined)[] = [...ownersOf(state), openingOf(state.ask)?.secondedBy]
  return policy.bundle.directory.people
    .map(({ id }) => id)
    .filter((person) => !own.includes(person))
    .filter((person) => askAboutOpening(policy, 'review', person, state.ask, 'request', now).permit)
}

export function othersTold({ ask }: ApprovalRequest, { bundle }: Policy): readonly PersonId[] {
  const lead = bundle.directory.people.find(({ id }) => id === ask.owner)?.lead
  const opening = openingOf(ask)
  const tell = opening && tellOf(bundle, opening)
  const named = tell ? namedIn(tell.people ?? [], bundle.directory) : []
  return [...new Set([...(lead === undefined ? [] : [lead]), ...named])].filter((person) => person !== ask.owner)
}

export type OpenedRequest = { state: ApprovalRequest; opening: Opening }

type Ports = { pager: Pager; cards: Pick<CardStore, 'save'>; clock: Clock }

/** A notice's event for the page hook; each event is sent once. Reminders and advance notices have none. */
function eventOf(notice: Notice): OpeningPage['event'] | undefined {
  switch (notice.notice) {
    case 'opened':
    case 'ended':
      return notice.notice
    case 'review_overdue':
      return notice.attempt === 1 ? notice.notice : undefined
    case 'ending':
    case 'review_due':
    case 'reviewed':
      return undefined
    default:
      return notice satisfies never
  }
}

/** The key of the events sent to the hook. Channels cannot have this name. */
export const pages = 'page-hook'

/** Pages due events, at least once: the pager deduplicates by id and event. @throws PagerUnavailable */
export async function pageFor(
  { state, opening }: OpenedRequest,
  now: NumericDate,
  posted: readonly PostedCard[],
  { pager, cards, clock }: Ports,
): Promise<void> {
  const before = posted.find(({ channel }) => channel === pages)
  let told = before?.told ?? []
  for (const notice of noticesOf(state, now)) {
    const key = noticeKey(notice)
    const event = eventOf(notice)
    if (event === undefined || told.includes(key)) continue
    await pager.page({
      event,
      id: state.ask.id,
      person: state.ask.owner,
      incident: opening.incident,
      what: opening.profile ?? state.ask.action,
      environment: state.ask.environment,
      until: endedAt(state) ?? openUntil(state),
      ...defined({ reviewDue: state.review?.dueAt }),
      drill: opening.drill,
    })
    told = [...told, key]
    const at = before?.at ?? clock.now()
    await cards.save({ request: state.ask.id, chat: onlyChat, channel: pages, ts: '-', rendered: '-', at, told })
  }
}

/** Pages without drawing a card, so that the page does not wait for the chat. @throws PagerUnavailable */
export async function pageAlone(
  id: RequestId,
  ports: Ports & { requests: Pick<RequestReader, 'load'>; cards: CardStore },
): Promise<void> {
  const stored = id.startsWith('bgl_') ? await ports.requests.load(id) : undefined
  const opening = stored && openingOf(stored.state.ask)
  if (!stored || !opening) return
  const now = ports.clock.now()
  await pageFor({ state: asOf(stored.state, now), opening }, now, await ports.cards.load(id), ports)
}

export type Stopwatch = { milliseconds(): number }

const keep = 400 * 86_400
const keyOf = (id: RequestId) => `DRILL#${id}`

/** Stores the time that a drill took to open. A fault is only logged, since it must not stop the opening. */
export async function measureDrill(
  { id, milliseconds }: { id: RequestId; milliseconds: number },
  { requests, clock, log }: { requests: Pick<RequestWriter, 'putOnce'>; clock: Clock; log: Log },
): Promise<void> {
  const value = String(Math.max(0, Math.round(milliseconds)))
  try {
    await requests.putOnce({ key: keyOf(id), value, expiresAt: clock.now() + keep })
  } catch (fault) {
    if (!(fault instanceof StoreUnavailable)) throw fault
    log.warn('drill_not_measured', { request: id })
  }
}

export type Drill = { state: ApprovalRequest; report: DrillReport }
export type DrillPorts = AskingPorts &
  Pick<DecidingPorts, 'ledger'> & {
    cards: Pick<CardStore, 'load'>
  }

export async function readDrill(
  { id, person }: { id: RequestId; person: PersonId },
  ports: DrillPorts,
): Promise<Result<Drill, 'not_permitted' | 'unknown_request' | 'no_drill'>> {
  const { requests, ledger, policy, cards } = ports
  const now = ports.clock.now()
  if (!mayRead(policy, person, now)) return refuse('not_permitted')
  const stored = await requests.load(id)
  const opening = stored && openingOf(stored.state.ask)
  if (!stored || !opening) return refuse('unknown_request')
  if (!opening.drill) return refuse('no_drill')
  const state = asOf(stored.state, now)
  const [entries, posted, opened] = await Promise.all([ledger.entries(id), cards.load(id), requests.recall(keyOf(id))])
  const report = drillReport({
    state,
    credentials: credentialsIssued(entries),
    ...defined({ opened: opened === undefined ? undefined : Number(opened) }),
    posted: posted.map(toldOf),
    toTell: reachableToTell(state, posted, policy, now),
    now,
  })
  return ok({ state, report })
}

const toldOf = ({ channel, person, at, told = [] }: PostedCard): ToldOf => ({
  to: person ?? (channel === pages ? 'page_hook' : 'channel'),
  ...defined({ at }),
  notices: told,
})

/** The people to tell who are reachable: by a chat account in the directory, or an earlier message. */
function reachableToTell(
  state: ApprovalRequest,
  posted: readonly PostedCard[],
  policy: Policy,
  now: NumericDate,
): readonly PersonId[] {
  const known = new Set(policy.bundle.directory.people.flatMap((person) => (hasAccount(person) ? [person.id] : [])))
  const all = new Set([...othersTold(state, policy), ...skippedBy(state, policy, now).people])
  const reached = new Set(posted.flatMap(({ person }) => person ?? []))
  return [...all].slice(0, mostTold - 1).filter((who) => reached.has(who) || known.has(who))
}
