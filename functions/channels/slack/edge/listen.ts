// Rules: test/channels/slack/forms/forms.test.ts
import type {
  App,
  BlockAction,
  ButtonAction,
  OverflowAction,
  StaticSelectAction,
  ViewOutput,
  ViewResponseAction,
  ViewSubmitAction,
} from '@slack/bolt'
import type { PersonId } from '../../../domain/values.ts'
import { type Modal, saidModal, showModal, truthModal } from '../forms/modal-blocks.ts'
import type { Said } from './answers.ts'
import { type Carried, carriedOf, identify } from './click.ts'
import { patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'
import { malformedClick, malformedForm } from './sentences.ts'

export type Clicked<T> = { person: PersonId; about: T; body: BlockAction; block: string; carried: Carried }

type Told = { title?: string; said: Said; after?: () => Promise<void> }

type Act<T> = (click: Clicked<T>, options: EdgeOptions) => Promise<Said | Told | undefined>

type Control = ButtonAction | StaticSelectAction | OverflowAction
const readControl = (action: Control): unknown =>
  action.type === 'button' ? action.value : action.selected_option?.value

/** @param read the control's subject; undefined for a foreign value */
export function onClick<T>(
  app: App,
  options: EdgeOptions,
  action_id: string,
  read: (value: unknown) => T | undefined,
  act: Act<T>,
): void {
  app.action<BlockAction<Control>>({ type: 'block_actions', action_id }, async (click) => {
    const { body, action } = click
    await click.ack()
    const carried = carriedOf(click)
    const who = await identify(body.user, carried, options)
    const about = read(readControl(action))
    const came = !who.ok
      ? who.sentence
      : about === undefined
        ? malformedClick
        : await act({ person: who.person.id, about, body, block: action.block_id, carried }, options)
    if (came === undefined) return
    const { title = 'Not counted', said, after } = asTold(came)
    // A tab has no `response_url`, so a form, which is as private, has the answer.
    if (body.view) await showModal(body.trigger_id, saidModal(title, sentenceOf(said)), carried, options)
    else await carried.deadline.within(options.sendEphemeral(body.response_url, said), patience.answer)
    await after?.()
  })
}

const asTold = (came: Said | Told): Told => (typeof came === 'object' && 'said' in came ? came : { said: came })

const sentenceOf = (said: Said): string => (typeof said === 'string' ? said : said.sentence)

/** Acknowledges a followed link, which Slack reports too. */
export function onLink(app: App, ...actions: readonly string[]): void {
  for (const action_id of actions)
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id }, ({ ack }) => ack())
}

type Sent<T> = {
  person: PersonId
  about: T
  view: ViewOutput
  typed: string | undefined
  user: string
  carried: Carried
}

/** Slack's instruction for the form, which by default closes it; and the work after that answer. */
type Taken = { answer?: ViewResponseAction | undefined; after?: () => Promise<void> }

/** @param read the form's subject, from its metadata; undefined for a foreign value */
export function onSubmit<T>(
  app: App,
  options: EdgeOptions,
  callback_id: string,
  read: (metadata: string) => T | undefined,
  take: (sent: Sent<T>, options: EdgeOptions) => Promise<Taken>,
): void {
  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id }, async ({ ack, view, body, context }) => {
    const carried = carriedOf({ context })
    const typed = typedIn(view)
    const who = await identify(body.user, carried, options)
    const about = read(view.private_metadata)
    const { answer, after }: Taken = !who.ok
      ? showInstead(truthModal(who.sentence, typed))
      : about === undefined
        ? showInstead(truthModal(malformedForm, typed))
        : await take({ person: who.person.id, about, view, typed, user: body.user.id, carried }, options)
    await (answer === undefined ? ack() : ack(answer))
    await after?.()
  })
}

/** All typed text, to keep when a sentence replaces the form. */
const typedIn = ({ state }: Pick<ViewOutput, 'state'>): string | undefined =>
  ['to_agent', 'question', 'comment', 'note', 'reason', 'justification']
    .flatMap((name) => state.values[name]?.[name]?.value || [])
    .join('\n\n') || undefined

/** Replaces the submitted form by another. */
export const showInstead = (view: Modal) => ({ answer: { response_action: 'update', view } as const })

/** Keeps the form open with all typed text, and shows errors beside its fields. */
export const keepOpen = (errors: { [field: string]: string }) => ({
  answer: { response_action: 'errors', errors } as const,
})
