import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { cedar } from '../adapters/cedar/compile-cedar.ts'
import { EvaluationBody, parseBody } from '../adapters/http/authzen.ts'
import { BadRequest } from '../adapters/http/problem.ts'
import { readJson } from '../adapters/http/read-body.ts'
import { compileFolder } from '../adapters/policy-folder/compile-folder.ts'
import { formatProblem } from '../adapters/policy-folder/json-document.ts'
import { SystemClock } from '../adapters/system/system.ts'
import { toolRows } from '../domain/cards/request-words.ts'
import { inert, lookalikeNote } from '../domain/inert.ts'
import { isJustified } from '../domain/policy/asking-terms.ts'
import { type Bundle, personOf } from '../domain/policy/bundle.ts'
import { AgentId, defined, duration, type PersonId } from '../domain/values.ts'
import { type Plan, type PlannedStage, planRequest } from '../operations/requests/plan-request.ts'

/**
 * A program: takes an AuthZEN evaluation and prints what a folder of policies would make of it: which tier and why, who
 * would decide, who would be told, what the grant would be. Nothing is asked or sent. Exit 0 when it could be requested, 1
 * when it would be refused or the folder has problems, 2 for wrong usage.
 */
const usage = 'npm run plan -- FILE [--policies DIR] [--deployment FILE] [--recent NUMBER] [--json]'

class WrongUsage extends Error {}

function main(args: string[]): 0 | 1 {
  const { file, policies, deployment, recent, json } = read(args)
  const { subject, action, resource, context } = readAsk(file)
  const agent = AgentId.safeParse(subject.id)
  if (!agent.success) throw new WrongUsage(`${file}: \`subject.id\` should be an agent, such as \`agent:remediator\``)
  const compiled = compileFolder(policies, deployment, cedar)
  if (!compiled.ok) {
    for (const problem of compiled.problems) console.error(formatProblem(problem))
    return 1
  }
  const { bundle } = compiled
  const justified = isJustified(context?.justification)
  const asked = { name: action.name, properties: action.properties ?? {} }
  const ask = defined({
    agent: agent.data,
    action: asked,
    resource,
    mcp: context?.mcp,
    purpose: context?.purpose,
    recent,
    justified,
  })
  const plan = planRequest(ask, cedar.open(bundle), new SystemClock().now())
  console.log(json ? JSON.stringify(plan, null, 2) : describePlan(plan, bundle))
  return plan.outcome === 'requestable' ? 0 : 1
}

function read(args: string[]) {
  const { values, positionals } = parse(args)
  const [file, ...more] = positionals
  const recent = Number(values.recent)
  if (file === undefined || more.length > 0 || !Number.isSafeInteger(recent) || recent < 0) throw new WrongUsage(usage)
  return { ...values, file, recent }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        policies: { type: 'string', default: 'policies' },
        deployment: { type: 'string', default: 'test/policies/deployment.json' },
        recent: { type: 'string', default: '0' },
        json: { type: 'boolean', default: false },
      },
    })
  } catch (cause) {
    throw new WrongUsage(`${cause instanceof Error ? cause.message : cause}\n${usage}`)
  }
}

function readAsk(file: string) {
  try {
    return parseBody(EvaluationBody, readJson(readFileSync(file, 'utf8')))
  } catch (cause) {
    if (cause instanceof BadRequest) throw new WrongUsage(`${file}: ${cause.problem.detail ?? cause.message}`)
    throw new WrongUsage(`${file}: ${cause instanceof Error ? cause.message : cause}`)
  }
}

/** A plan for a person to read, one thing a line. The asker's text is made inert: a terminal obeys escapes. */
function describePlan(plan: Plan, bundle: Bundle): string {
  if (plan.outcome === 'refused')
    return [
      `Refused: ${plan.reason}. No approval can help.`,
      ...when(plan.detail !== undefined, `  ${inert(plan.detail ?? '')}`),
      ...when(plan.policies.length > 0, `  by ${plan.policies.join(', ')}`),
    ].join('\n')
  const lower = plan.below.length === 0 ? 'no policy permits it' : `refused by ${plan.below.join(', ')}`
  return [
    `${inert(plan.title)}${lookalikeNote(plan.title)}`,
    ...('steps' in plan ? plan.steps.flatMap(stepLines) : actLines(plan)),
    '',
    `Tier ${plan.tier}, ${plan.name}`,
    `  permitted by ${plan.policies.join(', ') || 'no policy that has an id'}`,
    ...when(plan.tier > 0, `  one rung lower: ${lower}`),
    '',
    ...when(plan.stages.length === 0, 'No approval is needed.'),
    ...plan.stages.flatMap((stage, at) => stageLines(stage, at, bundle)),
    '',
    ...('steps' in plan
      ? [`Then a grant for each step, in turn: ${termsOf(plan.grant)}`]
      : [
          `Then a grant: ${termsOf(plan.grant)}, as ${kindOf(plan)}`,
          plan.unpinned.length === 0 ? 'The credential leaves nothing open.' : 'The credential leaves open:',
          ...plan.unpinned.map((line) => `  - ${inert(line)}`),
        ]),
  ].join('\n')
}

