// Rules: test/channels/slack/forms/forms.test.ts
import type { App, ViewOutput } from '@slack/bolt'
import type { InputBlock } from '@slack/types'
import * as z from 'zod'
import { canBeLess } from '../../../domain/cards/narrowable.ts'
import type { Narrowable, RequestView, ViewFacts } from '../../../domain/cards/request-view.ts'
import { describeRequest, openStageOf, titleOf } from '../../../domain/cards/request-view.ts'
import { roundText, titleParts } from '../../../domain/cards/request-words.ts'
import { suggestField } from '../../../domain/cards/suggestible.ts'
import { inert } from '../../../domain/inert.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import { toldOf } from '../../../domain/refusals.ts'
import { itemsOut, type Narrow, narrowSteps } from '../../../domain/requests/narrow.ts'
import { mostToAgent } from '../../../domain/requests/plain-text.ts'
import { defined } from '../../../domain/values.ts'
import { bold, type CardBlock, context, drawn, preformatted, rich, section, words } from '../cards/blocks.ts'
import { resourceText } from '../cards/card.ts'
import { placeOf } from '../cards/rows.ts'
import { attempt, decide, type NotDone } from '../edge/answers.ts'
import { metadataOf, onceFor, readSubject, type Subject } from '../edge/click.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { keepOpen, onSubmit, showInstead } from '../edge/listen.ts'
import { nothingLess } from '../edge/sentences.ts'
import { argumentPrefix } from './argument-inputs.ts'
import { cut, form, input, type Modal, textIn, textInput, truthModal, type Values } from './modal-blocks.ts'
import {
  type ItemOut,
  itemsIn,
  itemsOfSteps,
  lessInputs,
  loweredSteps,
  stepField,
  stepInputs,
  struckSteps,
  withoutField,
} from './plan-forms.ts'

type FilledForm = {
  fields: readonly string[]
  comment: string | undefined
  toAgent: string | undefined
  typed: string | undefined
  changed: ReadonlyMap<string, number>
  /** The steps of a plan that are struck out. */
  struck: readonly number[]
  items: readonly ItemOut[]
  /** The fields with a value outside its bounds, with the bounds. */
  wrong: { [field: string]: string }
}

/** Our own form as Slack returns it, signed, with our bounds. */
const NumberBlock = z.object({
  type: z.literal('input'),
  block_id: z.string(),
  element: z.object({
    type: z.literal('number_input'),
    is_decimal_allowed: z.boolean(),
    initial_value: z.string(),
    min_value: z.string(),
    max_value: z.string(),
  }),
})

/** Reads a submitted form. Bounds and lengths are checked again, because the sender may not be Slack's client. */
export function readForm({ blocks, state }: Pick<ViewOutput, 'blocks' | 'state'>): FilledForm {
  const fields = fieldsOf({ blocks })
  const [changed, wrong]: [Map<string, number>, FilledForm['wrong']] = [new Map(), {}]
  for (const block of blocks) {
    const parsed = NumberBlock.safeParse(block)
    if (!parsed.success) continue
    const { block_id: field, element } = parsed.data
    const [text, least, most] = [textIn(state.values, field), Number(element.min_value), Number(element.max_value)]
    if (text === '' || text === element.initial_value) continue
    const form = element.is_decimal_allowed ? /^-?\d{1,15}(?:\.\d{1,4})?$/ : /^-?\d{1,15}$/
    const number = form.test(text) ? Number(text) : Number.NaN
    const kind = element.is_decimal_allowed ? 'number' : 'whole number'
    if (number >= least && number <= most) changed.set(field, number)
    else wrong[field] = `a ${kind} from ${least} to ${most}`
  }
  const comment = cut(textIn(state.values, 'comment')) || undefined
  const toAgent = toAgentIn(state.values)
  const typed = state.values[typedField]?.[typedField]?.value ?? undefined
  return {
    fields,
    comment,
    toAgent,
    typed,
    changed,
    struck: struckSteps(state.values),
    items: itemsIn(state.values),
    wrong,
  }
}

