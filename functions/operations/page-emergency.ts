import type { Emergency as Glass } from '../domain/break-glass/break-glass.ts'
import { type Notice, noticeKey, noticesOf } from '../domain/cards/notices.ts'
import { asOf } from '../domain/requests/due.ts'
import { endedAt, openUntil } from '../domain/requests/ended.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import type { NumericDate, RequestId } from '../domain/values.ts'
import type { CardStore, Clock, EmergencyPage, Pager, PostedCard, RequestStore } from './ports.ts'

/** A request by which somebody broke the glass, with what they said when they did. */
export type Emergency = { state: ApprovalRequest; breakGlass: Glass }

type Ports = { pager: Pager; cards: Pick<CardStore, 'save'>; clock: Clock }

/** What whoever is woken hears of, once each: neither of reminders nor of what is about to be. */
function eventOf(notice: Notice): EmergencyPage['event'] | undefined {
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

/** Under which name it is kept, among what was posted of an opening, what the hook was told. No channel has it. */
export const pages = 'page-hook'

/**
 * Has the page hook called for what is due and was not paged yet. At least once: what is sent and cannot be remembered is
 * sent again, which whoever is woken knows by its id and its event.
 *
 * @throws PagerUnavailable, StoreUnavailable
 */
export async function pageFor(
  { state, breakGlass }: Emergency,
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
      incident: breakGlass.incident,
      what: breakGlass.profile ?? state.ask.action,
      environment: state.ask.environment,
      until: endedAt(state) ?? openUntil(state),
      ...(state.review ? { reviewDue: state.review.dueAt } : {}),
      drill: breakGlass.drill,
    })
    told = [...told, key]
    const at = before?.at ?? clock.now()
    await cards.save({ request: state.ask.id, channel: pages, ts: '-', rendered: '-', at, told })
  }
}

/**
 * The same for whatever request this is, where its card is not even tried: whoever is to be woken does not wait for Slack.
 *
 * @throws PagerUnavailable, StoreUnavailable
 */
export async function pageAlone(
  id: RequestId,
  ports: Ports & { requests: Pick<RequestStore, 'load'>; cards: CardStore },
): Promise<void> {
  const stored = id.startsWith('bgl_') ? await ports.requests.load(id) : undefined
  const breakGlass = stored?.state.ask.breakGlass
  if (!stored || !breakGlass) return
  const now = ports.clock.now()
  await pageFor({ state: asOf(stored.state, now), breakGlass }, now, await ports.cards.load(id), ports)
}
