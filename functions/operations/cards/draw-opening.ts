// Rules: test/operations/break-glass/notify.test.ts
import { type Notice, noticeKey, noticesOf, unsentNotice } from '../../domain/cards/notices.ts'
import type { AboutOpening } from '../../domain/cards/opening-view.ts'
import { tellOf } from '../../domain/cards/routing.ts'
import type { Channel } from '../../domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { defined, type NumericDate, type PersonId } from '../../domain/values.ts'
import { type OpenedRequest, pageFor } from '../break-glass/notify.ts'
import type { Pager } from '../break-glass/ports.ts'
import { CardUndeliverable } from '../faults.ts'
import { type AboutPorts, aboutOf, type Because, type Listener } from './about-opening.ts'
import { boardOf, isForAll, type PostedCard, type RenderedCard } from './ports.ts'
import { isIn, renderingOf, type Showing, sayBeneath, showCard } from './show-card.ts'

/** `first`: this is the first message about it to them. */
export type Hearer = { because: Because | 'channel'; mayReview: boolean; first: boolean }

export type DrawOpeningPorts = Showing &
  AboutPorts & {
    pager: Pager
    render(state: ApprovalRequest, about: AboutOpening, chat: string): RenderedCard
    say(notice: Notice, state: ApprovalRequest, hearer: Hearer, chat: string): RenderedCard
    /** By alias. */
    channels: { readonly [alias: string]: Channel }
  }

type Drawing = {
  state: ApprovalRequest
  now: NumericDate
  /** The chat of the channel in which the opening is told. */
  near: string | undefined
  posted: readonly PostedCard[]
  about: AboutOpening
  ports: DrawOpeningPorts
}

/**
 * Draws one card, and one thread for each person concerned, and calls the page hook. Faults of chat and hook do not
 * stop each other; a retry completes the rest.
 * @throws BoardUnavailable, CardUndeliverable, PagerUnavailable, StoreUnavailable
 */
export async function drawOpening(
  { state, opening }: OpenedRequest,
  now: NumericDate,
  posted: readonly PostedCard[],
  ports: DrawOpeningPorts,
): Promise<void> {
  const paging = pageFor({ state, opening }, now, posted, ports)
  const [told, paged] = await Promise.allSettled([tellInChat({ state, opening }, now, posted, ports), paging])
  if (paged.status === 'rejected') ports.log.warn('page_not_sent', { request: state.ask.id })
  if (told.status === 'rejected') throw told.reason
  if (paged.status === 'rejected') throw paged.reason
}

async function tellInChat(
  { state, opening }: OpenedRequest,
  now: NumericDate,
  posted: readonly PostedCard[],
  ports: DrawOpeningPorts,
): Promise<void> {
  const { listeners, about } = await aboutOf(state, now, ports)
  const alias = tellOf(ports.policy.bundle, opening)?.channel
  const near = alias === undefined ? undefined : ports.channels[alias]?.chat
  const drawing = { state, now, near, posted, about, ports }
  const faults: unknown[] = []
  await drawInChannel(alias, drawing).catch((fault: unknown) => {
    if (isForAll(fault, ports.boards)) throw fault
    if (fault instanceof CardUndeliverable)
      ports.log.error('card_undeliverable', { request: state.ask.id, channel: alias })
    faults.push(fault)
  })
  faults.push(...(await tellEach(listeners, drawing)))
  if (faults.length > 0) throw faults[0]
}

/** Below the chat's rate limit, and enough for fifty people within a function's timeout. */
const atOnce = 5

/** Tells each person. One who cannot be reached sees the channel. */
async function tellEach(listeners: readonly Listener[], drawing: Drawing): Promise<readonly unknown[]> {
  const { state, ports } = drawing
  const faults: unknown[] = []
  let unreachable = 0
  for (let from = 0; from < listeners.length; from += atOnce) {
    const some = listeners.slice(from, from + atOnce)
    const told = await Promise.allSettled(some.map((each) => tellOne(each, drawing)))
    for (const [at, result] of told.entries()) {
      if (result.status === 'fulfilled') {
        if (result.value === 'unreachable') unreachable += 1
        continue
      }
      const fault: unknown = result.reason
      if (isForAll(fault, ports.boards)) throw fault
      if (fault instanceof CardUndeliverable)
        ports.log.error('direct_undeliverable', { request: state.ask.id, person: some[at]?.person })
      else faults.push(fault)
    }
  }
  if (unreachable > 0) ports.log.info('people_not_reachable_in_chat', { request: state.ask.id, people: unreachable })
  return faults
}

