import type { RichTextSection } from '@slack/types'
import type { StepView } from '../../../domain/cards/plan-view.ts'
import { saysState, stepNow, stepState } from '../../../domain/cards/plan-words.ts'
import {
  differencesOf,
  kindOfChange,
  maskOf,
  planPreview,
  sidesOf,
  stepPreview,
} from '../../../domain/cards/preview-words.ts'
import type { RequestView } from '../../../domain/cards/request-view.ts'
import { argumentRows, titleParts, titleText } from '../../../domain/cards/request-words.ts'
import { textOf } from '../../../domain/cards/sentence.ts'
import { clamp, exact, inert, lookalikeNote } from '../../../domain/inert.ts'
import type { StepStatus } from '../../../domain/requests/plan-step.ts'
import { bold, type CardBlock, code, drawn, preformatted, rich, section, words } from './blocks.ts'

/** How the steps of a plan are drawn: `brief` has a line of type for each, and `bare` no values. */
export type StepBudget = { style: 'full' | 'brief' | 'bare'; values: number }

/** A sign before the words, which say the same. */
const signs: { readonly [status in StepStatus]: string } = {
  waiting: '▫️',
  open: '▶️',
  succeeded: '✅',
  failed: '❌',
  late: '⌛',
  revoked: '🛑',
  struck: '✂️',
  ended: '⏹️',
}

/** Slack takes no longer text in one element. */
const longestText = 2_800

type Shown = { text: string; cut: boolean }

/** Every step in its order: who does what to what, exactly, and what changes by it. */
export function stepBlocks(
  { steps = [], status }: Pick<RequestView, 'steps' | 'status'>,
  { style, values }: StepBudget,
): { blocks: CardBlock[]; cut: boolean } {
  const each = Math.floor(values / Math.max(1, steps.length))
  const plan = { steps, status }
  if (style === 'full') {
    const drawnSteps = steps.map((step) => fullStep(step, plan, each))
    const parts = drawnSteps.map(({ block }) => block)
    return {
      blocks: [heading(plan, ''), ...parts],
      cut: drawnSteps.some(({ cut }) => cut),
    }
  }
  const lines = steps.map((step) => (style === 'brief' ? briefStep(step, plan, each) : bareStep(step, plan)))
  const texts = chunked(lines.map(({ text }) => text))
  return {
    blocks: [heading(plan, ', exactly'), ...texts.map((text, at) => rich(`steps-${at + 1}`, preformatted(text)))],
    cut: lines.some(({ cut }) => cut),
  }
}

type Plan = { steps: readonly StepView[]; status: RequestView['status'] }

const heading = (plan: Plan, how: string): CardBlock =>
  rich('steps', section(bold(`The steps, in this order${how}`)), section(...drawn(planPreview(plan))))

function fullStep(step: StepView, plan: Plan, budget: number): { block: CardBlock; cut: boolean } {
  const [resource, args] = [resourceOf(step, budget), argumentLines(step, budget)]
  const sign = saysState(plan, step) ? `${signs[step.status]} ` : ''
  const head: RichTextSection = section(
    bold(`${sign}${step.step}. `),
    ...drawn(titleParts(step.title)),
    ...(saysState(plan, step) ? [words(' · '), ...drawn(stepNow(step), 120)] : []),
    words('\n'),
    ...placeOfStep(step),
  )
  if (step.status === 'struck') return { block: rich(`step-${step.step}`, head), cut: false }
  const preview = previewOf(step, budget)
  const exactly = clamp(`${resource.text}\n${args.text}`, longestText)
  return {
    block: rich(
      `step-${step.step}`,
      head,
      preformatted(exactly.text),
      ...(preview.text === '' ? [] : [section(words(preview.text))]),
    ),
    cut: [resource, args, preview, exactly].some(({ cut }) => cut),
  }
}

function placeOfStep({ agent, environment, action, undo }: StepView) {
  return [
    words(`${agent.id} · `),
    bold(environment.toUpperCase()),
    words(' · '),
    code(action),
    ...(undo?.possible === false ? [words(' · '), bold('CANNOT BE UNDONE')] : []),
  ]
}

