// Rules: test/policies/plan.test.ts
import { readFileSync } from 'node:fs'
import { text as textOf } from 'node:stream/consumers'
import * as z from 'zod'
import { cedar } from '../../functions/adapters/cedar/compile-cedar.ts'
import { readJson } from '../../functions/adapters/read-json.ts'
import { toolRows } from '../../functions/domain/cards/request-words.ts'
import { inert, lookalikeNote } from '../../functions/domain/inert.ts'
import { Ambient, noRecord } from '../../functions/domain/people/host.ts'
import { isJustified } from '../../functions/domain/policy/asking-terms.ts'
import { type Bundle, personOf } from '../../functions/domain/policy/bundle.ts'
import { saidIn } from '../../functions/domain/record/ask-terms.ts'
import { EvaluationBody } from '../../functions/domain/requests/evaluation-body.ts'
import { AgentId, defined, duration, type Json, type PersonId } from '../../functions/domain/values.ts'
import { whatIsWrong } from '../../functions/domain/what-is-wrong.ts'
import { wordsOf } from '../../functions/targets/kinds.ts'
import { explainPlan, type Plan, type PlannedStage, planRequest } from '../plan/plan-request.ts'
import { explainedJson, explainedText } from './explained.ts'
import { type Exit, exits, type Io, jsonText, WrongUsage } from './io.ts'
import { openPolicies, tellProblems } from './open.ts'

/**
 * Assesses an AuthZEN evaluation by a folder of policies, and prints the tier with its reasons, the stages, the people
 * told and the grant. It makes no request and sends nothing. Exit 0 if the action could be requested, 1 if it would be
 * refused or the folder has problems.
 */
export const Options = z.object({
  file: z.string(),
  policies: z.string(),
  deployment: z.string().optional(),
  recent: z.int().nonnegative(),
  host: Ambient.optional(),
  json: z.boolean(),
})

export async function run(options: z.infer<typeof Options>, io: Io): Promise<Exit> {
  const { file, policies, recent, host: ambient = 'unknown', json } = options
  const text = await readText(file, io)
  const { subject, action, resource, context } = readAsk(file, text)
  const agent = AgentId.safeParse(subject.id)
  if (!agent.success) throw new WrongUsage(`${file}: \`subject.id\` should be an agent, such as \`agent:remediator\``)
  const opened = openPolicies(policies, defined({ deployment: options.deployment, about: text }))
  if (!opened.ok) return tellProblems(opened.problems, json, io)
  const { bundle } = opened
  const justified = isJustified(context?.justification)
  const asked = { name: action.name, properties: action.properties ?? {} }
  const facts = { recent, justified, host: { ambient, record: noRecord } }
  const ask = { ...saidIn({ context }), agent: agent.data, action: asked, resource, ...facts }
  const policy = cedar.open(bundle)
  const plan = planRequest(ask, policy, io.now())
  const explained = explainPlan(ask, plan, policy, io.now())
  if (json) io.out(jsonText({ ...plan, explanation: explainedJson(explained) }))
  else io.out(`${describePlan(plan, bundle)}\n${explainedText(explained)}`)
  return plan.outcome === 'requestable' ? exits.done : exits.problems
}

async function readText(file: string, { stdin }: Io): Promise<string> {
  try {
    return file === '-' ? await textOf(stdin) : readFileSync(file, 'utf8')
  } catch (cause) {
    throw new WrongUsage(`${file}: ${cause instanceof Error ? cause.message : cause}`)
  }
}

function readAsk(file: string, text: string): z.infer<typeof EvaluationBody> {
  const parsed = EvaluationBody.safeParse(jsonOf(file, text))
  if (!parsed.success) throw new WrongUsage(`${file}: ${whatIsWrong(parsed.error, 'body')}`)
  return parsed.data
}

function jsonOf(file: string, text: string): Json {
  try {
    return readJson(text)
  } catch (cause) {
    throw new WrongUsage(`${file}: ${cause instanceof Error ? cause.message : cause}`)
  }
}

/** A plan for people, one fact on each line. The asker's text is made inert, since a terminal obeys escapes. */
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
          `Then a grant: ${termsOf(plan.grant)}, as ${wordsOf(plan.credential)}`,
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
  `  as ${wordsOf(step.credential)}${step.unpinned.length === 0 ? '' : ', which leaves open:'}`,
  ...step.unpinned.map((line) => `  - ${inert(line)}`),
]

const termsOf = ({ claimWithin, lifetime, uses }: Extract<Plan, { tier: number }>['grant']): string =>
  `claimed within ${duration(claimWithin)}, good for ${duration(lifetime)} and ${uses} ${uses === 1 ? 'use' : 'uses'}`

const when = (holds: boolean, line: string): string[] => (holds ? [line] : [])

function stageLines(stage: PlannedStage, at: number, bundle: Bundle): string[] {
  const {
    name,
    quorum,
    people,
    channels,
    fallbackChannel,
    deadline,
    silence,
    reminders,
    login,
    comment,
    typeTheName,
    quiet,
  } = stage
  const all = (list: readonly PersonId[]) =>
    list.map((id) => `${personOf(bundle, id)?.name ?? ''} (${id})`).join(', ') || 'no one'
  const notified = (who: Pick<PlannedStage, 'notified' | 'unreachable'>) =>
    [
      `will notify ${who.notified.length} people`,
      ...when(who.notified.length > 0, `: ${all(who.notified)}`),
      ...when(who.unreachable.length > 0, `; not in Slack: ${all(who.unreachable)}`),
    ].join('')
  const isOther = fallbackChannel !== undefined && channels.some((channel) => channel !== fallbackChannel)
  const instead = isOther ? `, or in ${fallbackChannel} if it cannot be posted to` : ''
  return [
    `Stage ${at + 1}, ${name}: ${quorum} of ${people.length}`,
    `  may decide: ${all(people)}`,
    `  card in ${channels.join(' and ')}${instead}; ${notified(stage)}`,
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
    ...when(typeTheName === true, '  to approve, a person types the name of the resource'),
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
