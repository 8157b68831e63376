import type { RichTextElement } from '@slack/types'
import { clamp, inert } from '../../domain/inert.ts'
import { titleParts } from '../../domain/policy/catalogue.ts'
import type { Ask } from '../../domain/requests/request.ts'
import { bold, code } from './blocks.ts'
import type { CardFacts } from './card-facts.ts'

/** A value never reads as part of our sentence: it stands between quotes that are not in it, or in another type. */
const unquoted = (text: string): string => inert(text).replace(/[“”„‟«»]/g, "'")

/** What is asked for, as far as its title says it. */
type Titled = { ask: Pick<Ask, 'action' | 'arguments'> }

/** What will happen, in the catalogue's words; the values of the arguments look like values. */
export function titleOn(facts: CardFacts, state: Titled): RichTextElement[] {
  const entry = facts.actions[state.ask.action]
  if (!entry) return [code(state.ask.action)]
  return titleParts(entry, state.ask.arguments)
    .filter(({ text }) => text !== '')
    .map(({ text, isValue }) => (isValue ? code(inert(text)) : bold(inert(text))))
}

/** The same where there is only one kind of type. */
export function titleFor(facts: CardFacts, state: Titled, limit: number): string {
  const entry = facts.actions[state.ask.action]
  const text = entry
    ? titleParts(entry, state.ask.arguments)
        .map(({ text, isValue }) => (isValue ? `“${unquoted(text)}”` : inert(text)))
        .join('')
    : state.ask.action
  return clamp(text, limit).text
}
