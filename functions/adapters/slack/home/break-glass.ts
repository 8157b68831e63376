import type { App, BlockAction, ButtonAction, SlackViewAction, ViewResponseAction, ViewSubmitAction } from '@slack/bolt'
import type { PersonId } from '../../../domain/values.ts'
import { actions, code, linkButton, rich, section, words } from '../cards/blocks.ts'
import { type Carried, carriedOf, whoDid } from '../edge/click.ts'
import { actTold } from '../edge/click-answers.ts'
import { type Reply, sayReply } from '../edge/command-answers.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { type Instead, notOpened, saidOf } from '../edge/sentences.ts'
import { truthModal } from '../forms/card-forms.ts'
import { saidModal, showModal } from '../forms/modal-blocks.ts'
import { openField, openModal, openName, readOpenForm } from '../forms/open-form.ts'
import { openingsReply } from './openings-reply.ts'

const openLink = 'break_glass_open'

/** The form of `/hotwork break-glass`. It opens nothing: what was filled in is prepared, and a page with a strong login opens it. */
export function registerBreakGlass(app: App, options: EdgeOptions): void {
  // Following the link does nothing here.
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: openLink }, ({ ack }) => ack())
  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id: openName }, async (sent) => {
    await sent.ack(await prepare(sent.body, carriedOf(sent), options))
  })
}

/** What `/hotwork break-glass` does: the form, or with `list` who holds what and which reviews are due. */
export async function breakGlass(
  { person, rest, trigger, carried }: { person: PersonId; rest: string; trigger: string; carried: Carried },
  options: EdgeOptions,
): Promise<Reply | undefined> {
  if (rest === 'list') {
    const openings = await options.openings(person)
    return openings
      ? openingsReply(openings, options.bundle, options.now())
      : sayReply('Policy does not let you read this.')
  }
  const modal = openModal(options.mayOpen(person))
  return (await showModal(trigger, modal, carried, options)) ? undefined : sayReply(`${notOpened} ${otherwise}`)
}

const otherwise = 'Or, without Slack: npx hotwork break-glass start'

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
    const sentence = saidOf(prepared, whenOpening).replaceAll('`', '')
    return { response_action: 'errors', errors: { [openField(prepared.code)]: sentence } }
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

const whenOpening: Instead = {
  not_permitted: 'Policy does not let you open this, or it is what Hotwork itself is made of.',
  policy_denied: 'Hotwork knows nothing of the resource that these arguments name, so it is not opened.',
  policy_error: 'Policy could not be asked, and so the answer is no; tell whoever runs Hotwork.',
  halted: 'You are stopped by an emergency halt, so nothing is opened.',
}