export const modalNames = { approve: 'approve', narrow: 'narrow', why: 'why' } as const

export function approveModal(state: ApprovalRequest, facts: ViewFacts, about: Subject): Modal {
  const view = describeRequest(state, facts)
  return form(
    modalNames.approve,
    { title: 'Approve', submit: 'Approve', about: metadataOf(about) },
    ...factBlocks(view),
    ...typedInput(view),
    commentInput(view, 'People who look at this request see it. The agent does not.'),
    ...(view.registry
      ? []
      : [toAgentInput({ optional: true, hint: 'The agent reads it once this is settled, without your name.' })]),
  )
}

export function narrowModal(state: ApprovalRequest, facts: ViewFacts, about: Subject): Modal | undefined {
  const view = describeRequest(state, facts)
  if (!canBeLess(view)) return undefined
  return form(
    modalNames.narrow,
    { title: 'Narrow: approve less', submit: 'Approve this much', about: metadataOf(about) },
    ...factBlocks(view),
    ...(view.steps ? stepInputs(view.steps) : view.narrowable.flatMap(narrowInputs)),
    ...typedInput(view),
    commentInput(view, 'People who look at this request see it.'),
    context(
      'The other approvers are asked again about what is left, each stage with a new deadline. The end of the request does not move.',
    ),
  )
}

export const whyModal = (state: ApprovalRequest, facts: ViewFacts, about: Subject): Modal =>
  form(
    modalNames.why,
    { title: 'Denied', submit: 'Say why', close: 'Give no reason', about: metadataOf(about) },
    rich(
      'done',
      section(
        bold(state.status === 'revoked' ? 'Your denial is on record, and has revoked: ' : 'Your denial is on record: '),
        ...drawn(titleParts(titleOf(state.ask, facts))),
      ),
    ),
    textInput('comment', 'Why?', {
      optional: true,
      hint: 'The agent’s owner reads it, and it stays on record. The agent does not: for that there is “Deny with words”.',
    }),
  )

export const factBlocks = (view: RequestView): CardBlock[] => [
  rich(
    'what',
    section(...drawn(titleParts(view.title)), words('\n'), ...placeOf(view)),
    ...(view.steps ? [] : [preformatted(resourceText(view, 512).text)]),
  ),
  context(`Request ${view.id}${roundText(view)}   Digest ${view.digest.slice(0, 24)}`),
]

function commentInput(view: RequestView, hint: string) {
  const required = openStageOf(view)?.needsComment ?? false
  return textInput('comment', required ? 'Why (this stage wants a reason)' : 'Comment', { optional: !required, hint })
}

const typedField = 'typed'

/** The field for the resource's name, if the tier demands it. */
const typedInput = ({ typeThis }: RequestView): InputBlock[] =>
  typeThis === undefined
    ? []
    : [
        input(
          typedField,
          'To approve, type the name of the resource',
          { type: 'plain_text_input', max_length: 2048 },
          { hint: inert(typeThis) },
        ),
      ]

/** Words to the agent. The comment is for people. */
export const toAgentInput = (beside: { hint: string; optional?: boolean }): InputBlock =>
  textInput(toAgentField, 'To the agent', beside, mostToAgent)

const toAgentField = 'to_agent'

export const toAgentIn = (values: Values): string | undefined => textIn(values, toAgentField) || undefined

const labels = { uses: 'Uses', minutes: 'Minutes that the credential is valid' }

const narrowInputs = (each: Narrowable) =>
  each.of === 'uses' || each.of === 'minutes'
    ? lessInputs(each, each.of, labels[each.of])
    : lessInputs(each, `${argumentPrefix}${each.name}`, each.name)

