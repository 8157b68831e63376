// Rules: test/domain/cards/message-words.test.ts
import { exact, inert, noteOfJson } from '../inert.ts'
import type { Json, JsonObject, Verdict } from '../values.ts'
import type { DecisionView, RequestView } from './request-view.ts'
import { deciderOf, standInName } from './request-words.ts'
import type { Sentence } from './sentence.ts'
import { nameOf, type Who } from './who.ts'

/** The sentences between people and an agent: words to it, questions and answers, revisions. */

/** A difference of arguments. Texts are inert. */
export type Difference = { label: string; from: string; to: string; note: string }

/** A person's words in a sentence of their own, since each channel cuts them to its own length. */
export type Message = { said: Sentence; text?: string; differences?: readonly Difference[] }

const absent = '(absent)'
const shownAs = (value: Json | undefined): string => (value === undefined ? absent : exact(value))

const difference = (label: string, from: Json | undefined, to: Json | undefined): Difference => ({
  label: inert(label),
  from: shownAs(from),
  to: shownAs(to),
  note: noteOfJson(from, to),
})

const isSame = (one: Json | undefined, other: Json | undefined): boolean => shownAs(one) === shownAs(other)

function between(from: JsonObject, to: JsonObject, prefix = ''): readonly Difference[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  return names
    .filter((name) => !isSame(from[name], to[name]))
    .map((name) => difference(`${prefix}${name}`, from[name], to[name]))
}

/** The suggestion's differences from what was asked. */
function suggestedOf({ suggest }: DecisionView, { arguments: args, steps }: RequestView): readonly Difference[] {
  if (suggest === undefined) return []
  if (!steps) return between(args, suggest)
  const all = (suggest['steps'] ?? []) as readonly { step: number; arguments: JsonObject }[]
  return all.flatMap((each) => {
    const asked = steps.find(({ step }) => step === each.step)?.arguments ?? {}
    return between(asked, each.arguments, `step ${each.step}: `)
  })
}

const verbs: { readonly [verdict in Verdict]: string } = {
  approve: 'who approved',
  deny: 'who denied',
  revise: 'who sent back',
}
const ofThis: typeof verbs = { approve: 'who approved it', deny: 'who denied it', revise: 'who sent it back' }

/** Words to the agent with decisions of this request. */
export const wordsToAgent = (view: RequestView): readonly Message[] =>
  view.stages
    .flatMap(({ decisions }) => decisions)
    .filter(({ toAgent, verdict }) => toAgent !== undefined || verdict === 'revise')
    .map((each) => ({
      said: [{ bold: deciderOf(each) }, `, ${ofThis[each.verdict]} at `, { time: each.at }, ':'],
      ...wordsIn(each.toAgent),
      differences: suggestedOf(each, view),
    }))

const erased = 'The words are erased.'
const wordsIn = (text: string | undefined): { text: string } => ({
  text: text === undefined || text.trim() === '' ? erased : inert(text.trim()),
})

/** Words of people to the agent on other requests, shortly before this one. */
export const toldBefore = ({ told = [] }: RequestView): readonly Message[] =>
  told.map(({ request, by, at, verdict, text }) => ({
    said: [
      { bold: nameOf(by) },
      verdict === undefined ? ', who asked it on ' : `, ${verbs[verdict]} `,
      { value: request },
      ', at ',
      { time: at },
      ':',
    ],
    ...wordsIn(text),
  }))

/** A question to the agent, and its answer. */
export type Exchange = { id: string; asked: Message; answered?: Message }

export const exchangesOf = ({ questions = [] }: RequestView): readonly Exchange[] =>
  questions.map(({ id, by, for: whose, at, text, answer }) => ({
    id,
    asked: {
      said: [{ bold: standInName(by, whose) }, ' asked at ', { time: at }, answer ? ':' : '. There is no answer yet:'],
      ...wordsIn(text),
    },
    ...(answer && {
      answered: {
        said: ['Its answer at ', { time: answer.at }, `${standing(answer.decisionsBefore)}:`],
        ...wordsIn(answer.text),
      },
    }),
  }))

const standing = (decisions: number): string =>
  decisions === 0 ? '' : `, after ${decisions} ${decisions === 1 ? 'approval, which stands' : 'approvals, which stand'}`

export const colleagueSentences = ({ colleagues = [] }: RequestView): readonly Sentence[] =>
  colleagues.map(({ by, to, stage, at }) => [
    `${nameOf(by)} asked ${nameOf(to)} to look at this for ${inert(stage)}, at `,
    { time: at },
    '.',
  ])

/** The request that it revises, and the people who wrote to the agent before it. Undefined if there were no words. */
export function revisionOf(view: RequestView): Message | undefined {
  const { revises, revision, suggestedBy = [], barred = [] } = view
  if (revises === undefined && suggestedBy.length === 0) return undefined
  const differences = Object.entries(revision?.changes ?? {}).map(([label, { from, to }]) =>
    difference(label, from, to),
  )
  const what: Sentence =
    revises === undefined
      ? [{ bold: 'People wrote to the agent about this action before it asked. ' }]
      : [
          { bold: `Revision ${revision?.number ?? 1}` },
          ' of ',
          { value: revises },
          `, which was sent back.${revision?.suggested ? ' It asks for exactly what was suggested there.' : ''} `,
          ...(differences.length === 0 ? ['No argument differs. '] : []),
        ]
  return { said: [...what, ...writersOf(suggestedBy, barred)], differences }
}

/** The consequence of words to the agent for the person who writes them. */
export const barredWords =
  'If this is not approved, you do not decide what the agent asks for next with this action, for 7 days: people do not approve what they told an agent to ask for.'

const mostNames = 5

/** A barred person without words of their own stands in for a writer, or the reverse. */
function writersOf(writers: readonly Who[], barred: readonly Who[]): Sentence {
  const may = writers.filter(({ id }) => !barred.some((each) => each.id === id))
  const names = (all: readonly Who[]) =>
    [
      ...all.slice(0, mostNames).map(nameOf),
      ...(all.length > mostNames ? [`${all.length - mostNames} more`] : []),
    ].join(', ')
  return [
    ...(writers.length === 0 ? [] : [`${names(writers)} wrote to the agent. `]),
    ...(barred.length === 0 ? [] : [{ bold: `May not decide it: ${names(barred)}. ` }]),
    ...(may.length === 0 || barred.length === 0 ? [] : [`${names(may)} may: it asks for no more than before. `]),
  ]
}
