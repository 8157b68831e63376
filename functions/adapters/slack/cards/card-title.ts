import type { RichTextElement, RichTextSection } from '@slack/types'
import { clamp, exact, inert, lookalikeNote } from '../../../domain/inert.ts'
import { titleParts } from '../../../domain/policy/catalogue.ts'
import type { ApprovalRequest, Ask, NarrowedOnce } from '../../../domain/requests/request.ts'
import { duration } from '../../../domain/values.ts'
import { bold, type CardBlock, code, list, rich, section, time, words } from './blocks.ts'
import type { CardFacts } from './card-facts.ts'
import { whoOf } from './card-status.ts'

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

/** What approvers have made less than was asked: by whom, when, from what to what. */
export function narrowedBlocks(facts: CardFacts, { narrowings = [] }: ApprovalRequest): CardBlock[] {
  if (narrowings.length === 0) return []
  const heading = section(bold('Less than was asked'), words('. Everybody decides about what is left:'))
  return [rich('narrowed', heading, list(narrowings.map((each) => narrowedLine(facts, each))))]
}

function narrowedLine(facts: CardFacts, { by, at, arguments: args, uses, lifetime }: NarrowedOnce): RichTextSection {
  const short = (value: unknown) => clamp(exact(value), 60).text
  const noted = (text: string) => [lookalikeNote(text)].filter((note) => note !== '').map(words)
  const changes = [
    ...Object.entries(args).map(([name, { from, to }]) => [
      words(`, ${clamp(inert(name), 64).text} `),
      code(`${short(from)} → ${short(to)}`),
      ...noted(`${exact(from)} ${exact(to)}`),
    ]),
    ...(uses ? [[words(', uses '), code(`${uses.from} → ${uses.to}`)]] : []),
    ...(lifetime ? [[words(', good for '), code(`${duration(lifetime.from)} → ${duration(lifetime.to)}`)]] : []),
  ]
  return section(words(`by ${whoOf(facts, by)} at `), time(at), ...changes.flat(), words('.'))
}
