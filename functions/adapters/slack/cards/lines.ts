import type { RichTextElement } from '@slack/types'
import { waitingStage } from '../../../domain/cards/routing.ts'
import type { Bundle } from '../../../domain/policy/bundle.ts'
import { type ApprovalRequest, approversOf } from '../../../domain/requests/request.ts'
import type { JsonObject, PersonId } from '../../../domain/values.ts'
import type { Line, Notice } from '../../../operations/cards/card-lines.ts'
import type { RenderedCard } from '../../../operations/cards/ports.ts'
import { rich, section, time, words } from './blocks.ts'
import { nowOf, whoOf } from './card-status.ts'

type Facts = Pick<Bundle, 'directory'>
type Sentence = readonly RichTextElement[]

/** Slack shows this many mentions of one message as pings; more people than that are not waited for by name. */
const mostMentions = 20

/**
 * The words of a line beneath a card, or of a notice to an agent's owner: made here, from the server's facts. Nothing in
 * it is the agent's, and the only mentions are those of a reminder, of accounts that are known to be somebody's in the directory.
 */
export function renderLine(line: Line | { line: Notice }, state: ApprovalRequest, facts: Facts): RenderedCard {
  const { said, text } = wordsOf(line, state, facts)
  // Of the text notifications read markup: no name stands in it, only ids and words of ours.
  return { text, blocks: [rich('line', section(...said))] as unknown as readonly JsonObject[] }
}

function wordsOf(
  line: Line | { line: Notice },
  state: ApprovalRequest,
  facts: Facts,
): { said: Sentence; text: string } {
  switch (line.line) {
    case 'asked':
      return same(`It is your turn now: ${line.stage}. The card above has the buttons.`)
    case 'escalated':
      return same(`Nobody decided ${line.stage} in time: it has been widened to ${line.to}, who may decide it now too.`)
    case 'reminder':
      return reminder(line, state)
    case 'handled':
      return handled(line, state, facts)
    case 'submitted':
      return notice(state, `asks for this, and ${waitingStage(state)?.terms.name ?? 'nobody'} decides next.`)
    case 'decided':
      return notice(state, 'was given this: approved.', nowOf(state, facts))
    case 'ended':
      return notice(state, `asked for this, and it is over: ${state.status}.`, nowOf(state, facts))
    default:
      return line satisfies never
  }
}

const same = (text: string) => ({ said: [words(text)], text })

function reminder(
  { stage, users }: Extract<Line, { line: 'reminder' }>,
  state: ApprovalRequest,
): { said: Sentence; text: string } {
  const named = users.slice(0, mostMentions)
  const more = users.length > named.length ? ` and ${users.length - named.length} more` : ''
  const until = waitingStage(state)?.deadline
  const waits = `${more}: ${stage} still waits for a decision`
  return {
    said: [
      ...named.flatMap((user_id, at): RichTextElement[] => [
        ...(at === 0 ? [] : [words(' ')]),
        { type: 'user', user_id },
      ]),
      words(waits),
      ...(until === undefined ? [words('.')] : [words(', until '), time(until), words('. Silence never approves.')]),
    ],
    text: `${named.map((user) => `<@${user}>`).join(' ')}${waits}. ${state.ask.id}`,
  }
}

/** How what somebody was asked for came to its end. */
function handled(
  { stage, round }: Extract<Line, { line: 'handled' }>,
  state: ApprovalRequest,
  facts: Facts,
): { said: Sentence; text: string } {
  const text = `Handled: ${stage} needs nothing more of you. ${state.ask.id}`
  const by = (people: readonly PersonId[]) => people.map((person) => whoOf(facts, person)).join(', ')
  if (state.round !== round)
    return { said: [words('Handled: it was made less, and whoever decides that is asked anew.')], text }
  const approvers = state.stages.filter(({ terms }) => terms.name === stage).flatMap(approversOf)
  const isFilled = state.stages.some((each) => each.terms.name === stage && approvers.length >= each.terms.quorum)
  if (isFilled) return { said: [words(`Handled: ${stage} was approved by ${by(approvers)}.`)], text }
  return { said: [words('Handled: '), ...nowOf(state, facts)], text }
}

function notice(state: ApprovalRequest, what: string, more: Sentence = []): { said: Sentence; text: string } {
  const { agent, action, environment, id } = state.ask
  const text = `Your agent ${agent.id} ${what} ${action} in ${environment}, tier ${state.tier}. ${id}`
  return { said: [words(`${text}${more.length > 0 ? ' ' : ''}`), ...more], text }
}
