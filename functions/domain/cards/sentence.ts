// Rules: test/channels/slack/cards/inert-card.test.ts
import { inert } from '../inert.ts'
import type { NumericDate } from '../values.ts'

/** Sentences in parts, so that each channel can draw them in its own way. */

/** Hotwork's words; the same in bold; a value or an id; a person's words, to stand in quotes; a time. */
export type Part = string | { bold: string } | { value: string } | { said: string } | { time: NumericDate }
export type Sentence = readonly Part[]

export const textOf = (sentence: Sentence): string =>
  sentence
    .map((part) => {
      if (typeof part === 'string') return part
      if ('bold' in part) return part.bold
      return 'time' in part ? '' : `“${unquoted('value' in part ? part.value : part.said)}”`
    })
    .join('')

/** A label and its text; `note` warns of letters that pass for others. */
export type Row = { label: string; text: string; note?: string }

/** A row with its place on a card: before the buttons, or behind them. */
export type PlacedRow = Row & { first?: true }

/** Quotes in others' text become `'`, so that it cannot close Hotwork's quotes. */
export const unquoted = (text: string): string => inert(text).replace(/[“”„‟«»]/g, "'")
