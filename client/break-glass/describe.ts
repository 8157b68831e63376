import type { BreakGlass } from '../answers.ts'
import { fact, time, until } from '../screen.ts'
import type { Surroundings } from '../surroundings.ts'

/** What is open, in the words in which it was asked for. */
export const titleOf = ({ profile, action, resource }: Pick<BreakGlass, 'profile' | 'action' | 'resource'>): string =>
  profile ?? `${action} ${resource.id}`

/** What can be done, a line each; of one action, which `what` names, its arguments. */
export const rightsOf = ({ profile, rights, arguments: args }: BreakGlass): string[] =>
  profile === undefined
    ? [fact('', JSON.stringify(args))]
    : rights.flatMap(({ action, resources }) => resources.map((resource) => fact('', `${action} on ${resource}`)))

/** What has become of it, in a word. */
export function stateOf({ status, ended, person }: BreakGlass): string {
  switch (status) {
    case 'approved':
      return 'OPEN'
    case 'completed':
    case 'revoked':
      return `ENDED by ${ended?.by === 'system' ? 'Hotwork' : (ended?.by ?? person)}`
    case 'expired':
      return 'OVER'
    default:
      return status.toUpperCase()
  }
}

/** When it is over, or when it was. */
export const endOf = (opening: BreakGlass, surroundings: Surroundings): string => {
  const { status, ended, not_after } = opening
  if (status === 'approved') return `until ${time(not_after, surroundings)}, ${until(not_after, surroundings)}`
  return time(ended?.at ?? not_after, surroundings)
}

export function reviewOf({ review }: Pick<BreakGlass, 'review'>, surroundings: Surroundings): string {
  if (!review) return 'none'
  if (review.status === 'done') return `${review.outcome?.replaceAll('_', ' ')}, says ${review.by}`
  const due = `due ${time(review.due_at, surroundings)}, ${until(review.due_at, surroundings)}`
  return review.status === 'overdue' ? `OVERDUE: ${due}` : due
}

/** What was done with it, as far as any record says. */
function doneOf(opening: BreakGlass, surroundings: Surroundings): string[] {
  const { calls, calls_more, calls_elsewhere, credentials, credential, grant, action } = opening
  if (calls === undefined) return []
  // What Hotwork itself did, or let a tool do; AWS credentials were used as AWS's own record says.
  const uses = (credential === 'sts' ? [] : (grant?.uses ?? [])).map(
    ({ begun_at, tool, outcome }) =>
      `${time(begun_at, surroundings)}  ${credential === 'mediated' ? action : `used on ${tool}`}: ${outcome ?? 'how it went was not reported'}`,
  )
  const number = credentials.length
  const issued = number === 0 ? [] : [`${number} ${number === 1 ? 'credential' : 'credentials'} issued`]
  const elsewhere = calls_elsewhere.length > 0 ? [`see also CloudTrail of ${calls_elsewhere.join(', ')}`] : []
  if (calls === null)
    return [...uses, ...elsewhere, ...(elsewhere.length > 0 ? [] : ['no record of calls answers']), ...issued]
  const done = calls.map(({ at, service, name, resources, error }) =>
    [
      `${time(at, surroundings)}  ${service}:${name}`,
      ...resources,
      ...(error === undefined ? [] : [`REFUSED ${error}`]),
    ].join('  '),
  )
  const all = [...uses, ...done]
  const none =
    number === 0 ? 'nothing: no credential was issued' : 'no call is on record so far: CloudTrail tells minutes later'
  return [...(all.length > 0 ? all : [none]), ...(calls_more ? ['and more'] : []), ...elsewhere, ...issued]
}

/** The facts of one, in the order in which somebody in a hurry needs them. */
export function describe(opening: BreakGlass, surroundings: Surroundings): string[] {
  const { id, person, incident, reason, drill, sealed, ended, review } = opening
  const marks = [...(drill ? ['DRILL, can do nothing'] : []), ...(sealed ? ['SEALED ROLE, outside Hotwork'] : [])]
  return [
    [stateOf(opening), id, ...marks].join('  '),
    fact('what', titleOf(opening)),
    ...rightsOf(opening),
    fact('when', endOf(opening, surroundings)),
    ...(ended?.reason === undefined ? [] : [fact('why', ended.reason)]),
    fact('who', `${person}, for ${incident}: ${reason}`),
    fact('review', reviewOf({ review }, surroundings)),
    ...(review?.note === undefined ? [] : [fact('', review.note)]),
    ...doneOf(opening, surroundings).map((line, index) => fact(index === 0 ? 'done' : '', line)),
  ]
}
