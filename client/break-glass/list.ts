import { type BreakGlass, Listed } from '../answers.ts'
import type { Exit } from '../exit-codes.ts'
import { table, until } from '../screen.ts'
import type { Surroundings } from '../surroundings.ts'
import { endOf, reviewOf, stateOf, titleOf } from './describe.ts'
import { type Context, show } from './verb.ts'

/** Who holds what and until when, which reviews are due, and what is left of everybody's minutes. */
export async function list(context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const listed = await api.call(Listed, { method: 'GET', path: '/v1/break-glass' })
  return show(context, listed, () => words(listed, surroundings))
}

function words({ break_glass: all, budgets }: Listed, surroundings: Surroundings): string[] {
  const open = all.filter(({ status }) => status === 'approved')
  const others = all.filter(({ status }) => status !== 'approved')
  const due = others.filter(({ review }) => review && review.status !== 'done')
  const rows = [...open, ...due, ...others.filter((each) => !due.includes(each))]
  return [
    `${open.length} open, ${due.length} to be reviewed`,
    ...(rows.length === 0
      ? []
      : [
          '',
          ...table(
            ['ID', 'WHO', 'WHAT', 'STATE', 'WHEN', 'REVIEW'],
            rows.map((each) => row(each, surroundings)),
          ),
        ]),
    ...(budgets.length === 0 ? [] : ['', ...table(['LEFT OF SEVEN DAYS', '', ''], budgets.map(budgetRow))]),
  ]
}

const row = (opening: BreakGlass, surroundings: Surroundings): string[] => [
  opening.id,
  opening.person,
  `${titleOf(opening)}${opening.drill ? ' (drill)' : ''}${opening.sealed ? ' (sealed role)' : ''}`,
  stateOf(opening),
  endOf(opening, surroundings),
  briefReview(opening, surroundings),
]

/** How much time there is for it: the day and hour are in `status`. */
function briefReview({ review }: BreakGlass, surroundings: Surroundings): string {
  if (review?.status !== 'due' && review?.status !== 'overdue') return reviewOf({ review }, surroundings)
  return `${review.status === 'due' ? 'due' : 'OVERDUE'} ${until(review.due_at, surroundings)}`
}

const budgetRow = ({ person, profile, action, resource, left_minutes, budget_minutes }: Listed['budgets'][number]) => [
  person ?? profile ?? `${action} ${resource?.id ?? ''}`,
  `${left_minutes} min`,
  `of ${budget_minutes}`,
]
