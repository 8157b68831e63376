import type { App, BlockAction, ButtonAction, SlackViewAction, ViewResponseAction, ViewSubmitAction } from '@slack/bolt'
import type { RequestId } from '../../../domain/values.ts'
import { actTold, answerClick, inTime, seenOn } from '../edge/answers.ts'
import { type Carried, carriedOf, onceFor, whoDid } from '../edge/click.ts'
import { patience } from '../edge/client.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { malformedClick, malformedForm, notOpened, sentenceFor } from '../edge/sentences.ts'
import { truthModal } from '../forms/card-forms.ts'
import { readRevoke } from '../forms/home-forms.ts'
import { saidModal, showModal } from '../forms/modal-blocks.ts'
import {
  openField,
  openName,
  readFound,
  readOpenForm,
  readReviewed,
  reviewModal,
  reviewName,
} from '../forms/opening-forms.ts'
import { actions, code, linkButton, rich, section, words } from './blocks.ts'
import { openingActions } from './opening-card.ts'

const openLink = 'break_glass_open'

/** The form of `/hotwork break-glass`. It opens nothing: what was filled in is prepared, and a page with a strong login opens it. */
export function registerBreakGlass(app: App, options: EdgeOptions): void {
  // Following the link does nothing here.
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: openLink }, ({ ack }) => ack())
  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id: openName }, async (sent) => {
    await sent.ack(await prepare(sent.body, carriedOf(sent), options))
  })
}

/** Prepared, with the way to open it; or what is to be mended, beside its field, where all that was typed stays. */
async function prepare(
  { user, view }: SlackViewAction,
  carried: Carried,
  options: EdgeOptions,
): Promise<ViewResponseAction> {
  const who = await whoDid(user, carried, options)
  if (!who.ok) return { response_action: 'update', view: truthModal(who.sentence) }
  const filled = readOpenForm(view.state.values)
  if ('errors' in filled) return { response_action: 'errors', errors: filled.errors }
  const ask = { person: who.person.id, ...filled }
  const prepared = await actTold(
    'open_break_glass',
    (mayStart) => options.prepareOpening(ask, mayStart),
    carried,
    options,
  )
  if (!prepared.done) {
    return { response_action: 'errors', errors: { [openField(prepared.code)]: prepared.sentence } }
  }
  return {
    response_action: 'update',
    view: saidModal(
      'Not open yet',
      'Open it on the page, within ten minutes. It asks you to log in as strongly as this takes.',
      actions('open', { ...linkButton(openLink, 'Log in and open', prepared.value), style: 'danger' }),
      rich(
        'then',
        section(
          words('Then, on your machine: '),
          code('npx hotwork break-glass claim'),
          words('. The link is for you alone.'),
        ),
      ),
    ),
  }
}

/** The buttons of the card of an opening, and the form of its review. What comes of them is on the card; a no is told to the one who clicked. */
export function registerOpenings(app: App, options: EdgeOptions): void {
  const acts = { [openingActions.end]: end, [openingActions.review]: openReview }
  for (const [action_id, act] of Object.entries(acts))
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id }, (click) =>
      answerClick(click, options, (carried) => clicked(act, click.body, click.action, carried, options)),
    )
  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id: reviewName }, async (sent) => {
    const answer = await review(sent.body, carriedOf(sent), options)
    await (answer === undefined ? sent.ack() : sent.ack(answer))
  })
}

type Click = {
  person: Parameters<EdgeOptions['endOpening']>[0]['person']
  id: RequestId
  body: BlockAction
  carried: Carried
}
/** A sentence is for the one who clicked; without one, the card or a form says enough. */
type Act = (click: Click, options: EdgeOptions) => Promise<string | undefined>

async function clicked(act: Act, body: BlockAction, { value }: ButtonAction, carried: Carried, options: EdgeOptions) {
  const who = await whoDid(body.user, carried, options)
  if (!who.ok) return who.sentence
  const id = readRevoke(value)
  return id === undefined ? malformedClick : act({ person: who.person.id, id, body, carried }, options)
}

async function end({ person, id, carried }: Click, options: EdgeOptions): Promise<string | undefined> {
  const ask = { id, person, once: onceFor(carried, id) }
  const told = await inTime(id, (mayStart) => options.endOpening(ask, mayStart), carried, options)
  return told.done ? undefined : told.sentence
}

/** Opens the form for whoever's review would be taken now, so that nobody writes one for nothing. */
async function openReview({ person, id, body, carried }: Click, options: EdgeOptions): Promise<string | undefined> {
  const { deadline } = carried
  const { bundle, page, log } = options
  try {
    const found = await deadline.within(options.foreseeReview({ id, person }), patience.start)
    if (!found.done) return notOpened
    if (!found.value.ok) {
      const { code, detail, state } = found.value
      return sentenceFor(code, { directory: bundle.directory, page, detail, state })
    }
    const about = { request: id, channel: body.channel?.id, ts: body.message?.ts }
    const modal = reviewModal(found.value.value, bundle, about)
    return (await showModal(body.trigger_id, modal, carried, options, patience.tell)) ? undefined : notOpened
  } catch (fault) {
    log.error('click not looked up', { request: id, fault: fault instanceof Error ? fault.name : 'unknown' })
    return notOpened
  }
}

type Answer = ViewResponseAction | undefined

/** Records a review. What can be mended is said beside its field; where nothing can be done any more, what is so, with what was written. */
async function review({ user, view }: SlackViewAction, carried: Carried, options: EdgeOptions): Promise<Answer> {
  const typed = view.state.values['note']?.['note']?.value ?? undefined
  const who = await whoDid(user, carried, options)
  if (!who.ok) return truth(who.sentence, typed)
  const about = readReviewed(view.private_metadata)
  if (!about) return truth(malformedForm, typed)
  const filled = readFound(view)
  if ('wrong' in filled) return { response_action: 'errors', errors: filled.wrong }
  const seen = await seenOn(about, carried, options)
  const ask = { id: about.request, person: who.person.id, ...filled.found, ...(seen === undefined ? {} : { seen }) }
  const told = await inTime(ask.id, (mayStart) => options.review(ask, mayStart), carried, options)
  if (told.done) return undefined
  // Without a code it is nobody's no: the same may be sent again.
  if (told.code === undefined) return { response_action: 'errors', errors: { note: told.sentence } }
  return truth(told.sentence, typed)
}

const truth = (sentence: string, typed: string | undefined): Answer => ({
  response_action: 'update',
  view: truthModal(sentence, typed),
})
