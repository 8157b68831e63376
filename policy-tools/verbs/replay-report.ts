// Rules: test/operations/policy-change/replay.test.ts
import { inert } from '../../functions/domain/inert.ts'
import { rfc3339 } from '../../functions/domain/values.ts'
import {
  type NotAskedBecause,
  type NotEnough,
  notAskedBecause,
  type Otherwise,
  type Replayed,
  type Subject,
} from '../change/replay.ts'

/** The report for people, one fact on each line. Recorded texts are made inert, since a terminal obeys escapes. */
export function describeReplay(replayed: Replayed): string {
  const { widened, narrowed, approvals, notAsked } = replayed
  return [
    summaryOf(replayed),
    ...section('Wider: less scrutiny than recorded, or a yes that was a no', widened.map(otherwiseLine)),
    ...section('Narrower: more scrutiny than recorded, or a no that was a yes', narrowed.map(otherwiseLine)),
    ...section('Recorded approvals that would not have been enough', approvalLines(approvals)),
    ...section(
      'Not asked',
      (Object.entries(notAsked) as [NotAskedBecause, number][]).map(
        ([why, count]) => `  ${count}: ${notAskedBecause[why]}`,
      ),
    ),
    ...doubtsOf(replayed),
    '',
  ].join('\n')
}

function summaryOf({ questions, requests, from, until, widened, narrowed, approvals }: Replayed): string {
  const otherwise = [...widened, ...narrowed].reduce((sum, { count }) => sum + count, approvals.length)
  const times = from === undefined || until === undefined ? '' : `, ${rfc3339(from)} to ${rfc3339(until)}`
  const of = `${many(questions, 'question')} of ${many(requests, 'request')}${times}`
  return `${of}: ${otherwise === 0 ? 'none would be answered otherwise' : `${otherwise} would be answered otherwise`}`
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines]

function otherwiseLine(found: Otherwise): string {
  const { from, to, policies, before, detail, count, examples } = found
  const none = to.startsWith('refused') ? 'no policy permits it' : 'no policy permits it at a lower one'
  const by = policies.length > 0 ? `by ${policies.join(', ')}` : none
  const why = detail === undefined ? by : inert(detail)
  const then = before.length > 0 ? `; then by ${before.map(inert).join(', ')}` : ''
  return `  ${subjectOf(found)}: ${from} -> ${to} (${why}${then}), ${count === 1 ? 'once' : `${count} times`}: ${examples.map(inert).join(', ')}`
}

const subjectOf = ({ question, agent, person, action, stage }: Subject): string =>
  [
    question,
    ...[agent, person, action].filter((each) => each !== undefined).map(inert),
    ...(stage === undefined ? [] : [`stage ${inert(stage)}`]),
  ].join(' ')

/** The most listed approvals: a change of one rule may affect each approval of a month. */
const mostApprovals = 20

const approvalLines = (approvals: readonly NotEnough[]): readonly string[] => [
  ...approvals.slice(0, mostApprovals).map(notEnoughLine),
  ...(approvals.length > mostApprovals
    ? [`  and ${approvals.length - mostApprovals} more: \`--json\` has them all`]
    : []),
]

const notEnoughLine = ({ request, agent, action, tier, needs, satisfies, why }: NotEnough): string =>
  `  ${request} ${inert(agent)} ${inert(action)}: approved at tier ${tier}, needs ${needs}, satisfies ${satisfies}: ${why.map(inert).join('; ')}`

function doubtsOf({ unreadable: { newer, others, first = '' }, broken }: Replayed): readonly string[] {
  const [chain] = broken
  const lines = [
    ...(newer > 0
      ? [
          `  ${many(newer, 'entry', 'entries')} of a newer version, the first is ${inert(first)}: replay them with a newer Hotwork`,
        ]
      : []),
    ...(others > 0
      ? [`  ${many(others, 'entry', 'entries')} that are invalid for their type, the first is ${inert(first)}`]
      : []),
    ...(chain === undefined
      ? []
      : [
          `  ${many(broken.length, 'record')} with invalid hashes, the first is ${inert(chain)}: \`hotwork verify\` finds the place`,
        ]),
  ]
  return section('Not certain', lines)
}

const many = (count: number, one: string, several = `${one}s`): string => `${count} ${count === 1 ? one : several}`
