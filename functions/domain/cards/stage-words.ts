// Rules: test/channels/slack/cards/card.test.ts
import { inert } from '../inert.ts'
import { duration, isRefusal } from '../values.ts'
import { onCallSentence } from './on-call-view.ts'
import type { DecisionView, StageView } from './request-view.ts'
import { approvalsOf } from './request-view.ts'
import { approvalCount, deciderOf, verdictWords } from './request-words.ts'
import { type Sentence, unquoted } from './sentence.ts'

/** The sentences of a stage that are the same in every channel: its decisions and its terms. */

/** The strength and age of login that an approval needs; undefined if a click or a session is enough. */
export function loginNeeded({ login }: StageView): string | undefined {
  if (!login) return undefined
  const { acr, maxAge } = login
  const terms = [
    ...(acr === undefined ? [] : [`of strength “${unquoted(acr)}”`]),
    ...(maxAge === undefined ? [] : [`at most ${duration(maxAge)} old`]),
  ]
  return `a login ${terms.join(' and ')}`
}

const mostGroups = 3

/** The login, the reason and the name that an approval needs; empty if a click is enough. */
export const approvalNeeds = (stage: StageView): string =>
  [
    loginNeeded(stage) ?? [],
    stage.needsComment ? 'a reason' : [],
    stage.needsName ? 'the name of the resource, typed' : [],
  ]
    .flat()
    .join(' and ')

/** Whether it is this stage's turn, and the terms of an approval. */
export function turnWords(stage: StageView): Sentence {
  if (!stage.isOpen) return stage.wasAsked ? [] : ['; not open yet']
  const needs = approvalNeeds(stage)
  return [
    '; open now',
    ...(stage.deadline === undefined ? [] : [' until ', { time: stage.deadline }]),
    ...(needs === '' ? [] : [`. Approving needs ${needs}`]),
    ...(stage.onCall ?? []).slice(0, mostGroups).flatMap(onCallSentence),
  ]
}

/** A stage: its approvals, and whether it is its turn. `named`: the most deciders to name. */
export function stageSentence(stage: StageView, isPending: boolean, named?: number): Sentence {
  if (!stage.wasAsked && !isPending) return [{ bold: stage.name }, ': its turn never came.']
  const denials = stage.decisions.filter(({ verdict }) => isRefusal(verdict))
  const denied = denials.some(({ verdict }) => verdict === 'revise') ? 'sent back' : 'denied'
  const isOnlyDenied = denials.length > 0 && approvalsOf(stage) === 0
  const said: Sentence = [
    { bold: stage.name },
    ': ',
    ...(isOnlyDenied ? [] : [approvalCount(stage), ...approversOf(stage, named)]),
    ...(denials.length === 0 ? [] : [isOnlyDenied ? denied : `, ${denied}`]),
    ...(named === undefined ? [] : denials.map((denial) => ` by ${deciderOf(denial)}`)),
    ...turnWords(stage),
  ]
  const last = said.at(-1)
  return typeof last === 'object' && 'said' in last ? said : [...said, '.']
}

function approversOf({ decisions }: StageView, named: number | undefined): Sentence {
  if (named === undefined) return []
  const approvals = decisions.filter(({ verdict }) => verdict === 'approve')
  const more = approvals.length - named
  return [
    ...approvals
      .slice(0, named)
      .flatMap((decision, at) => [`${at === 0 ? ' by ' : ', '}${deciderOf(decision)}`, ...commentOf(decision)]),
    ...(more > 0 ? [` and ${more} more`] : []),
  ]
}

const commentOf = ({ comment }: DecisionView): Sentence =>
  comment === undefined || comment.trim() === '' ? [] : [': ', { said: inert(comment) }]

/**
 * One decision with its time. Not for chat cards: with times, hostile comments would pass the size limit of a message.
 */
export const decisionSentence = (decision: DecisionView): Sentence => [
  `${deciderOf(decision)} ${verdictWords[decision.verdict]} at `,
  { time: decision.at },
  ...commentOf(decision),
]
