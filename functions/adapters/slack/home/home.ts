import type { App, BlockAction, ButtonAction, SlackViewAction, ViewResponseAction, ViewSubmitAction } from '@slack/bolt'
import type { PersonId } from '../../../domain/values.ts'
import { isFirst } from '../edge/app-events.ts'
import { type Carried, carriedOf, onceFor, type Who, whoDid } from '../edge/click.ts'
import { inTime } from '../edge/click-answers.ts'
import { patience, type WebApi, webClients } from '../edge/client.ts'
import type { EdgeOptions, RevokeAsk } from '../edge/edge-options.ts'
import { malformedClick, malformedForm } from '../edge/sentences.ts'
import { truthModal } from '../forms/card-forms.ts'
import { showModal } from '../forms/modal-blocks.ts'
import { readReason, readRevoke, revokeModal, revokeName } from '../forms/review-form.ts'
import { homeActions, renderHome, renderNoHome } from './home-view.ts'

const storeSilent = 'The store has not answered, so nothing can be shown now; open this tab again in a moment.'

/**
 * Hotwork's own tab: drawn whenever somebody opens it, and after they revoked something there. It shows each person their
 * own things, and what is done there is judged like anything that is done elsewhere.
 */
export function registerHome(app: App, options: EdgeOptions): void {
  app.event('app_home_opened', async (heard) => {
    const { event, body } = heard
    const carried = carriedOf(heard)
    if (event.tab !== 'home' || !(await isFirst(body, carried, options))) return
    const who = await whoDid({ id: event.user, team_id: body.team_id }, carried, options)
    await drawHome(event.user, who, carried, options)
  })
  // Following a link does nothing here.
  for (const action_id of [homeActions.read, homeActions.all, homeActions.link])
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id }, ({ ack }) => ack())
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: homeActions.revoke }, async (press) => {
    await press.ack()
    await openRevoke(press.body, press.action, carriedOf(press), options)
  })
  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id: revokeName }, async (sent) => {
    const carried = carriedOf(sent)
    const { answer, revokedBy } = await revoke(sent.body, carried, options)
    await (answer === undefined ? sent.ack() : sent.ack(answer))
    if (revokedBy !== undefined) await drawHome(sent.body.user.id, { ok: true, person: revokedBy }, carried, options)
  })
}

/** Draws somebody's tab: their overview, or why there is none. */
export async function drawHome(
  user: string,
  who: { ok: true; person: { id: PersonId } } | Extract<Who, { ok: false }>,
  carried: Carried,
  options: EdgeOptions,
): Promise<void> {
  const home = who.ok ? await homeOf(who.person.id, carried, options) : renderNoHome(who.sentence, who.link)
  try {
    const { done } = await carried.deadline.within(options.publishHome(user, home), patience.answer)
    if (!done) options.log.warn('home not drawn in time')
  } catch (fault) {
    options.log.warn('home not drawn', { fault: fault instanceof Error ? fault.name : 'unknown' })
  }
}

async function homeOf(
  person: PersonId,
  { deadline }: Carried,
  { bundle, overview, page, list, now, log }: EdgeOptions,
) {
  try {
    const found = await deadline.within(overview(person), patience.start)
    if (found.done) return renderHome(found.value, bundle, { one: page, all: list }, now())
    log.warn('overview not read in time')
  } catch (fault) {
    log.warn('overview not read', { fault: fault instanceof Error ? fault.name : 'unknown' })
  }
  return renderNoHome(storeSilent)
}

/** Opens the form, to whoever is somebody: whether they may revoke is asked when they do. */
async function openRevoke(body: BlockAction, { value }: ButtonAction, carried: Carried, options: EdgeOptions) {
  const who = await whoDid(body.user, carried, options)
  const id = readRevoke(value)
  const modal = !who.ok
    ? truthModal(who.sentence)
    : id === undefined
      ? truthModal(malformedClick)
      : revokeModal(id, body.view?.blocks ?? [])
  await showModal(body.trigger_id, modal, carried, options)
}

type Revoked = { answer: ViewResponseAction | undefined; revokedBy?: { id: PersonId } }

/** Revokes, if policy lets them. Where it does not, or nobody can say, the form stays and says what is so. */
async function revoke({ user, view }: SlackViewAction, carried: Carried, options: EdgeOptions): Promise<Revoked> {
  const who = await whoDid(user, carried, options)
  if (!who.ok) return { answer: { response_action: 'update', view: truthModal(who.sentence) } }
  const id = readRevoke(view.private_metadata)
  if (id === undefined) return { answer: { response_action: 'update', view: truthModal(malformedForm) } }
  const reason = readReason(view)
  if (reason === undefined) return beside('Say why: it stands on the card and in the record.')
  const ask = { id, person: who.person.id, reason, once: onceFor(carried, id) }
  const told = await revokeTold(ask, carried, options)
  if (told.done) return { answer: undefined, revokedBy: who.person }
  return told.code === undefined
    ? beside(told.sentence)
    : { answer: { response_action: 'update', view: truthModal(told.sentence, reason) } }
}

const beside = (sentence: string): Revoked => ({ answer: { response_action: 'errors', errors: { reason: sentence } } })

/** Revokes within the time that a person waits, and says what is known when that is over. */
export const revokeTold = (ask: RevokeAsk, carried: Carried, options: EdgeOptions) =>
  inTime(ask.id, (mayStart) => options.revoke(ask, mayStart), carried, options)

const timeoutMs = 1_500

/** Publishes home tabs through Slack's Web API. One attempt: whoever opens the tab again has it drawn again. */
export function createHomes(api: WebApi): EdgeOptions['publishHome'] {
  const clients = webClients(api, { timeoutMs })
  return async (user_id, view) => {
    const client = await clients()
    await client.views.publish({ user_id, view })
  }
}
