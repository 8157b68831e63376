// Rules: test/channels/slack/cards/plan-card.test.ts
import type { RichTextPreformatted, RichTextSection } from '@slack/types'
import type { StepView } from '../../../domain/cards/plan-view.ts'
import { saysState, stepState } from '../../../domain/cards/plan-words.ts'
import {
  differencesOf,
  kindOfChange,
  maskOf,
  planPreview,
  reachAfter,
  sidesOf,
  stepPreview,
} from '../../../domain/cards/preview-words.ts'
import type { RequestView } from '../../../domain/cards/request-view.ts'
import { argumentRows, titleText, toolRows } from '../../../domain/cards/request-words.ts'
import { textOf } from '../../../domain/cards/sentence.ts'
import { clamp, inert, lookalikeNote } from '../../../domain/inert.ts'
import type { StepStatus } from '../../../domain/record/plan-step.ts'
import { bold, type CardBlock, code, drawn, preformatted, rich, section, words } from './blocks.ts'

/** The style of a plan's steps: `brief` gives each value one short line, and `bare` leaves values out. */
export type StepBudget = { style: 'full' | 'brief' | 'bare'; values: number }

/** The sign before the words, which it repeats. */
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

/** Slack's limit for the text of one element. */
const longestText = 2_800

type Shown = { text: string; cut: boolean }

/** Every step in its order: the agent, the exact action, its resource and the change. */
export function stepBlocks(
  { steps = [], status }: Pick<RequestView, 'steps' | 'status'>,
  { style, values }: StepBudget,
): { blocks: CardBlock[]; cut: boolean } {
  const each = Math.floor(values / Math.max(1, steps.length))
  const plan = { steps, status }
  const lines = steps.map((step) => (style === 'bare' ? bareStep(step, plan, each) : wholeStep(step, plan, each)))
  const cut = lines.some((line) => line.cut)
  const heading = [section(bold('The steps, in this order')), section(...drawn(planPreview(plan)))]
  if (style === 'full') return { blocks: [rich('steps', ...heading, ...lines.flatMap(fullStep))], cut }
  const texts = chunked(lines.map(({ head, text }) => [head, ...text].join('\n   ')))
  return { blocks: [rich('steps', ...heading, ...texts.map(preformatted))], cut }
}

type Plan = { steps: readonly StepView[]; status: RequestView['status'] }

/** The lines of a step: its catalogue title, one line of ours, and one line for each value. */
type Lines = { step: StepView; title: string; head: string; text: readonly string[]; note: string; cut: boolean }

function fullStep({ step, title, head, text, note }: Lines): (RichTextSection | RichTextPreformatted)[] {
  const said = section(bold(`${step.step}. `), code(title), words(`\n${head.replace(/^\d+\. /, '')}`))
  const values = note === '' ? text : text.slice(0, -1)
  return [
    said,
    ...(values.length === 0 ? [] : [preformatted(values.join('\n'))]),
    ...(note === '' ? [] : [section(words(note))]),
  ]
}

function wholeStep(step: StepView, plan: Plan, budget: number): Lines {
  const head = `${step.step}. ${placeText(step)}${stateText(step, plan)}`
  const title = clamp(titleText(step.title), 120).text
  if (step.status === 'struck') return { step, title, head, text: [], note: '', cut: false }
  const [resource, args, preview] = [resourceOf(step, budget), argumentLines(step, budget), previewOf(step, budget)]
  const tools = toolRows(step).map((row) => `${row.label}: ${row.text}${row.note}`)
  const whole = [...tools, resource.text, args.text, preview.text].flatMap((each) =>
    each === '' ? [] : each.split('\n'),
  )
  const text = clamp(whole.join('\n'), longestText - 200)
  return {
    step,
    title,
    head,
    text: [...text.text.split('\n'), ...(preview.note === '' ? [] : [preview.note])],
    note: preview.note,
    cut: [resource, args, preview, text].some(({ cut }) => cut),
  }
}

function bareStep(step: StepView, plan: Plan, budget: number): Lines {
  const title = budget === 0 ? '' : `  ${clamp(titleText(step.title), budget).text}`
  const head = `${step.step}. ${clamp(placeText(step), 80).text}${title}${clamp(stateText(step, plan), 40).text}`
  return { step, title: '', head, text: [], note: '', cut: step.status !== 'struck' }
}

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

/** Each argument as the approved JSON, after the present value if it changes. */
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

/** The arguments whose change the preview shows in full: they need no second line. */
function changesIn(step: StepView): ReadonlyMap<string, { before?: string }> {
  if (step.preview?.outcome !== 'matched') return new Map()
  const values = new Map(argumentRows(step).map(({ label, text }) => [label, text]))
  const rows = differencesOf(step.preview).filter(
    ({ label, after, isSame, isMasked }) => !isSame && !isMasked && after !== undefined && after === values.get(label),
  )
  return new Map(
    rows.map((row) => [row.label, row.before === undefined ? {} : { before: sidesOf(row).before }] as const),
  )
}

/**
 * Preview values without an argument's line: masked ones, and ones that no argument names, with our own words beside
 * them.
 */
function previewOf(step: StepView, budget: number): Shown & { note: string } {
  const { preview } = step
  if (preview?.outcome !== 'matched')
    return {
      text: '',
      note: step.preview || step.after !== undefined ? textOf(stepPreview(step)) : '(no preview)',
      cut: false,
    }
  const told = changesIn(step)
  const left = differencesOf(preview).filter(({ label, isSame }) => !isSame && !told.has(label))
  const texts = left.map((row) => {
    const sides = sidesOf(row)
    return `${clamp(row.label, 48).text}  ${sides.before} → ${sides.after}${maskOf(row)}${row.note}`
  })
  const gap = preview.gap ? 'AWS cannot check it at the call.' : ''
  const notes = [textOf(kindOfChange(preview)).trim(), gap, textOf(reachAfter(preview)).trim()]
  const note = notes.filter((each) => each !== '').join(' ')
  return { ...clamp(texts.join('\n'), Math.max(budget, 64)), note }
}

/** The lines in as few texts as possible. */
function chunked(lines: readonly string[]): readonly string[] {
  const texts: string[] = []
  for (const line of lines) {
    const last = texts.at(-1)
    if (last !== undefined && last.length + line.length < longestText) texts[texts.length - 1] = `${last}\n${line}`
    else texts.push(line)
  }
  return texts
}

/** The name of a step in a form, which identifies it without its values. */
export const stepLabel = ({ step, title }: StepView, limit: number): string =>
  clamp(`${step}. ${titleText(title)}`, limit).text
