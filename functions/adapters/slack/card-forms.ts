import type { App, SlackViewAction, ViewOutput, ViewResponseAction, ViewSubmitAction } from '@slack/bolt'
import type { Refusal } from '../../domain/refusals.ts'
import type { PersonId } from '../../domain/values.ts'
import { type Carried, carriedOf, onceFor, whoDid } from './carried.ts'
import { decideTold, inTime, type NotDone } from './decide-told.ts'
import type { EdgeOptions } from './edge-options.ts'
import { type Filled, readForm } from './filled-form.ts'
import { modalNames, readMetadata, type Subject, truthModal } from './modals.ts'
import { fieldNamed, narrowOf } from './narrow-fields.ts'
import { malformedForm, nothingLess } from './sentences.ts'

/** A form that somebody who is somebody has sent, about what they saw. */
type Sent = { person: PersonId; about: Subject; filled: Filled; carried: Carried }
/** What Slack is to do with the form; nothing closes it. */
type Answer = ViewResponseAction | undefined
type Take = (sent: Sent, options: EdgeOptions) => Promise<Answer>

const forms: { readonly [name: string]: Take } = {
  [modalNames.approve]: async ({ person, about, filled, carried }, options) => {
    const { comment } = filled
    const told = await decideTold({ person, verdict: 'approve', ...optional(comment) }, about, carried, options)
    return told.done ? undefined : answerTo(told, filled)
  },
  [modalNames.narrow]: async ({ person, about, filled, carried }, options) => {
    if (Object.keys(filled.wrong).length > 0) return { response_action: 'errors', errors: filled.wrong }
    if (filled.changed.size === 0) return beside(filled, filled.fields[0], nothingLess)
    const narrow = narrowOf(filled.changed)
    const ask = { person, verdict: 'approve', narrow, ...optional(filled.comment) } as const
    const told = await decideTold(ask, about, carried, options)
    return told.done ? undefined : answerTo(told, filled)
  },
  [modalNames.why]: async ({ person, about, filled, carried }, options) => {
    const { comment } = filled
    if (comment === undefined) return undefined
    const { request: id } = about
    const ask = { id, person, comment, once: onceFor(carried, id) }
    const told = await inTime(id, (mayStart) => options.comment(ask, mayStart), carried, options)
    return told.done ? undefined : answerTo(told, filled)
  },
}

/**
 * The forms that cards open. One that is taken closes; where something can be mended it stays, with what is wrong beside
 * it and all that was typed; and where nothing can be done any more it says what is so.
 */
export function registerForms(app: App, options: EdgeOptions): void {
  for (const [callback_id, take] of Object.entries(forms))
    app.view<ViewSubmitAction>({ type: 'view_submission', callback_id }, async (sent) => {
      const answer = await sentBy(take, sent.body, sent.view, carriedOf(sent), options)
      await (answer === undefined ? sent.ack() : sent.ack(answer))
    })
}

async function sentBy(take: Take, body: SlackViewAction, view: ViewOutput, carried: Carried, options: EdgeOptions) {
  const filled = readForm(view)
  const who = await whoDid(body.user, carried, options)
  if (!who.ok) return truth(who.sentence, filled)
  const about = readMetadata(view.private_metadata)
  if (!about) return truth(malformedForm, filled)
  return take({ person: who.person.id, about, filled, carried }, options)
}

const optional = (comment: string | undefined) => (comment === undefined ? {} : { comment })

/** What can be mended in the form itself. Whatever is no refusal is a fault, after which the same may be sent again. */
const mendable: readonly Refusal[] = [
  'comment_required',
  'not_narrower',
  'invalid_arguments',
  'session_policy_too_large',
]

function answerTo({ code, detail, sentence }: NotDone, filled: Filled): Answer {
  if (code !== undefined && !mendable.includes(code)) return truth(sentence, filled)
  return beside(filled, fieldNamed(detail, filled.fields), sentence)
}

const beside = ({ fields }: Filled, field: string | undefined, sentence: string): Answer => ({
  response_action: 'errors',
  errors: { [field ?? (fields.includes('comment') ? 'comment' : (fields[0] ?? 'comment'))]: sentence },
})

const truth = (sentence: string, { comment }: Filled): Answer => ({
  response_action: 'update',
  view: truthModal(sentence, comment),
})