type Act = Pick<Extract<Plan, { action: string }>, 'action' | 'resource' | 'environment' | 'classification' | 'mcp'>

const actLines = ({ action, resource, environment, classification, mcp }: Act): string[] => [
  `  ${action} on ${inert(resource.id)}${lookalikeNote(resource.id)}`,
  ...toolRows({ mcp }).map(({ label, text, note }) => `  ${label}: ${text}${note}`),
  `  in ${environment}, ${classification} data`,
]

const stepLines = (step: Extract<Plan, { steps: unknown }>['steps'][number], at: number): string[] => [
  `Step ${at + 1}, by ${step.agent}: ${inert(step.title)}${lookalikeNote(step.title)}`,
  ...actLines(step),
  `  as ${kindOf(step)}${step.unpinned.length === 0 ? '' : ', which leaves open:'}`,
  ...step.unpinned.map((line) => `  - ${inert(line)}`),
]

const termsOf = ({ claimWithin, lifetime, uses }: Extract<Plan, { tier: number }>['grant']): string =>
  `claimed within ${duration(claimWithin)}, good for ${duration(lifetime)} and ${uses} ${uses === 1 ? 'use' : 'uses'}`

const kindOf = ({ credential }: { credential: string }): string => kinds[credential] ?? credential

const when = (holds: boolean, line: string): string[] => (holds ? [line] : [])

const kinds: { readonly [credential: string]: string } = {
  token: 'an access token',
  sts: 'AWS credentials',
  mediated: 'one call that Hotwork makes itself',
}

function stageLines(stage: PlannedStage, at: number, bundle: Bundle): string[] {
  const { name, quorum, people, channel, deadline, silence, reminders, login, comment, quiet } = stage
  const all = (list: readonly PersonId[]) =>
    list.map((id) => `${personOf(bundle, id)?.name ?? ''} (${id})`).join(', ') || 'no one'
  const notified = (who: Pick<PlannedStage, 'notified' | 'unreachable'>) =>
    [
      `will notify ${who.notified.length} people`,
      ...when(who.notified.length > 0, `: ${all(who.notified)}`),
      ...when(who.unreachable.length > 0, `; not in Slack: ${all(who.unreachable)}`),
    ].join('')
  return [
    `Stage ${at + 1}, ${name}: ${quorum} of ${people.length}`,
    `  may decide: ${all(people)}`,
    `  card in ${channel}; ${notified(stage)}`,
    ...when(quiet.length > 0, `  never pinged: ${all(quiet)}`),
    `  deadline: ${duration(deadline)}`,
    silence === 'expire'
      ? '  silence: it expires'
      : `  silence: it is widened to ${silence.escalateTo} for ${duration(silence.deadline)}${
          silence.channel === undefined ? '' : `, in ${silence.channel} too`
        }: ${all(silence.people)}; ${notified(silence)}; then it expires`,
    ...when(
      reminders.length > 0,
      `  reminders: after ${reminders.map(duration).join(', ')}, to each who has not decided and is not quiet`,
    ),
    `  login: ${loginOf(login)}`,
    ...when(comment !== undefined, '  an approval must say why'),
  ]
}

function loginOf(login: PlannedStage['login']): string {
  if (login === undefined) return 'a click in Slack is enough to approve'
  const { acr, maxAge } = login
  const wanted = [
    ...when(acr !== undefined, `\`${acr}\``),
    ...when(maxAge !== undefined, `at most ${duration(maxAge ?? 0)} old`),
  ]
  return `stronger than a click in Slack: ${wanted.join(', ')}`
}

try {
  process.exitCode = main(process.argv.slice(2))
} catch (cause) {
  if (!(cause instanceof WrongUsage)) throw cause
  console.error(cause.message)
  process.exitCode = 2
}
