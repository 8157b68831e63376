import type { App, SlackViewAction, ViewOutput, ViewResponseAction, ViewSubmitAction } from '@slack/bolt'
import * as z from 'zod'
import {
  describeRequest,
  openStageOf,
  type RequestView,
  titleOfAction,
  type ViewFacts,
} from '../../../domain/cards/request-view.ts'
import { titleParts } from '../../../domain/cards/request-words.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import { refusals } from '../../../domain/refusals.ts'
import type { ApprovalRequest } from '../../../domain/requests/request.ts'
import { type PersonId, RequestId } from '../../../domain/values.ts'
import { bold, type CardBlock, context, drawn, plain, preformatted, rich, section, words } from '../cards/blocks.ts'
import { placeOf, resourceText } from '../cards/card.ts'
import { decideTold, inTime, type NotDone } from '../edge/answers.ts'
import { type Carried, type Click, carriedOf, onceFor, readValue, whoDid } from '../edge/click.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { malformedForm, nothingLess } from '../edge/sentences.ts'
import { longestComment, type Modal, numberInput, textInput } from './modal-blocks.ts'
import { fieldNamed, narrowFields, narrowOf } from './narrow-fields.ts'

/** What somebody has filled in. */
type FilledForm = {
  /** The inputs there were. */
  fields: readonly string[]
  comment: string | undefined
  /** The numbers that are not what they were. */
  changed: ReadonlyMap<string, number>
  /** What is no number between its bounds, with what it should be. */
  wrong: { [field: string]: string }
}

/** Our own form, as Slack sends it back, signed: the bounds in it are those that were put there. */
const NumberBlock = z.object({
  type: z.literal('input'),
  block_id: z.string(),
  element: z.object({
    type: z.literal('number_input'),
    initial_value: z.string(),
    min_value: z.string(),
    max_value: z.string(),
  }),
})

/** Reads what was filled in. Bounds and lengths are asked of it again: Slack's client keeps to them, and may not be it. */
export function readForm({ blocks, state }: Pick<ViewOutput, 'blocks' | 'state'>): FilledForm {
  const fields = blocks.flatMap((block) => (block.type === 'input' && block.block_id ? [block.block_id] : []))
  const textIn = (field: string) => state.values[field]?.[field]?.value ?? undefined
  const typed = textIn('comment')?.trim()
  const [changed, wrong]: [Map<string, number>, FilledForm['wrong']] = [new Map(), {}]
  for (const block of blocks) {
    const parsed = NumberBlock.safeParse(block)
    if (!parsed.success) continue
    const { block_id: field, element } = parsed.data
    const [text, least, most] = [textIn(field)?.trim(), Number(element.min_value), Number(element.max_value)]
    if (text === undefined || text === '' || text === element.initial_value) continue
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) changed.set(field, number)
    else wrong[field] = `a whole number from ${least} to ${most}`
  }
  return { fields, comment: typed ? [...typed].slice(0, longestComment).join('') : undefined, changed, wrong }
}

/** The forms, by the name under which Slack sends what was filled in. */
export const modalNames = { approve: 'approve', narrow: 'narrow', why: 'why' } as const

/**
 * What a form is about, kept by Slack beside it: the request, round and digest that were seen, and in which message. Never
 * what anybody typed, nor an argument.
 */
const Metadata = z.strictObject({
  r: RequestId,
  n: z.int().positive(),
  d: z.string().regex(/^sha-256:[A-Za-z0-9_-]{8}$/),
  c: z.string().max(32).optional(),
  t: z.string().max(32).optional(),
})

/** What somebody acts on: what they saw, and the message in which they did, where that is known. */
export type Subject = Click & { channel?: string | undefined; ts?: string | undefined }

const metadataOf = ({ request: r, round: n, digest: d, channel: c, ts: t }: Subject): string =>
  JSON.stringify({ r, n, d, ...(c === undefined || t === undefined ? {} : { c, t }) })

function readMetadata(text: string): Subject | undefined {
  const read = readValue(Metadata, text)
  return read && { request: read.r, round: read.n, digest: read.d, channel: read.c, ts: read.t }
}

