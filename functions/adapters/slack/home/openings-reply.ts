import type { RichTextSection } from '@slack/types'
import { clamp, inert } from '../../../domain/inert.ts'
import type { Bundle } from '../../../domain/policy/bundle.ts'
import { openUntil } from '../../../domain/requests/ended.ts'
import type { ApprovalRequest } from '../../../domain/requests/request.ts'
import type { NumericDate } from '../../../domain/values.ts'
import { bold, code, context, list, rich, section, time, words } from '../cards/blocks.ts'
import { whoOf } from '../cards/card-status.ts'
import type { Reply } from '../edge/command-answers.ts'

type Facts = Pick<Bundle, 'directory'>

/** So many of each are named; an answer is small, and the page has all. */
const most = 10

/** Who holds what until when, and which reviews are still to be done; those of drills say so. */
export function openingsReply(openings: readonly ApprovalRequest[], facts: Facts, now: NumericDate): Reply {
  const live = openings.filter(({ status }) => status === 'approved')
  const due = openings.filter(({ status, review }) => status !== 'approved' && review !== undefined && !review.done)
  return {
    text: 'Who has the glass broken',
    blocks: [
      part(
        'live',
        `Open now: ${live.length}`,
        live.slice(0, most).map((each) => liveLine(each, facts)),
        live.length,
      ),
      part(
        'due',
        `Reviews to be done: ${due.length}`,
        due.slice(0, most).map((each) => dueLine(each, facts, now)),
        due.length,
      ),
      context('All of the last seven days, with what is left of the minutes, stand on the page /break-glass.'),
    ],
  }
}

const part = (name: string, title: string, rows: readonly RichTextSection[], of: number) =>
  rich(
    name,
    section(bold(title)),
    ...(rows.length === 0 ? [] : [list(rows)]),
    ...(of > rows.length ? [section(words(`…and ${of - rows.length} more`))] : []),
  )

const whatOf = (state: ApprovalRequest, facts: Facts) => {
  const { ask } = state
  const what = clamp(inert(ask.breakGlass?.profile ?? ask.action), 64).text
  const incident = clamp(inert(ask.breakGlass?.incident ?? ''), 48).text
  const who = ask.breakGlass?.drill ? `${whoOf(facts, ask.owner)}, a drill` : whoOf(facts, ask.owner)
  return [code(ask.id), words('  '), bold(what), words(` for ${incident}, by ${who}`)]
}

const liveLine = (state: ApprovalRequest, facts: Facts): RichTextSection =>
  section(...whatOf(state, facts), words(', until '), time(openUntil(state)))

const dueLine = (state: ApprovalRequest, facts: Facts, now: NumericDate): RichTextSection => {
  const dueAt = state.review?.dueAt ?? now
  return section(...whatOf(state, facts), words(dueAt <= now ? ', OVERDUE since ' : ', by '), time(dueAt))
}
