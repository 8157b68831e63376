// Rules: test/channels/slack/cards/card.test.ts
import type { RichTextElement } from '@slack/types'
import { changeCounts, changeSetOf, changeTexts, wallWords } from '../../../domain/cards/change-words.ts'
import type { StepView } from '../../../domain/cards/plan-view.ts'
import { stepsNamed } from '../../../domain/cards/plan-words.ts'
import {
  changeSentence,
  type Difference,
  differencesOf,
  kindOfChange,
  maskOf,
  planPreview,
  reachWords,
  readingLine,
  sidesOf,
} from '../../../domain/cards/preview-words.ts'
import { endsOf } from '../../../domain/cards/registry-words.ts'
import type { RequestView } from '../../../domain/cards/request-view.ts'
import { argumentRows } from '../../../domain/cards/request-words.ts'
import type { Sentence } from '../../../domain/cards/sentence.ts'
import { clamp } from '../../../domain/inert.ts'
import { bold, type CardBlock, drawn, exactly, list, rich, section, words } from './blocks.ts'

type Changing = Pick<StepView, 'arguments' | 'nested' | 'preview'>

/** The arguments whose change the preview shows in full: present and new value share a line. */
export function changedArguments(view: Changing): ReadonlyMap<string, { before?: string }> {
  if (view.preview?.outcome !== 'matched') return new Map()
  const values = new Map(argumentRows(view).map(({ label, text }) => [label, text]))
  const rows = differencesOf(view.preview).filter(
    ({ label, after, isSame, isMasked }) => !isSame && !isMasked && after !== undefined && after === values.get(label),
  )
  return new Map(
    rows.map((row) => [row.label, row.before === undefined ? {} : { before: sidesOf(row).before }] as const),
  )
}

/** The changing values without an argument's line: masked ones, and ones that no argument names. */
export function otherChanges(view: Changing): readonly Difference[] {
  if (view.preview?.outcome !== 'matched') return []
  const told = changedArguments(view)
  return differencesOf(view.preview).filter(({ label, isSame }) => !isSame && !told.has(label))
}

/** A shorter argument shares its line with others. */
const mostShort = 40
const mostJoined = 78

/** All arguments exactly, changing ones first with the present value; then the other changing values. */
export function changeLines(
  view: Changing,
  budget: { arguments: number; preview: number },
): { lines: string[]; cut: boolean } {
  const changing = changedArguments(view)
  const others = otherChanges(view)
  const share = budget.preview / Math.max(1, changing.size + others.length)
  const [changed, plain]: [string[], string[]] = [[], []]
  let [left, cut] = [budget.arguments, false]
  for (const { label, text, note } of argumentRows(view)) {
    const now = changing.get(label)
    // Labels of nested members have keys chosen by the agent: two equal after a cut would hide a value.
    const name = clamp(label, 128)
    const shown = clamp(text, Math.max(left, 24))
    const before = now?.before === undefined ? undefined : clamp(now.before, Math.max(share / 2, 24))
    const line = `${name.text} = ${before ? `${before.text} → ` : ''}${shown.text}${note}`
    ;(now ? changed : plain).push(line)
    left -= [...shown.text].length
    cut ||= [name, shown, before].some((each) => each?.cut)
  }
  const rows = others.map((row) => differenceLine(row, share))
  return {
    lines: [...changed, ...rows.map(({ text }) => text), ...joined(plain)],
    cut: cut || rows.some((row) => row.cut),
  }
}

/** Joins short lines with three spaces. Values are JSON, so their ends are unambiguous. */
function joined(lines: readonly string[]): string[] {
  const all: string[] = []
  for (const line of lines) {
    const last = all.at(-1)
    const isShort = [line, last ?? ''].every((each) => !each.includes('←')) && line.length <= mostShort
    if (last !== undefined && isShort && last.length + line.length + 3 <= mostJoined)
      all[all.length - 1] = `${last}   ${line}`
    else all.push(line)
  }
  return all.length === 0 ? ['(no arguments)'] : all
}

function differenceLine(row: Difference, budget: number): { text: string; cut: boolean } {
  const sides = sidesOf(row)
  const [before, after] = [sides.before, sides.after].map((side) => clamp(side, Math.max(budget / 2, 24)))
  const text = `${clamp(row.label, 64).text}  ${before?.text} → ${after?.text}${maskOf(row)}${row.note}`
  return { text, cut: before?.cut === true || after?.cut === true }
}

/** At most 20 lines of a change set. A removal or replacement that has no line is decided on the page. */
export function changeSetBlocks(view: RequestView, lines: number): { blocks: CardBlock[]; cut: boolean } {
  const set = changeSetOf(view)
  if (!set) return { blocks: [], cut: false }
  const shown = changeTexts(set, Math.ceil(lines * 2.5))
  const texts = shown.lines.map((text) => clamp(text, 160).text)
  const parts = [section(...drawn(changeCounts(set))), ...(texts.length === 0 ? [] : [exactly(texts)])]
  return { blocks: [rich('changes', ...parts, section(...drawn(wallWords(set))))], cut: shown.cut }
}

/** The part before the buttons: a failed reading, a new or unchanged resource, and the reach. */
export function stateBlocks(view: RequestView): CardBlock[] {
  const { preview, steps } = view
  if (!preview || steps) return []
  const { outcome } = preview
  const kind =
    outcome === 'matched' ? [...kindOfChange(preview), ...endsOf(view)] : outcome === 'failed' ? readingLine(view) : []
  const reach = reachWords(preview).flatMap((each, at): RichTextElement[] => [
    ...(at === 0 ? [] : [words(' · ')]),
    ...drawn(each),
  ])
  const parts = [drawn(kind), reach].filter((each) => each.length > 0).map((each) => section(...each))
  return parts.length === 0 ? [] : [rich('state', ...parts)]
}

/** The part behind the buttons: the time of the reading, and the unchanged values. */
export function readBlocks(view: RequestView): CardBlock[] {
  const { preview, steps } = view
  if (steps) return [rich('preview', section(...drawn([...planPreview({ ...view, steps }), ...gapSentence(steps)])))]
  if (preview?.outcome === 'failed') return []
  const same = preview?.outcome === 'matched' ? differencesOf(preview).filter(({ isSame }) => isSame) : []
  const names = same.map(({ label }) => clamp(label, 64).text).join(', ')
  return [
    rich(
      'preview',
      section(...drawn(readingLine(view))),
      ...(names === '' ? [] : [section(words(`Stays as it is: ${clamp(names, 200).text}.`))]),
    ),
  ]
}

/** The steps whose state AWS cannot check at the call. */
function gapSentence(steps: readonly StepView[]): Sentence {
  const open = steps.filter(({ preview }) => preview?.outcome === 'matched' && preview.gap)
  return open.length === 0 ? [] : [` AWS cannot check it at the call of ${stepsNamed(open.map(({ step }) => step))}.`]
}

export function changedBlocks({ changes, status }: RequestView): CardBlock[] {
  if (changes.length === 0) return []
  const last = status === 'pending' ? changes.at(-1) : undefined
  const sentences = changes.map((change) => section(...drawn(changeSentence(change, change === last), 160)))
  return [rich('changed', section(bold('Changed since it was asked')), list(sentences))]
}
