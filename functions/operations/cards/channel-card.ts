// Rules: test/channels/slack/cards/draw-card.test.ts, test/channels/slack/cards/owners-channels.test.ts
import type { OnCall } from '../../domain/cards/on-call-view.ts'
import { channelsOf, fallbackOf, remindersOf } from '../../domain/cards/routing.ts'
import type { Readings } from '../../domain/people/group-source.ts'
import type { Channel } from '../../domain/policy/bundle.ts'
import { type ApprovalRequest, openStage, type StageState } from '../../domain/record/request.ts'
import type { NumericDate, PersonId } from '../../domain/values.ts'
import { CardUndeliverable } from '../faults.ts'
import { type Account, type AccountPorts, chatsFrom, findAccount } from '../people/find-account.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { RequestReader } from '../record/ports.ts'
import { peopleToRemind } from '../requests/waiting.ts'
import { type Line, linesForChannel, linesOfEnd, type Notice, type Unsent } from './card-lines.ts'
import type { DrawOpeningPorts } from './draw-opening.ts'
import { type Boards, boardOf, type CardStore, type PostedCard, type RenderedCard } from './ports.ts'
import { isIn, type Shown, sayBeneath, showCard } from './show-card.ts'

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

export type Drawing = {
  state: ApprovalRequest
  now: NumericDate
  /** Cards are put in as they are drawn. */
  posted: PostedCard[]
  /** By alias. */
  shared: ReadonlySet<string>
  onCall: readonly OnCall[]
  readings: Readings
  ports: DrawPorts
}

/** The channel of a card without buttons: no stage has it. */
export const nowhere = ''

type Where = Pick<PostedCard, 'chat' | 'channel'>

function placeOf(alias: string, { channels }: DrawPorts): Where | undefined {
  const channel = channels[alias]
  return channel && { chat: channel.chat, channel: channel.id }
}

/** Whether it is the card of this channel, by alias. */
export function isFor(alias: string, card: Where & Pick<PostedCard, 'inPlaceOf'>, ports: DrawPorts): boolean {
  const place = placeOf(alias, ports)
  return card.inPlaceOf?.includes(alias) === true || (place !== undefined && isIn(place, card))
}

function mustBeNamed(alias: string, ports: DrawPorts): Where {
  const place = placeOf(alias, ports)
  if (!place) throw new CardUndeliverable(`the deployment names no channel \`${alias}\``)
  return place
}

/** The chat of the open stage's channel, or else the last stage's. */
const nearOf = (state: ApprovalRequest, { channels }: DrawPorts): string | undefined =>
  channels[firstChannel(openStage(state) ?? state.stages.at(-1))]?.chat

/** The channel whose card people get directly. */
export const firstChannel = (stage: StageState | undefined): string => (stage && channelsOf(stage)[0]) ?? nowhere

export async function drawInChannel(alias: string, drawing: Drawing): Promise<void> {
  const { state, posted, ports } = drawing
  const fallen = posted.find(({ inPlaceOf }) => inPlaceOf?.includes(alias))
  if (fallen) return drawAt(fallen, alias, drawing)
  try {
    await drawAt(mustBeNamed(alias, ports), alias, drawing)
  } catch (fault) {
    const fallback = fallbackOf(state, alias)
    if (!(fault instanceof CardUndeliverable) || fallback === undefined) throw fault
    await drawAt(mustBeNamed(fallback, ports), alias, drawing, [alias])
    ports.log.error('card_fell_back', { request: state.ask.id, channel: alias, fallback })
  }
}

/** @param fallen the channels in which posting failed */
export async function drawAt(
  { chat, channel }: Where,
  alias: string,
  drawing: Drawing,
  fallen: readonly string[] = [],
): Promise<void> {
  const { state, now, posted, ports } = drawing
  const place = { chat, channel }
  const before = posted.find((each) => isIn(place, each))
  const inPlaceOf = [...(before?.inPlaceOf ?? []), ...fallen]
  // One message may be the card of several channels. It has buttons if a stage is open in one of them.
  const isHere = (each: string) => isFor(each, { ...place, inPlaceOf }, ports)
  const open = openStage(state)
  const openHere = open && channelsOf(open).find(isHere)
  const isOpenHere = openHere !== undefined
  const drawn = await draw(
    { ...place, before, shows: openHere ?? alias, ...(inPlaceOf.length > 0 && { inPlaceOf }) },
    drawing,
  )
  const where = { told: drawn.card.told ?? [], fresh: drawn.fresh, now }
  const last = state.stages.at(-1)
  const soon = last && channelsOf(last).some(isHere) ? linesOfEnd(state, where) : []
  if (!isOpenHere && !drawn.card.told?.some((key) => key.startsWith('asked '))) return say(drawn, soon, drawing)
  const [users, askers] = await Promise.all([remindedIn(chat, drawing), askersIn(chat, drawing)])
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

/** The accounts in this chat of people who asked the agent and lack a card of their own. */
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

/** An account of an active person, in this chat if possible. */
export async function accountOf(
  person: PersonId,
  near: string | undefined,
  ports: DrawPorts,
): Promise<Account | undefined> {
  const known = ports.policy.bundle.directory.people.find(({ id, status }) => id === person && status === 'active')
  return known && findAccount(known, chatsFrom(near, ports), ports)
}

/** A person's account and chat: those of their message of this request, else in the chat of the stage. */
export async function directTo(person: PersonId, before: PostedCard | undefined, { state, ports }: Drawing) {
  if (before) return { chat: before.chat, channel: before.channel, user: await userIn(before.chat, person, ports) }
  const account = await accountOf(person, nearOf(state, ports), ports)
  return account && { ...account, channel: await boardOf(account.chat, ports.boards).open(account.user) }
}

/** @param shows the alias of the channel that the card is rendered for */
export async function draw(
  { shows, ...place }: Parameters<typeof showCard>[2] & { shows: string },
  { state, onCall, posted, ports }: Drawing,
): Promise<Shown> {
  const shown = await showCard(state, ports.render(state, shows, onCall, place.chat), place, ports)
  keep(shown.card, posted)
  return shown
}

function keep(card: PostedCard, posted: PostedCard[]): void {
  const at = posted.findIndex((each) => isIn(each, card))
  posted.splice(at < 0 ? posted.length : at, 1, card)
}

/** Posts each line once. A deleted card is posted again first. */
export async function say(
  { card, rendered }: Shown,
  lines: readonly Unsent[],
  { state, posted, ports }: Drawing,
): Promise<void> {
  let { ts, told = [] } = card
  for (const { keys, line } of lines) {
    if (line) {
      ts = await sayBeneath({ card: { ...card, ts }, rendered }, ports.say(line, state, card.chat), ports.boards)
      ports.log.info('line_said', { request: state.ask.id, line: line.line, direct: card.person !== undefined })
    }
    told = [...told, ...keys]
    const said = { ...card, ts, told }
    await ports.cards.save(said)
    keep(said, posted)
  }
}