/** To approve with a comment, or where the stage wants one. */
export function approveModal(state: ApprovalRequest, facts: ViewFacts, about: Subject): Modal {
  const view = describeRequest(state, facts)
  return {
    ...frame(modalNames.approve, about, 'Approve', 'Approve'),
    blocks: [...factBlocks(view), commentInput(view, 'People who look at this request see it. The agent does not.')],
  }
}

/** To approve less than was asked; undefined where there is nothing that could be less. */
export function narrowModal(state: ApprovalRequest, facts: ViewFacts, about: Subject): Modal | undefined {
  const view = describeRequest(state, facts)
  const fields = narrowFields(view.narrowable)
  if (fields.length === 0) return undefined
  return {
    ...frame(modalNames.narrow, about, 'Narrow: approve less', 'Approve this much'),
    blocks: [
      ...factBlocks(view),
      ...fields.map(({ name, label, ...bounds }) => numberInput(name, label, bounds)),
      commentInput(view, 'People who look at this request see it.'),
      context(afterNarrowing),
    ],
  }
}

const afterNarrowing =
  'The others are asked again about what is left, each stage with a new deadline. The end of the request does not move.'

/** Asks why, of somebody whose denial is on record already. */
export const whyModal = (state: ApprovalRequest, facts: ViewFacts, about: Subject): Modal => ({
  ...frame(modalNames.why, about, 'Denied', 'Say why'),
  close: plain('Leave it at that'),
  blocks: [
    rich(
      'done',
      section(
        bold(state.status === 'revoked' ? 'Your denial is on record, and has revoked: ' : 'Your denial is on record: '),
        ...drawn(titleParts(titleOfAction(state.ask, facts))),
      ),
    ),
    textInput('comment', 'Why?', { required: false, hint: 'The agent is told, and can do better next time.' }),
  ],
})

/** What is so, where a form can do nothing more; with what was typed, so that it is not lost. */
export const truthModal = (sentence: string, typed?: string): Modal => ({
  type: 'modal',
  title: plain('Not counted'),
  close: plain('Close'),
  blocks: [
    rich('truth', section(words(clamp(inert(sentence), 900).text))),
    ...(typed === undefined || typed.trim() === ''
      ? []
      : [rich('typed', section(bold('You had written')), preformatted(clamp(inert(typed), longestComment * 3).text))]),
  ],
})

const frame = (name: string, about: Subject, title: string, submit: string) => ({
  type: 'modal' as const,
  callback_id: name,
  private_metadata: metadataOf(about),
  title: plain(title),
  submit: plain(submit),
  close: plain('Go back'),
})

const factBlocks = (view: RequestView): CardBlock[] => [
  rich(
    'what',
    section(...drawn(titleParts(view.title)), words('\n'), ...placeOf(view)),
    preformatted(resourceText(view, 512).text),
  ),
  context(`Request ${view.id}   Round ${view.round}   Digest ${view.digest.slice(0, 24)}`),
]

function commentInput(view: RequestView, hint: string) {
  const required = openStageOf(view)?.needsComment ?? false
  return textInput('comment', required ? 'Why (this stage wants a reason)' : 'Comment', { required, hint })
}

/** A form that somebody who is somebody has sent, about what they saw. */
type Sent = { person: PersonId; about: Subject; filled: FilledForm; carried: Carried }
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

function answerTo({ code, detail, sentence }: NotDone, filled: FilledForm): Answer {
  // What is wrong with the form can be mended in it. A fault has no code, and after it the same may be sent again.
  if (code !== undefined && refusals[code].status !== 400) return truth(sentence, filled)
  return beside(filled, fieldNamed(detail, filled.fields), sentence)
}

const beside = ({ fields }: FilledForm, field: string | undefined, sentence: string): Answer => ({
  response_action: 'errors',
  errors: { [field ?? (fields.includes('comment') ? 'comment' : (fields[0] ?? 'comment'))]: sentence },
})

const truth = (sentence: string, { comment }: FilledForm): Answer => ({
  response_action: 'update',
  view: truthModal(sentence, comment),
})
