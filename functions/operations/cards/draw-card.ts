// Rules: test/channels/slack/cards/draw-card.test.ts
import { channelsOf, colleaguesAsked } from '../../domain/cards/routing.ts'
import { originOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { openStage } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { PersonId, RequestId } from '../../domain/values.ts'
import { CardUndeliverable } from '../faults.ts'
import { readingsFor, whoIsOnCall } from '../people/on-call.ts'
import { peopleToTell } from '../requests/waiting.ts'
import { linesForPerson, unsentNotices } from './card-lines.ts'
import {
  accountOf,
  type Drawing,
  type DrawPorts,
  directTo,
  draw,
  drawAt,
  drawInChannel,
  firstChannel,
  isFor,
  nowhere,
  say,
} from './channel-card.ts'
import { drawOpening } from './draw-opening.ts'
import { boardOf, isForAll, type PostedCard } from './ports.ts'
import { renderingOf } from './show-card.ts'

/**
 * Draws the current state, so a late or repeated message does no harm.
 *
 * A channel that is closed to the app is logged for the alarm. Its card appears in the stage's fallback channel, if
 * there is one, and stays there. Otherwise the fault is thrown, so that the card appears once the app is invited again.
 * @throws BoardUnavailable, CardUndeliverable, PagerUnavailable, StoreUnavailable
 */
export async function drawCard(id: RequestId, ports: DrawPorts): Promise<void> {
  const stored = await ports.requests.load(id)
  if (!stored) return
  const now = ports.clock.now()
  // Leaves out cards in a removed chat, whose people are told elsewhere.
  const posted = (await ports.cards.load(id)).filter(
    ({ chat, person }) => person === undefined || Object.hasOwn(ports.boards, chat),
  )
  const state = asOf(stored.state, now)
  const origin = originOf(state.ask)
  if (origin.kind === 'opening') {
    const accounts = { accountOf: (person: PersonId, near?: string) => accountOf(person, near, ports) }
    return drawOpening({ state, opening: origin.opening }, now, posted, { ...ports, ...ports.opening, ...accounts })
  }
  // Steps are on the card of their plan. A step has its own only if people decide it again.
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
        // The person still sees the channel, so drawing continues.
        ports.log.error('direct_undeliverable', { request: id, person: place.person })
        continue
      }
      if (fault instanceof CardUndeliverable && 'channel' in place)
        ports.log.error('card_undeliverable', { request: id, channel: place.channel })
      if (!('left' in place) || !(fault instanceof CardUndeliverable)) faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
}

/** `left`: a card in a former channel. */
type Place = { draw(): Promise<void> } & ({ channel: string } | { person: PersonId } | { left: string })

async function sharedChannels(state: ApprovalRequest, posted: readonly PostedCard[], ports: DrawPorts) {
  const shared = new Set<string>()
  if (ports.hasOwnCard)
    for (const alias of new Set(state.stages.flatMap(channelsOf))) {
      const hasCard = posted.some((card) => isFor(alias, card, ports))
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
  const { state, posted, ports } = drawing
  const { owner } = state.ask
  const aliases = aliasesOf(drawing)
  const left = posted.filter(
    (card) =>
      card.person === undefined &&
      Object.hasOwn(ports.boards, card.chat) &&
      !aliases.some((alias) => isFor(alias, card, ports)),
  )
  const people = new Set([...posted.flatMap(({ person }) => person ?? []), ...called])
  people.delete(owner)
  return [
    ...aliases.map((channel) => ({
      channel,
      draw: () => drawInChannel(channel, drawing),
    })),
    ...left.map((card) => ({ left: card.channel, draw: () => drawAt(card, nowhere, drawing) })),
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

async function drawForPerson(person: PersonId, called: boolean, drawing: Drawing): Promise<void> {
  const { state, now, posted } = drawing
  const before = posted.find((each) => each.person === person)
  const direct = await directTo(person, before, drawing)
  if (!direct) throw new CardUndeliverable(`\`${person}\` has no account in a chat`)
  const { chat, channel, user } = direct
  const shows = called ? firstChannel(openStage(state)) : nowhere
  const drawn = await draw({ chat, channel, before, person, shows }, drawing)
  await say(
    drawn,
    linesForPerson(state, { told: drawn.card.told ?? [], fresh: drawn.fresh, now, person, user, called }),
    drawing,
  )
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
