import type { RichTextElement, RichTextSection } from '@slack/types'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import type { PersonId } from '../../domain/values.ts'
import { duration } from '../../domain/values.ts'
import type { EmergencyAbout } from '../../operations/cards/about-opening.ts'
import { bold, code, section, time, words } from './blocks.ts'
import { whoOf } from './card-status.ts'
import { endLabel, isSealed, statusOf } from './emergency-status.ts'

type Facts = Pick<Bundle, 'directory'>

/** Who was passed over, who looks at it, and how to end it. Of people it names so many at the most. */
export function whoParts(state: ApprovalRequest, about: EmergencyAbout, facts: Facts, most: number): RichTextSection[] {
  const { ask, review } = state
  const isOpen = statusOf(state) === 'open'
  const seconded = ask.breakGlass?.secondedBy
  return [
    ...(isOpen && !isSealed(state)
      ? [
          section(
            bold('To end it: '),
            words(`“${endLabel(state)}” below, for ${whoOf(facts, ask.owner)} and whoever may revoke; or `),
            code(`npx hotwork break-glass end ${ask.id}`),
          ),
        ]
      : []),
    ...(isSealed(state) ? [] : [section(...skippedParts(about, isOpen, facts, most))]),
    ...(seconded === undefined
      ? []
      : [section(words(`${whoOf(facts, seconded)} vouched for it, and does not review it`))]),
    ...(review && !review.done ? [section(...reviewersParts(state, about, facts, most))] : []),
    ...(isOpen && about.left !== undefined && !isSealed(state)
      ? [
          section(
            words(`Left of the minutes of these seven days: ${duration(Math.floor(about.left / 60) * 60) || 'none'}`),
          ),
        ]
      : []),
  ]
}

function skippedParts(
  { skipped: { count, atLeast, told, untold = [] } }: EmergencyAbout,
  isOpen: boolean,
  facts: Facts,
  most: number,
): RichTextElement[] {
  if (count === 0) return [words('Nobody was skipped: there is no one who could have approved it')]
  const many = `${atLeast ? 'At least ' : ''}${count} ${count === 1 ? 'person who could have approved it was' : 'people who could have approved it were'} skipped`
  const others = untold.length === 0 ? 'the others' : named(untold, facts, most, 'and')
  return [
    bold(many),
    words(
      told < count || atLeast
        ? `, of whom ${told} ${isOpen ? `are told directly: tell ${others}` : 'were told directly'}`
        : ' and told directly',
    ),
  ]
}

function reviewersParts(
  state: ApprovalRequest,
  { reviewers }: EmergencyAbout,
  facts: Facts,
  most: number,
): RichTextElement[] {
  const due = state.review?.dueAt ?? state.submittedAt
  if (reviewers.length === 0)
    return [bold('Nobody may review it: '), words('somebody must be let, in the policy folder, before '), time(due)]
  return [
    words(statusOf(state) === 'open' ? 'Once it has ended, to be reviewed by ' : 'May review it: '),
    words(named(reviewers, facts, most)),
    ...(statusOf(state) === 'open' ? [words(', before '), time(due)] : []),
  ]
}

const named = (people: readonly PersonId[], facts: Facts, most: number, joined = 'or'): string => {
  const shown = people.slice(0, most).map((person) => whoOf(facts, person))
  const more = people.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` ${joined} ${more} more` : ''}`
}