function briefStep(step: StepView, plan: Plan, budget: number): Shown {
  const first = `${step.step}. ${placeText(step)}${stateText(step, plan)}`
  if (step.status === 'struck') return { text: first, cut: false }
  const [resource, args, preview] = [resourceOf(step, budget), argumentLines(step, budget), previewOf(step, budget)]
  const lines = [resource.text, ...args.text.split('\n'), ...(preview.text === '' ? [] : [preview.text])]
  const whole = clamp([first, ...lines].join('\n   '), longestText)
  return { text: whole.text, cut: [resource, args, preview, whole].some(({ cut }) => cut) }
}

const bareStep = (step: StepView, plan: Plan): Shown => ({
  text: `${step.step}. ${clamp(placeText(step), 80).text}${clamp(stateText(step, plan), 40).text}`,
  cut: step.status !== 'struck',
})

const placeText = ({ agent, environment, action, undo }: StepView): string =>
  `${agent.id}  ${environment.toUpperCase()}  ${inert(action)}${undo?.possible === false ? '  CANNOT BE UNDONE' : ''}`

function stateText(step: StepView, plan: Plan): string {
  if (!saysState(plan, step)) return ''
  const why = (step.because ?? '').trim()
  return `  ${signs[step.status]} ${stepState(step)}${why === '' ? '' : `: ${clamp(inert(why), 80).text}`}`
}

function resourceOf({ resource: { id } }: StepView, budget: number): Shown {
  const { text, cut } = clamp(inert(id), Math.max(budget, 96))
  return { text: `${text}${lookalikeNote(id)}`, cut }
}

/** Each argument as the JSON that is approved. Where it changes what is there, that stands before it. */
function argumentLines(step: StepView, budget: number): Shown {
  const rows = argumentRows(step)
  if (rows.length === 0) return { text: '(no arguments)', cut: false }
  const changing = changesIn(step)
  let cut = false
  const share = Math.max(24, Math.floor(budget / rows.length))
  const lines = rows.map(({ label, text, note }) => {
    const now = changing.get(label)
    const [name, value] = [clamp(label, 48), clamp(text, share)]
    const before = now?.before === undefined ? undefined : clamp(now.before, share)
    cut ||= [name, value, before].some((each) => each?.cut)
    return `${name.text} = ${before ? `${before.text} → ` : ''}${value.text}${note}`
  })
  return { text: lines.join('\n'), cut }
}

/** The arguments whose new value is shown whole by what is read: they need no second line. */
function changesIn({ preview, arguments: args }: StepView): ReadonlyMap<string, { before?: string }> {
  if (preview?.outcome !== 'matched') return new Map()
  const rows = differencesOf(preview).filter(
    ({ label, after, isSame, isMasked }) => !isSame && !isMasked && after === exact(args[label]),
  )
  return new Map(
    rows.map((row) => [row.label, row.before === undefined ? {} : { before: sidesOf(row).before }] as const),
  )
}

/** What no argument's line says: what is masked, what no argument names, and where nothing was read. */
function previewOf(step: StepView, budget: number): Shown {
  const { preview } = step
  if (preview?.outcome !== 'matched') return { text: textOf(stepPreview(step)), cut: false }
  const told = changesIn(step)
  const left = differencesOf(preview).filter(({ label, isSame }) => !isSame && !told.has(label))
  const texts = left.map((row) => {
    const sides = sidesOf(row)
    return `${clamp(row.label, 48).text}  ${sides.before} → ${sides.after}${maskOf(row)}${row.note}`
  })
  const rest = clamp(texts.join('; '), Math.max(budget, 64))
  const gap = preview.gap ? 'AWS cannot check it at the call.' : ''
  return {
    text: [textOf(kindOfChange(preview)).trim(), rest.text, gap].filter((text) => text !== '').join(' '),
    cut: rest.cut,
  }
}

/** As few texts as hold all the lines. */
function chunked(lines: readonly string[]): readonly string[] {
  const texts: string[] = []
  for (const line of lines) {
    const last = texts.at(-1)
    if (last !== undefined && last.length + line.length < longestText) texts[texts.length - 1] = `${last}\n${line}`
    else texts.push(line)
  }
  return texts
}

/** A form says of a step no more than which one it is. */
export const stepLabel = ({ step, title }: StepView, limit: number): string =>
  clamp(`${step}. ${titleText(title)}`, limit).text
