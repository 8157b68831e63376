import { DrillReport, type Opening, Openings } from '../../functions/domain/cards/wire/opening.ts'
import { type Exit, exitOfStatus } from '../outcome.ts'
import { fact, table, time, timeAndSpan, until } from '../screen.ts'
import type { Surroundings } from '../surroundings.ts'
import { type Context, command, type IdTyped, idOf, read, show } from './context.ts'

export async function status(typed: IdTyped, context: Context): Promise<Exit> {
  const { api, kept, surroundings } = context
  const id = await idOf(typed, context)
  const opening = await read(id, context)
  const open = opening.status === 'approved'
  if (!open) kept.forget(id)
  const report = opening.drill
    ? await api.call(DrillReport, { method: 'GET', path: `/v1/break-glass/${id}/drill` })
    : undefined
  const isDue = !open && opening.review !== undefined && opening.review.status !== 'done'
  const words = () => [
    ...describe(opening, surroundings),
    ...fact('drill', ...(report?.steps ?? []).map(wordsOfStep)),
    ...fact('end', open && `${command} end ${id}`),
    ...fact('next', isDue && `another person: ${command} review ${id} --outcome justified|not_justified --note TEXT`),
  ]
  return show(context, { ...opening, ...(report ? { report } : {}) }, words, exitOfStatus(opening.status))
}

export async function list(context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const listed = await api.call(Openings, { method: 'GET', path: '/v1/break-glass' })
  return show(context, listed, () => listWords(listed, surroundings))
}

function listWords({ break_glass: all, budgets }: Openings, surroundings: Surroundings): string[] {
  const open = all.filter(({ status }) => status === 'approved')
  const others = all.filter(({ status }) => status !== 'approved')
  const due = others.filter(({ review }) => review && review.status !== 'done')
  const rows = [...open, ...due, ...others.filter((each) => !due.includes(each))].map((each) => row(each, surroundings))
  const budgetRows = budgets.map(({ person, profile, action, resource, left_minutes, budget_minutes }) => [
    person ?? profile ?? `${action} ${resource?.id ?? ''}`,
    `${left_minutes} min`,
    `of ${budget_minutes}`,
  ])
  return [
    `${open.length} open, ${due.length} to be reviewed`,
    ...(rows.length === 0
      ? []
      : ['', ...table(['ID', 'WHO', 'WHAT', 'STATE', 'WHEN', 'REVIEW'], rows, surroundings.columns)]),
    ...(budgetRows.length === 0
      ? []
      : ['', ...table(['LEFT OF SEVEN DAYS', '', ''], budgetRows, surroundings.columns)]),
  ]
}

const row = (opening: Opening, surroundings: Surroundings): string[] => [
  opening.id,
  opening.person,
  `${titleOf(opening)}${opening.drill ? ' (drill)' : ''}${opening.sealed ? ' (sealed role)' : ''}`,
  stateOf(opening),
  endOf(opening, surroundings),
  briefReview(opening, surroundings),
]

function briefReview({ review }: Opening, surroundings: Surroundings): string {
  if (review?.status !== 'due' && review?.status !== 'overdue') return reviewOf({ review }, surroundings)
  return `${review.status === 'due' ? 'due' : 'OVERDUE'} ${until(review.due_at, surroundings)}`
}

function wordsOfStep({ step, verdict, within_seconds, took_seconds }: DrillReport['steps'][number]): string {
  const took = took_seconds === undefined ? '' : `, took ${took_seconds} s`
  return `${step}: ${verdict.replaceAll('_', ' ')}${took} (within ${within_seconds} s)`
}

export const titleOf = ({ profile, action, resource }: Opening): string => profile ?? `${action} ${resource.id}`

export const rightsOf = ({ profile, rights, arguments: args }: Opening): string[] =>
  profile === undefined
    ? [JSON.stringify(args)]
    : rights.flatMap(({ action, resources }) => resources.map((resource) => `${action} on ${resource}`))

export function stateOf({ status, ended, person }: Opening): string {
  if (status === 'approved') return 'OPEN'
  if (status === 'expired') return 'OVER'
  if (status !== 'completed' && status !== 'revoked') return status.toUpperCase()
  return `ENDED by ${ended?.by === 'system' ? 'Hotwork' : (ended?.by ?? person)}`
}

const endOf = ({ status, ended, not_after }: Opening, surroundings: Surroundings): string =>
  status === 'approved' ? `until ${timeAndSpan(not_after, surroundings)}` : time(ended?.at ?? not_after, surroundings)

function reviewOf({ review }: Pick<Opening, 'review'>, surroundings: Surroundings): string {
  if (!review) return 'none'
  if (review.status === 'done') return `${review.outcome?.replaceAll('_', ' ')}, says ${review.by}`
  const due = `due ${timeAndSpan(review.due_at, surroundings)}`
  return review.status === 'overdue' ? `OVERDUE: ${due}` : due
}

function doneOf(opening: Opening, surroundings: Surroundings): string[] {
  const { calls, calls_more, calls_unread, credentials, credential, grant, action } = opening
  if (calls === undefined) return []
  // Uses by Hotwork or a tool. CloudTrail has those of AWS credentials.
  const uses = (credential === 'sts' ? [] : (grant?.uses ?? [])).map(
    ({ begun_at, tool, outcome }) =>
      `${time(begun_at, surroundings)}  ${credential === 'mediated' ? action : `used on ${tool}`}: ${outcome ?? 'its end was not reported'}`,
  )
  const number = credentials.length
  const issued = number === 0 ? [] : [`${number} ${number === 1 ? 'credential' : 'credentials'} issued`]
  const elsewhere = calls_unread.length > 0 ? [`CloudTrail of ${calls_unread.join(', ')} does not answer`] : []
  if (calls === null) return [...uses, 'the record of calls does not answer', ...issued]
  const done = calls.map(({ at, action, resource = '', verdict, error }) => {
    const marks = [...(verdict === 'extra' ? ['EXTRA'] : []), ...(error === undefined ? [] : [`REFUSED ${error}`])]
    return [`${time(at, surroundings)}  ${action}`, ...(resource === '' ? [] : [resource]), ...marks].join('  ')
  })
  const all = [...uses, ...done]
  const none =
    number === 0 ? 'nothing: no credential was issued' : 'no call is on record yet: CloudTrail is minutes late'
  return [
    ...(all.length > 0 || calls_unread.length > 0 ? all : [none]),
    ...(calls_more ? ['and more'] : []),
    ...elsewhere,
    ...issued,
  ]
}

export function describe(opening: Opening, surroundings: Surroundings): string[] {
  const { id, person, incident, reason, drill, sealed, ended, review } = opening
  const marks = [...(drill ? ['DRILL, can do nothing'] : []), ...(sealed ? ['SEALED ROLE, outside Hotwork'] : [])]
  return [
    [stateOf(opening), id, ...marks].join('  '),
    ...fact('what', titleOf(opening), ...rightsOf(opening)),
    ...fact('when', endOf(opening, surroundings)),
    ...fact('why', ended?.reason),
    ...fact('who', `${person}, for ${incident}: ${reason}`),
    ...fact('review', reviewOf({ review }, surroundings), review?.note),
    ...fact('done', ...doneOf(opening, surroundings)),
  ]
}
