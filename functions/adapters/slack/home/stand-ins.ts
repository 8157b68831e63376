import type { App, BlockAction, ButtonAction, SlackViewAction, ViewResponseAction, ViewSubmitAction } from '@slack/bolt'
import { time, words } from '../cards/blocks.ts'
import { whoOf } from '../cards/card-status.ts'
import { type Carried, carriedOf, type Who, whoDid } from '../edge/click.ts'
import { actTold } from '../edge/click-answers.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { type Instead, malformedClick, saidOf } from '../edge/sentences.ts'
import { truthModal } from '../forms/card-forms.ts'
import { partsModal, saidModal, showModal } from '../forms/modal-blocks.ts'
import { readStandInForm, standInField, standInModal, standInName } from '../forms/stand-in-form.ts'
import { drawHome } from './home.ts'
import { readStandIn, standInActions } from './rows.ts'

/** Out of office: naming who decides in one's stead, and ending it. Judged by the operations that the API has. */
export function registerStandIns(app: App, options: EdgeOptions): void {
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: standInActions.name }, async (press) => {
    await press.ack()
    const carried = carriedOf(press)
    const who = await whoDid(press.body.user, carried, options)
    const modal = who.ok ? standInFormFor(who, options) : truthModal(who.sentence)
    await showModal(press.body.trigger_id, modal, carried, options)
  })
  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id: standInName }, async (sent) => {
    const carried = carriedOf(sent)
    const { answer, by } = await give(sent.body, carried, options)
    await sent.ack(answer)
    if (by) await drawHome(sent.body.user.id, by, carried, options)
  })
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: standInActions.end }, async (press) => {
    await press.ack()
    const carried = carriedOf(press)
    const { by, ...said } = await end(press.body, press.action.value, carried, options)
    await showModal(press.body.trigger_id, saidModal(said.title, said.sentence), carried, options)
    if (by) await drawHome(press.body.user.id, by, carried, options)
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
    words(`${whoOf(options.bundle, by)} decides in your stead`),
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
  if (!ended.done) return { title, sentence: saidOf(ended, whenEnding), by: who }
  const { by, for: absent } = ended.value
  const sentence = `${whoOf(options.bundle, by)} decides nothing more in the stead of ${whoOf(options.bundle, absent)}.`
  return { title: 'Ended', sentence, by: who }
}

const whenEnding: Instead = {
  not_permitted: 'Policy does not let you end this: either of the two can, and whoever may revoke.',
}
