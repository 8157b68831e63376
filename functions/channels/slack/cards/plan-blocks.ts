// Rules: test/channels/slack/cards/plan-card.test.ts
import type { RichTextPreformatted, RichTextSection } from '@slack/types'
import type { StepView } from '../../../domain/cards/plan-view.ts'
import { saysState, stepState } from '../../../domain/cards/plan-words.ts'
import { kindOfChange, reachAfter, stepPreview } from '../../../domain/cards/preview-words.ts'
import type { RequestView } from '../../../domain/cards/request-view.ts'
import { titleText, toolRows } from '../../../domain/cards/request-words.ts'
import { textOf } from '../../../domain/cards/sentence.ts'
import { clamp, inert, lookalikeNote } from '../../../domain/inert.ts'
import type { StepStatus } from '../../../domain/record/plan-step.ts'
import { bold, type CardBlock, code, preformatted, rich, section, words } from './blocks.ts'
import { changeLines } from './preview-blocks.ts'

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
  const heading = [section(bold('The steps, in this order'))]
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
  const [resource, change, note] = [
    resourceOf(step, budget),
    changeLines(step, { arguments: budget, preview: Math.max(budget, 64) }),
    noteOfStep(step),
  ]
  const tools = toolRows(step).map((row) => `${row.label}: ${row.text}${row.note}`)
  const text = clamp([...tools, resource.text, ...change.lines].join('\n'), longestText - 200)
  return {
    ...{ step, title, head, note },
    text: [...text.text.split('\n'), ...(note === '' ? [] : [note])],
    cut: [resource, change, text].some(({ cut }) => cut),
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

/** Hotwork's words beneath a step's values: its reading and its reach. */
function noteOfStep(step: StepView): string {
  const { preview, after } = step
  if (preview?.outcome !== 'matched') return preview || after !== undefined ? textOf(stepPreview(step)) : '(no preview)'
  const notes = [textOf(kindOfChange(preview)).trim(), textOf(reachAfter(preview)).trim()]
  return notes.filter((each) => each !== '').join(' ')
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
