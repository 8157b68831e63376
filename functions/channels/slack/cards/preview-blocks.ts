// Rules: test/channels/slack/cards/card.test.ts
import {
  changeSentence,
  type Difference,
  differencesOf,
  maskOf,
  previewLine,
  reachWords,
  sidesOf,
} from '../../../domain/cards/preview-words.ts'
import type { RequestView } from '../../../domain/cards/request-view.ts'
import { clamp } from '../../../domain/inert.ts'
import { bold, type CardBlock, drawn, list, preformatted, rich, section, words } from './blocks.ts'

/** The present values beside the new ones; all unchanged values share one line. */
export function previewBlock(view: RequestView, budget: number): { block: CardBlock; cut: boolean } {
  const line = section(...drawn(previewLine(view)))
  const facts = reachWords(view.preview).map((each) => section(...drawn(each)))
  const reach = facts.length === 0 ? [] : [list(facts)]
  if (view.preview?.outcome !== 'matched') return { block: rich('preview', line, ...reach), cut: false }
  const rows = differencesOf(view.preview)
  const changing = rows.filter(({ isSame }) => !isSame)
  const same = rows.filter(({ isSame }) => isSame).map(({ label }) => clamp(label, 64).text)
  const shown = changing.map((row) => differenceLine(row, budget / Math.max(1, changing.length)))
  const parts = [
    ...(shown.length === 0 ? [] : [preformatted(shown.map(({ text }) => text).join('\n'))]),
    ...(same.length === 0 ? [] : [section(words(`Stays as it is: ${clamp(same.join(', '), 200).text}.`))]),
  ]
  return {
    block: rich('preview', section(bold('What changes: now → after')), ...parts, line, ...reach),
    cut: shown.some(({ cut }) => cut),
  }
}

function differenceLine(row: Difference, budget: number): { text: string; cut: boolean } {
  const sides = sidesOf(row)
  const [before, after] = [sides.before, sides.after].map((side) => clamp(side, Math.max(budget / 2, 24)))
  const text = `${clamp(row.label, 64).text}  ${before?.text} → ${after?.text}${maskOf(row)}${row.note}`
  return { text, cut: before?.cut === true || after?.cut === true }
}

export function changedBlocks({ changes, status }: RequestView): CardBlock[] {
  if (changes.length === 0) return []
  const last = status === 'pending' ? changes.at(-1) : undefined
  const sentences = changes.map((change) => section(...drawn(changeSentence(change, change === last), 160)))
  return [rich('changed', section(bold('Changed since it was asked')), list(sentences))]
}