function narrowOf({ changed, struck, items }: Pick<FilledForm, 'changed' | 'struck' | 'items'>): Narrow {
  const args = [...changed].filter(([name]) => name.startsWith(argumentPrefix))
  const named = args.map(([name, value]) => [name.slice(argumentPrefix.length), value])
  return defined({
    arguments: named.length === 0 ? undefined : Object.fromEntries(named),
    without: itemsOut(items.filter(({ step }) => step === undefined)),
    uses: changed.get('uses'),
    minutes: changed.get('minutes'),
    steps: narrowSteps(struck, [...loweredSteps(changed), ...itemsOfSteps(items)]),
  })
}

/**
 * The field that a refusal is about: its detail names an argument, `uses` or `minutes` first, between backticks; for a
 * plan it names the step.
 */
function fieldNamed(detail: string | undefined, fields: readonly string[]): string | undefined {
  const named = detail?.match(/`([^`]+)`/)?.[1] ?? ''
  const step = detail?.match(/^step (\d+): /)?.[1]
  const of = defined({ step: step === undefined ? undefined : Number(step) })
  const own = of.step === undefined ? `${argumentPrefix}${named}` : stepField(of.step, named)
  const all = [named, own, withoutField(named, of.step), suggestField(of, named)]
  return fields.find((field) => all.includes(field))
}

/** An accepted form closes; one that can be corrected stays open, with everything typed. */
export function registerForms(app: App, options: EdgeOptions): void {
  onSubmit(app, options, modalNames.approve, readSubject, async ({ person, about, view, typed, carried }) => {
    const { fields, comment, toAgent, typed: name } = readForm(view)
    const ask = { person, verdict: 'approve', ...defined({ comment, toAgent, typed: name }) } as const
    return answerTo(await decide(ask, about, carried, options), { fields, typed })
  })
  onSubmit(app, options, modalNames.narrow, readSubject, async ({ person, about, view, typed, carried }) => {
    const filled = readForm(view)
    if (Object.keys(filled.wrong).length > 0) return keepOpen(filled.wrong)
    if (filled.changed.size === 0 && filled.struck.length + filled.items.length === 0)
      return keepOpenAt(filled, filled.fields[0], nothingLess)
    const narrow = narrowOf(filled)
    const { fields, comment, toAgent, typed: name } = filled
    const ask = { person, verdict: 'approve', narrow, ...defined({ comment, toAgent, typed: name }) } as const
    return answerTo(await decide(ask, about, carried, options), { fields, typed })
  })
  onSubmit(
    app,
    options,
    modalNames.why,
    readSubject,
    async ({ person, about: { request: id }, view, typed, carried }) => {
      const { fields, comment } = readForm(view)
      if (comment === undefined) return {}
      const ask = { id, person, comment, once: onceFor(carried, id) }
      return answerTo(await attempt({ request: id }, ask, options.comment, carried, options), { fields, typed })
    },
  )
}

/** The fields of a form, in its order. */
export const fieldsOf = ({ blocks }: Pick<ViewOutput, 'blocks'>): readonly string[] =>
  blocks.flatMap((block) => (block.type === 'input' && block.block_id ? [block.block_id] : []))

/** `typed`: all text of the form, which a form that can do no more shows again. */
type Sent = { fields: readonly string[]; typed: string | undefined }

export function answerTo(told: { done: true } | NotDone, { fields, typed }: Sent) {
  if (told.done) return {}
  const { code, detail, sentence } = told
  // Errors can be corrected in the form. After a fault, which has no code, it may be submitted again.
  const { status, field } = code === undefined ? { status: 400 } : toldOf(code, detail)
  if (status !== 400 && code !== 'name_mismatch') return showInstead(truthModal(sentence, typed))
  return keepOpenAt({ fields }, fieldNamed(detail, fields) ?? fields.find((each) => each === field), sentence)
}

const keepOpenAt = ({ fields }: Pick<Sent, 'fields'>, field: string | undefined, sentence: string) =>
  keepOpen({ [field ?? (fields.includes('comment') ? 'comment' : (fields[0] ?? 'comment'))]: sentence })
