import { inert } from '../inert.ts'
import type { NumericDate } from '../values.ts'

/** What a sentence is made of, so that each channel can draw it in its own way. */

/** Our words; our words in bold; a value or an id; what a person said, to stand in quotes; a time. */
export type Part = string | { bold: string } | { value: string } | { said: string } | { time: NumericDate }
export type Sentence = readonly Part[]

/** A sentence where there is only one kind of type. */
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

/** Text of others never closes our quotes. */
export const unquoted = (text: string): string => inert(text).replace(/[“”„‟«»]/g, "'")
