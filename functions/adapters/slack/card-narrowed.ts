import type { RichTextSection } from '@slack/types'
import { clamp, exact, inert, lookalikeNote } from '../../domain/inert.ts'
import type { ApprovalRequest, NarrowedOnce } from '../../domain/requests/request.ts'
import { duration } from '../../domain/values.ts'
import { bold, type CardBlock, code, list, rich, section, time, words } from './blocks.ts'
import type { CardFacts } from './card-facts.ts'
import { whoOf } from './card-status.ts'

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
