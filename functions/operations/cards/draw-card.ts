import type { OnCall } from '../../domain/cards/on-call-view.ts'
import { channelsOf, remindersOf } from '../../domain/cards/routing.ts'
import type { Readings } from '../../domain/people/group-source.ts'
import { originOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { openStage } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { NumericDate, PersonId, RequestId } from '../../domain/values.ts'
import { BoardUnavailable, CardUndeliverable } from '../faults.ts'
import { readingsFor, whoIsOnCall } from '../people/on-call.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { RequestReader } from '../record/ports.ts'
import { peopleToRemind, peopleToTell } from '../requests/waiting.ts'
import {
  type Due,
  type Line,
  linesForChannel,
  linesForPerson,
  linesOfEnd,
  type Notice,
  noticesDue,
} from './card-lines.ts'
import { type DrawOpeningPorts, drawOpening } from './draw-opening.ts'
import type { CardBoard, CardStore, PostedCard, RenderedCard } from './ports.ts'
import { renderingOf, type Shown, sayBeneath, showCard } from './show-card.ts'

export type DrawPorts = {
  requests: Pick<RequestReader, 'load' | 'recall' | 'dependencies'>
  cards: CardStore
  board: CardBoard
  policy: Policy
  render(state: ApprovalRequest, channel: string, onCall: readonly OnCall[]): RenderedCard
  hasOwnCard?(state: ApprovalRequest, channel: string, hasCard: boolean): Promise<boolean>
  say(line: Line | { line: Notice }, state: ApprovalRequest): RenderedCard
  linkedAccount?(person: PersonId): Promise<string | undefined>
  opening: Pick<DrawOpeningPorts, 'render' | 'say' | 'pager' | 'ledger'>
  /** By alias. */
  channels: { readonly [alias: string]: string }
  clock: Clock
  log: Log
}

type Drawing = {
  state: ApprovalRequest
  now: NumericDate
  posted: readonly PostedCard[]
  /** By alias. */
  shared: ReadonlySet<string>
  onCall: readonly OnCall[]
  readings: Readings
  ports: DrawPorts
}

/** A card that is drawn for this channel has no buttons. */
const nowhere = ''

/**
 * Draws the request as it reads it here, so a late or repeated message draws nothing old.
 *
 * A channel that is closed to the app is logged for the alarm and thrown: the card must appear once the app is invited
 * again.
 * @throws BoardUnavailable, CardUndeliverable, PagerUnavailable, StoreUnavailable
 */
export async function drawCard(id: RequestId, ports: DrawPorts): Promise<void> {
  const stored = await ports.requests.load(id)
  if (!stored) return
  const now = ports.clock.now()
  const posted = await ports.cards.load(id)
  const state = asOf(stored.state, now)
  const origin = originOf(state.ask)
  if (origin.kind === 'opening') {
    const chat = { chatUserOf: (person: PersonId) => chatUserOf(person, ports) }
    return drawOpening({ state, opening: origin.opening }, now, posted, { ...ports, ...ports.opening, ...chat })
  }
  // A plan is one card: a step has one of its own only where people have to decide it again.
  if (origin.kind === 'step' && state.round === 1) return
  const shared = await sharedChannels(state, posted, ports)
  const readings = await readingsFor(state, ports)
  const drawing = {
    state,
    now,
    posted,
    ports,
    shared,
    readings,
    onCall: whoIsOnCall(state, ports.policy, readings, now),
  }
  // Of many alike no person is told of each.
  const isShared = [...drawing.shared].some((alias) => waitingHere(state, alias))
  const called = isShared ? [] : await peopleToReach(drawing)
  const faults: unknown[] = []
  for (const place of placesOf(drawing, called)) {
    try {
      await place.draw()
    } catch (fault) {
      if (fault instanceof BoardUnavailable && fault.forAll) throw fault
      if (fault instanceof CardUndeliverable && 'person' in place) {
        // This person sees the channel: no reason to try for an hour, nor to hold up the rest.
        ports.log.error('direct_undeliverable', { request: id, person: place.person })
        continue
      }
      if (fault instanceof CardUndeliverable && 'channel' in place)
        ports.log.error('card_undeliverable', { request: id, channel: place.channel })
      faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
}

type Place = { draw(): Promise<void> } & ({ channel: string } | { person: PersonId })

async function sharedChannels(state: ApprovalRequest, posted: readonly PostedCard[], ports: DrawPorts) {
  const shared = new Set<string>()
  if (ports.hasOwnCard)
    for (const alias of new Set(state.stages.flatMap(channelsOf))) {
      const hasCard = posted.some(({ channel }) => channel === ports.channels[alias])
      if (!(await ports.hasOwnCard(state, alias, hasCard))) shared.add(alias)
    }
  return shared
}

function waitingHere(state: ApprovalRequest, alias: string): boolean {
  const stage = openStage(state)
  return stage !== undefined && channelsOf(stage).includes(alias)
}

const aliasesOf = ({ state, shared }: Drawing): readonly string[] =>
  [...new Set(state.stages.flatMap(channelsOf))].filter((alias) => !shared.has(alias))

function placesOf(drawing: Drawing, called: readonly PersonId[]): readonly Place[] {
  const { state, posted } = drawing
  const { owner } = state.ask
  const people = new Set([...posted.flatMap(({ person }) => person ?? []), ...called])
  people.delete(owner)
  return [
    ...aliasesOf(drawing).map((channel) => ({
      channel,
      draw: () => drawInChannel(channel, drawing),
    })),
    ...[...people].map((person) => ({ person, draw: () => drawForPerson(person, called.includes(person), drawing) })),
    { person: owner, draw: () => tellOwner(owner, drawing) },
  ]
}

/** People without a chat account find the card in the channel. */
async function peopleToReach({ state, now, ports, readings }: Drawing): Promise<readonly PersonId[]> {
  if (state.status !== 'pending') return []
  const called = peopleToTell(state, { policy: ports.policy, now, readings })
  const reachable: PersonId[] = []
  for (const person of called) if ((await chatUserOf(person, ports)) !== undefined) reachable.push(person)
  if (reachable.length < called.length)
    ports.log.info('people not reachable in the chat', {
      request: state.ask.id,
      people: called.length - reachable.length,
    })
  return reachable
}

/** The directory comes first, as it does where a click is judged. */
async function chatUserOf(person: PersonId, { policy, linkedAccount }: DrawPorts): Promise<string | undefined> {
  const known = policy.bundle.directory.people.find(({ id, status }) => id === person && status === 'active')
  return known && (known.chatUser ?? (await linkedAccount?.(person)))
}

async function drawInChannel(alias: string, drawing: Drawing): Promise<void> {
  const { state, now, posted, ports } = drawing
  const channel = ports.channels[alias]
  if (channel === undefined) throw new CardUndeliverable(`the deployment names no channel \`${alias}\``)
  const open = openStage(state)
  const isOpenHere = open !== undefined && channelsOf(open).includes(alias)
  const before = posted.find((each) => each.channel === channel)
  // After an escalation a stage has two channels, and a card has buttons by the alias of its own.
  const drawn = await draw({ channel, before, shows: isOpenHere ? open.terms.channel : alias }, drawing)
  const where = { told: drawn.card.told ?? [], fresh: drawn.fresh, now }
  const soon = state.stages.at(-1)?.terms.channel === alias ? linesOfEnd(state, where) : []
  if (!isOpenHere && !drawn.card.told?.some((key) => key.startsWith('asked '))) return say(drawn, soon, drawing)
  const users = await remindedIn(drawing)
  const lines = linesForChannel(state, { ...where, users })
  const said = isOpenHere ? lines : lines.filter(({ line }) => line?.line === 'handled')
  await say(drawn, [...soon, ...said], drawing)
}

/** People with a card of their own are reminded there. */
async function remindedIn({ state, now, posted, ports, readings }: Drawing): Promise<readonly string[]> {
  if (state.status !== 'pending' || !remindersOf(state).some(({ at }) => at <= now)) return []
  const people = peopleToRemind(state, { policy: ports.policy, now, readings }).filter(
    (person) => !posted.some((each) => each.person === person),
  )
  const users = await Promise.all(people.map((person) => chatUserOf(person, ports)))
  return users.filter((user) => user !== undefined)
}

async function drawForPerson(person: PersonId, called: boolean, drawing: Drawing): Promise<void> {
  const { state, now, posted, ports } = drawing
  const before = posted.find((each) => each.person === person)
  const user = await chatUserOf(person, ports)
  const channel = before?.channel ?? (await ports.board.open(user ?? ''))
  const shows = called ? (openStage(state)?.terms.channel ?? nowhere) : nowhere
  const drawn = await draw({ channel, before, person, shows }, drawing)
  await say(
    drawn,
    linesForPerson(state, { told: drawn.card.told ?? [], fresh: drawn.fresh, now, person, user, called }),
    drawing,
  )
}

/** @param place `shows`: the alias of the channel that the card is rendered for */
const draw = (
  place: { channel: string; before: PostedCard | undefined; person?: PersonId; shows: string },
  { state, onCall, ports }: Drawing,
): Promise<Shown> => showCard(state, ports.render(state, place.shows, onCall), place, ports)

/** Each once. A card that is gone is posted again for it. */
async function say({ card, rendered }: Shown, lines: readonly Due[], { state, ports }: Drawing): Promise<void> {
  let { ts, told = [] } = card
  for (const { keys, line } of lines) {
    if (line) {
      ts = await sayBeneath({ card: { ...card, ts }, rendered }, ports.say(line, state), ports.board)
      ports.log.info('line said', { request: state.ask.id, line: line.line, direct: card.person !== undefined })
    }
    told = [...told, ...keys]
    await ports.cards.save({ ...card, ts, told })
  }
}

async function tellOwner(owner: PersonId, { state, posted, ports }: Drawing): Promise<void> {
  const before = posted.find(({ person }) => person === owner)
  const due = noticesDue(state, before?.told ?? [])
  const user = due && (await chatUserOf(owner, ports))
  if (!due || user === undefined) return
  const words = ports.say({ line: due.notice }, state)
  const channel = before?.channel ?? (await ports.board.open(user))
  const beneath = before !== undefined && (await ports.board.reply(channel, before.ts, words))
  const ts = beneath ? before.ts : (await ports.board.post(channel, words)).ts
  const told = [...(before?.told ?? []), ...due.keys]
  const at = before?.at ?? ports.clock.now()
  await ports.cards.save({ request: state.ask.id, channel, ts, rendered: renderingOf(words), at, person: owner, told })
  ports.log.info('owner told', { request: state.ask.id, notice: due.notice })
}