const hears: { readonly [why in Because | 'channel' | 'review']: readonly Notice['notice'][] } = {
  // `opened` too, since the post of the card tells of it.
  channel: ['opened', 'ending', 'ended', 'review_due', 'review_overdue', 'reviewed'],
  holder: ['opened', 'ending', 'ended', 'review_overdue', 'reviewed'],
  skipped: ['opened', 'ended', 'reviewed'],
  told: ['opened', 'ended', 'review_overdue', 'reviewed'],
  reviewer: ['ended', 'review_due', 'review_overdue', 'reviewed'],
  review: ['review_due', 'review_overdue'],
}

const heardBy = ({ because, mayReview }: Listener) => [...hears[because], ...(mayReview ? hears.review : [])]

async function drawInChannel(alias: string | undefined, { state, now, posted, about, ports }: Drawing): Promise<void> {
  // An existing card stays in its channel if the folder names a different one.
  const before = posted.find(
    (card) => card.person === undefined && Object.values(ports.channels).some((each) => isIn(placeAt(each), card)),
  )
  const channel = alias === undefined ? undefined : ports.channels[alias]
  const where = before ?? (channel && placeAt(channel))
  if (where === undefined) throw new CardUndeliverable(`no channel is named for \`${state.ask.id}\``)
  const shown = await showCard(
    state,
    ports.render(state, about, where.chat),
    { chat: where.chat, channel: where.channel, before },
    ports,
  )
  const told = shown.card.told ?? []
  // A new card is noticed, so its lines count as said.
  if (shown.fresh) return remember(shown.card, noticesOf(state, now).map(noticeKey), ports)
  const unsent = unsentNotice(state, now, hears.channel, told)
  if (!unsent) return
  const ts = await sayBeneath(
    shown,
    ports.say(unsent.notice, state, { because: 'channel', mayReview: false, first: false }, where.chat),
    ports.boards,
  )
  await remember({ ...shown.card, ts }, unsent.keys, ports)
  ports.log.info('notice_said', { request: state.ask.id, notice: unsent.notice.notice, direct: false })
}

const placeAt = ({ chat, id }: Channel) => ({ chat, channel: id })

/** The person's account in the chat of the channel, or else in another chat. */
async function directTo(person: PersonId, near: string | undefined, ports: DrawOpeningPorts) {
  const account = await ports.accountOf(person, near)
  return account && { chat: account.chat, channel: await boardOf(account.chat, ports.boards).open(account.user) }
}

const remember = (card: PostedCard, keys: readonly string[], { cards }: Pick<DrawOpeningPorts, 'cards'>) =>
  cards.save({ ...card, told: [...(card.told ?? []), ...keys] })

async function tellOne(
  listener: Listener,
  { state, now, near, posted, ports }: Drawing,
): Promise<'unreachable' | undefined> {
  const { person, because, mayReview } = listener
  const before = posted.find((each) => each.person === person)
  const unsent = unsentNotice(state, now, heardBy(listener), before?.told ?? [])
  if (!unsent) return undefined
  // Skips the end of the review for a reviewer without earlier messages.
  if (!before && because === 'reviewer' && unsent.notice.notice === 'reviewed') return undefined
  const say = (first: boolean, chat: string) => ports.say(unsent.notice, state, { because, mayReview, first }, chat)
  const { boards } = ports
  const heard = before && (await boardOf(before.chat, boards).reply(before.channel, before.ts, say(false, before.chat)))
  const thread = heard ? before : undefined
  if (thread) await remember(thread, unsent.keys, ports)
  else {
    const to = before ?? (await directTo(person, near, ports))
    if (!to) return 'unreachable'
    const { chat, channel } = to
    const words = say(true, chat)
    const { ts } = await boardOf(chat, boards).post(channel, words)
    const at = before?.at ?? ports.clock.now()
    const card = { request: state.ask.id, chat, channel, ts, rendered: renderingOf(words), at, person }
    await remember({ ...card, ...defined({ told: before?.told }) }, unsent.keys, ports)
  }
  ports.log.info('notice_said', { request: state.ask.id, notice: unsent.notice.notice, direct: true })
  return undefined
}
