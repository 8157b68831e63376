import type { App, BlockAction, ButtonAction, SlackViewAction, ViewResponseAction, ViewSubmitAction } from '@slack/bolt'
import { nameIn } from '../../../domain/cards/request-words.ts'
import type { PersonId } from '../../../domain/values.ts'
import { time, words } from '../cards/blocks.ts'
import { actTold, inTime } from '../edge/answers.ts'
import { isFirst } from '../edge/app-events.ts'
import { type Carried, carriedOf, onceFor, type Who, whoDid } from '../edge/click.ts'
import { patience, type WebApi, webClients } from '../edge/client.ts'
import type { EdgeOptions, RevokeAsk } from '../edge/edge-options.ts'
import { malformedClick, malformedForm } from '../edge/sentences.ts'
import { truthModal } from '../forms/card-forms.ts'
import {
  readReason,
  readRevoke,
  readStandInForm,
  revokeModal,
  revokeName,
  standInField,
  standInModal,
  standInName,
} from '../forms/home-forms.ts'
import { partsModal, saidModal, showModal } from '../forms/modal-blocks.ts'
import { homeActions, readStandIn, renderHome, renderNoHome, standInActions } from './home-view.ts'

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
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: homeActions.revoke }, async (click) => {
    await click.ack()
    await openRevoke(click.body, click.action, carriedOf(click), options)
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

/** Out of office: naming who decides in one's stead, and ending it. Judged by the operations that the API has. */
export function registerStandIns(app: App, options: EdgeOptions): void {
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: standInActions.name }, async (click) => {
    await click.ack()
    const carried = carriedOf(click)
    const who = await whoDid(click.body.user, carried, options)
    const modal = who.ok ? standInFormFor(who, options) : truthModal(who.sentence)
    await showModal(click.body.trigger_id, modal, carried, options)
  })
  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id: standInName }, async (sent) => {
    const carried = carriedOf(sent)
    const { answer, by } = await give(sent.body, carried, options)
    await sent.ack(answer)
    if (by) await drawHome(sent.body.user.id, by, carried, options)
  })
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: standInActions.end }, async (click) => {
    await click.ack()
    const carried = carriedOf(click)
    const { by, ...said } = await end(click.body, click.action.value, carried, options)
    await showModal(click.body.trigger_id, saidModal(said.title, said.sentence), carried, options)
    if (by) await drawHome(click.body.user.id, by, carried, options)
  })
}

type Somebody = Extract<Who, { ok: true }>

/** The form for this person, with whom policy lets decide in their stead. */
export const standInFormFor = ({ person }: Somebody, { couldStandIn, now }: EdgeOptions) =>
  standInModal(couldStandIn(person.id), now())

type Given = { answer: ViewResponseAction; by?: Somebody }

/** Names somebody. What can be mended is said beside its field, and what was chosen stays. */
async function give({ user, view }: SlackViewAction, carried: Carried, options: EdgeOptions): Promise<Given> {
  const who = await whoDid(user, carried, options)
  if (!who.ok) return { answer: { response_action: 'update', view: truthModal(who.sentence) } }
  const read = readStandInForm(view.state.values)
  if ('errors' in read) return { answer: { response_action: 'errors', errors: read.errors } }
  // Slack is no strong login.
  const ask = { person: who.person.id, login: {}, ...read }
  const given = await actTold('give_stand_in', (mayStart) => options.giveStandIn(ask, mayStart), carried, options)
  if (!given.done)
    return {
      answer: { response_action: 'errors', errors: { [standInField(given.detail)]: inForm(given.sentence) } },
    }
  const { by, from, until, at } = given.value
  const parts = [
    words(`${nameIn(options.bundle, by)} decides in your stead`),
    ...(from > at ? [words(' from '), time(from)] : []),
    words(' until '),
    time(until),
    words('. End it on Hotwork’s Home tab when you are back.'),
  ]
  return { answer: { response_action: 'update', view: partsModal('Named', parts) }, by: who }
}

const inForm = (sentence: string): string => sentence.replaceAll('`', '')

type Ended = { title: string; sentence: string; by?: Somebody }

async function end(body: BlockAction, value: unknown, carried: Carried, options: EdgeOptions): Promise<Ended> {
  const who = await whoDid(body.user, carried, options)
  const title = 'Not ended'
  if (!who.ok) return { title, sentence: who.sentence }
  const id = readStandIn(value)
  if (!id) return { title, sentence: malformedClick }
  const ask = { id, person: who.person.id }
  const ended = await actTold('end_stand_in', (mayStart) => options.endStandIn(ask, mayStart), carried, options)
  if (!ended.done) return { title, sentence: ended.sentence, by: who }
  const { by, for: absent } = ended.value
  const sentence = `${nameIn(options.bundle, by)} decides nothing more in the stead of ${nameIn(options.bundle, absent)}.`
  return { title: 'Ended', sentence, by: who }
}
