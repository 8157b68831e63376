// Rules: test/channels/slack/cards/draw-card.test.ts
import type { OnCall } from '../../domain/cards/on-call-view.ts'
import { channelsOf, colleaguesAsked, remindersOf } from '../../domain/cards/routing.ts'
import type { Readings } from '../../domain/people/group-source.ts'
import type { Channel } from '../../domain/policy/bundle.ts'
import { originOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { openStage } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { NumericDate, PersonId, RequestId } from '../../domain/values.ts'
import { CardUndeliverable } from '../faults.ts'
import { type Account, type AccountPorts, chatsFrom, findAccount } from '../people/find-account.ts'
import { readingsFor, whoIsOnCall } from '../people/on-call.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { RequestReader } from '../record/ports.ts'
import { peopleToRemind, peopleToTell } from '../requests/waiting.ts'
import {
  type Line,
  linesForChannel,
  linesForPerson,
  linesOfEnd,
  type Notice,
  type Unsent,
  unsentNotices,
} from './card-lines.ts'
import { type DrawOpeningPorts, drawOpening } from './draw-opening.ts'
import { type Boards, boardOf, type CardStore, isForAll, type PostedCard, type RenderedCard } from './ports.ts'
import { isIn, renderingOf, type Shown, sayBeneath, showCard } from './show-card.ts'

export type DrawPorts = {
  requests: Pick<RequestReader, 'load' | 'recall' | 'dependencies'>
  cards: CardStore
  boards: Boards
  policy: Policy
  /** Draws a request in the words of its chat. */
  render(state: ApprovalRequest, channel: string, onCall: readonly OnCall[], chat: string): RenderedCard
  hasOwnCard?(state: ApprovalRequest, channel: string, hasCard: boolean): Promise<boolean>
  say(line: Line | { line: Notice }, state: ApprovalRequest, chat: string): RenderedCard
  linkedAccounts?: AccountPorts['linkedAccounts']
  opening: Pick<DrawOpeningPorts, 'render' | 'say' | 'pager' | 'ledger'>
  /** By alias. */
  channels: { readonly [alias: string]: Channel }
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

/** The channel of a card without buttons: no stage has it. */
const nowhere = ''

/**
 * Draws the current state, so a late or repeated message does no harm.
 *
 * A channel that is closed to the app is logged for the alarm and thrown: the card must appear once the app is invited
 * again.
 * @throws BoardUnavailable, CardUndeliverable, PagerUnavailable, StoreUnavailable
 */
export async function drawCard(id: RequestId, ports: DrawPorts): Promise<void> {
  const stored = await ports.requests.load(id)
  if (!stored) return
  const now = ports.clock.now()
  // Without cards in a removed chat: their people are told in another.
  const posted = (await ports.cards.load(id)).filter(
    ({ chat, person }) => person === undefined || Object.hasOwn(ports.boards, chat),
  )
  const state = asOf(stored.state, now)
  const origin = originOf(state.ask)
  if (origin.kind === 'opening') {
    const accounts = { accountOf: (person: PersonId, near?: string) => accountOf(person, near, ports) }
    return drawOpening({ state, opening: origin.opening }, now, posted, { ...ports, ...ports.opening, ...accounts })
  }
  // A plan has one card. A step has its own only if people decide it again.
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
  // While a burst shows the request, only colleagues who were asked have direct messages.
  const isShared = [...drawing.shared].some((alias) => waitingHere(state, alias))
  const called = await peopleToReach(drawing, isShared)
  const faults: unknown[] = []
  for (const place of placesOf(drawing, called)) {
    try {
      await place.draw()
    } catch (fault) {
      if (isForAll(fault, ports.boards)) throw fault
      if (fault instanceof CardUndeliverable && 'person' in place) {
        // This person still sees the channel, so the drawing continues without a retry.
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
      const place = placeOf(alias, ports)
      const hasCard = place !== undefined && posted.some((card) => isIn(place, card))
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

/** The people to send a direct message. One without a chat account sees the card in the channel. */
async function peopleToReach(
  { state, now, ports, readings }: Drawing,
  isShared: boolean,
): Promise<readonly PersonId[]> {
  if (state.status !== 'pending') return []
  const told = isShared ? [] : peopleToTell(state, { policy: ports.policy, now, readings })
  const called = [...new Set([...told, ...colleaguesAsked(state)])]
  const reachable: PersonId[] = []
  for (const person of called) if ((await accountOf(person, undefined, ports)) !== undefined) reachable.push(person)
  if (reachable.length < called.length)
    ports.log.info('people_not_reachable_in_chat', {
      request: state.ask.id,
      people: called.length - reachable.length,
    })
  return reachable
}

/** An account of an active person, in this chat if possible. */
async function accountOf(person: PersonId, near: string | undefined, ports: DrawPorts): Promise<Account | undefined> {
  const known = ports.policy.bundle.directory.people.find(({ id, status }) => id === person && status === 'active')
  return known && findAccount(known, chatsFrom(near, ports), ports)
}

function placeOf(alias: string, { channels }: DrawPorts): Pick<PostedCard, 'chat' | 'channel'> | undefined {
  const channel = channels[alias]
  return channel && { chat: channel.chat, channel: channel.id }
}

/** The chat of the open stage's channel, or else the last stage's. */
const nearOf = (state: ApprovalRequest, { channels }: DrawPorts): string | undefined =>
  channels[(openStage(state) ?? state.stages.at(-1))?.terms.channel ?? nowhere]?.chat

async function drawInChannel(alias: string, drawing: Drawing): Promise<void> {
  const { state, now, posted, ports } = drawing
  const place = placeOf(alias, ports)
  if (!place) throw new CardUndeliverable(`the deployment names no channel \`${alias}\``)
  const open = openStage(state)
  const isOpenHere = open !== undefined && channelsOf(open).includes(alias)
  const before = posted.find((each) => isIn(place, each))
  // An escalated stage has two channels, and a card has buttons only under its own channel's alias.
  const drawn = await draw({ ...place, before, shows: isOpenHere ? open.terms.channel : alias }, drawing)
  const where = { told: drawn.card.told ?? [], fresh: drawn.fresh, now }
  const soon = state.stages.at(-1)?.terms.channel === alias ? linesOfEnd(state, where) : []
  if (!isOpenHere && !drawn.card.told?.some((key) => key.startsWith('asked '))) return say(drawn, soon, drawing)
  const [users, askers] = await Promise.all([remindedIn(place.chat, drawing), askersIn(place.chat, drawing)])
  const lines = linesForChannel(state, { ...where, users, asker: (person) => askers.get(person) })
  const said = isOpenHere ? lines : lines.filter(({ line }) => line?.line === 'handled')
  await say(drawn, [...soon, ...said], drawing)
}

/** Accounts to mention in a channel of this chat. People with their own card are reminded there. */
async function remindedIn(chat: string, { state, now, posted, ports, readings }: Drawing): Promise<readonly string[]> {
  if (state.status !== 'pending' || !remindersOf(state).some(({ at }) => at <= now)) return []
  const people = peopleToRemind(state, { policy: ports.policy, now, readings }).filter(
    (person) => !posted.some((each) => each.person === person),
  )
  const users = await Promise.all(people.map((person) => userIn(chat, person, ports)))
  return users.filter((user) => user !== undefined)
}

/** The accounts in this chat of people who asked the agent and have no card of their own, where it would be told. */
async function askersIn(chat: string, { state, posted, ports }: Drawing): Promise<ReadonlyMap<PersonId, string[]>> {
  const answered = (state.questions ?? []).flatMap(({ by, answer }) => (answer ? [by] : []))
  const here = [...new Set(answered)].filter((person) => !posted.some((each) => each.person === person))
  const accounts = here.map(async (person) => [person, await userIn(chat, person, ports)] as const)
  return new Map((await Promise.all(accounts)).map(([person, user]) => [person, user === undefined ? [] : [user]]))
}

async function userIn(chat: string, person: PersonId, ports: DrawPorts): Promise<string | undefined> {
  const account = await accountOf(person, chat, ports)
  return account?.chat === chat ? account.user : undefined
}

/** A person's account and chat: those of their message of this request, else in the chat of the stage. */
async function directTo(person: PersonId, before: PostedCard | undefined, { state, ports }: Drawing) {
  if (before) return { chat: before.chat, channel: before.channel, user: await userIn(before.chat, person, ports) }
  const account = await accountOf(person, nearOf(state, ports), ports)
  return account && { ...account, channel: await boardOf(account.chat, ports.boards).open(account.user) }
}

async function drawForPerson(person: PersonId, called: boolean, drawing: Drawing): Promise<void> {
  const { state, now, posted } = drawing
  const before = posted.find((each) => each.person === person)
  const direct = await directTo(person, before, drawing)
  if (!direct) throw new CardUndeliverable(`\`${person}\` has no account in a chat`)
  const { chat, channel, user } = direct
  const shows = called ? (openStage(state)?.terms.channel ?? nowhere) : nowhere
  const drawn = await draw({ chat, channel, before, person, shows }, drawing)
  await say(
    drawn,
    linesForPerson(state, { told: drawn.card.told ?? [], fresh: drawn.fresh, now, person, user, called }),
    drawing,
  )
}

/** @param shows the alias of the channel that the card is rendered for */
const draw = (
  { shows, ...place }: Parameters<typeof showCard>[2] & { shows: string },
  { state, onCall, ports }: Drawing,
): Promise<Shown> => showCard(state, ports.render(state, shows, onCall, place.chat), place, ports)

/** Posts each line once. A deleted card is posted again first. */
async function say({ card, rendered }: Shown, lines: readonly Unsent[], { state, ports }: Drawing): Promise<void> {
  let { ts, told = [] } = card
  for (const { keys, line } of lines) {
    if (line) {
      ts = await sayBeneath({ card: { ...card, ts }, rendered }, ports.say(line, state, card.chat), ports.boards)
      ports.log.info('line_said', { request: state.ask.id, line: line.line, direct: card.person !== undefined })
    }
    told = [...told, ...keys]
    await ports.cards.save({ ...card, ts, told })
  }
}

async function tellOwner(owner: PersonId, drawing: Drawing): Promise<void> {
  const { state, posted, ports } = drawing
  const before = posted.find(({ person }) => person === owner)
  const unsent = unsentNotices(state, before?.told ?? [])
  const direct = unsent && (await directTo(owner, before, drawing))
  if (!unsent || direct?.user === undefined) return
  const { chat, channel } = direct
  const words = ports.say({ line: unsent.notice }, state, chat)
  const board = boardOf(chat, ports.boards)
  const beneath = before !== undefined && (await board.reply(channel, before.ts, words))
  const ts = beneath ? before.ts : (await board.post(channel, words)).ts
  const told = [...(before?.told ?? []), ...unsent.keys]
  const at = before?.at ?? ports.clock.now()
  await ports.cards.save({
    request: state.ask.id,
    chat,
    channel,
    ts,
    rendered: renderingOf(words),
    at,
    person: owner,
    told,
  })
  ports.log.info('owner_told', { request: state.ask.id, notice: unsent.notice })
}
