// Rules: test/local/demo-options.test.ts
import { randomUUID } from 'node:crypto'
import type { AgentApi } from '../../client/agent/agent-api.ts'
import type { Task } from '../../client/agent/ask.ts'
import { Refusal } from '../../client/outcome.ts'
import type { Ask, AwsCredentials } from '../../functions/domain/cards/wire/task.ts'
import { type AwsPlace, act, CannotAct } from './act.ts'
import type { Asked } from './findings.ts'
import { isAws, NotAllowed, performTask, type Step } from './perform-task.ts'
import type { Person, Request } from './person.ts'
import type { World } from './world.ts'

/** @param until the early end of the wait and of the grant */
export async function askFor(agent: AgentApi, ask: Ask, until?: Date): Promise<Task> {
  return agent.submit(ask, await agent.evaluate(ask), { idempotencyKey: randomUUID(), ...(until ? { until } : {}) })
}

export async function askWithCard(world: World, agent: AgentApi, ask: Ask): Promise<Asked> {
  const evaluation = await agent.evaluate(ask)
  const sentAt = Date.now()
  const task = await agent.submit(ask, evaluation, { idempotencyKey: randomUUID() })
  const { id } = task.task
  const card = await world.desk.untilCard(id)
  world.report.latency('request to card', card.postedAt - sentAt)
  world.report.note(describeTask(task))
  return { id, card }
}

export const describeTask = ({ task, hotwork }: Task): string => {
  const stages = hotwork.stages.map(({ name, quorum, decisions }) => `${name} ${decisions.approve} of ${quorum}`)
  return `${task.id} ${task.status}, tier ${hotwork.tier}${stages.length > 0 ? `, ${stages.join(', ')}` : ''}`
}

export const withArguments = (ask: Ask, changed: Ask['action']['properties']): Ask => ({
  ...ask,
  action: { ...ask.action, properties: { ...ask.action.properties, ...changed } },
})

export const withApproval = (ask: Ask, { result }: Task): Ask => ({
  ...ask,
  context: { ...ask.context, approval: result?.approval ?? { id: 'none' } },
})

type Approval = { person: string; stage: string; through: 'a click' | 'the API' }

/** Approves stage by stage, as people would. @returns the approvals that counted */
export async function approveThrough(world: World, id: string): Promise<Approval[]> {
  const approvals: Approval[] = []
  for (;;) {
    const request = await world.reader.request(id)
    if (request.status !== 'pending') return approvals
    approvals.push(await approveOnce(world, request))
  }
}

/** Approves by a click, or through the API if a click is too weak a login. Policy may refuse some people. */
async function approveOnce(world: World, request: Request): Promise<Approval> {
  const { id, owner, stage } = request
  if (stage === null) throw new Error(`${id} is pending without an open stage`)
  const card = await world.desk.untilCard(id)
  for (const person of likelyFirst(world, stage)) {
    if (hasDecided(request, person) || person.id === owner) continue
    await world.desk.click(card, 'approve', person.slackUserId)
    const approval = { person: person.id, stage }
    if (hasDecided(await world.reader.request(id), person)) return { ...approval, through: 'a click' }
    try {
      await person.approveStrongly(request)
      return { ...approval, through: 'the API' }
    } catch (fault) {
      if (!(fault instanceof Refusal)) throw fault
    }
  }
  throw new Error(`no person could approve stage \`${stage}\` of ${id}`)
}

/**
 * The people, first those in a group with the stage's name or the same last word, such as `payments-owners` for
 * `owner`.
 */
function likelyFirst({ people }: World, stage: string): Person[] {
  const fits = ({ groups }: Person) => groups.some((group) => group === stage || group.endsWith(`-${stage}s`))
  // People in fewer groups come first, so that those who could fill another stage stay free for it.
  const byGroups = people.toSorted((a, b) => a.groups.length - b.groups.length)
  return [...byGroups.filter(fits), ...byGroups.filter((person) => !fits(person))]
}

const hasDecided = ({ stages }: Request, { id }: Person) =>
  stages.some(({ decisions }) => decisions.some(({ person }) => person === id))

export const describeApprovals = (approvals: readonly Approval[]): string =>
  approvals.map(({ person, stage, through }) => `${person} (${stage}, by ${through})`).join(', ')

/** A refusal by policy before people were asked, or a completed task. */
type End = { refused: string } | { task: Task; approvals: Approval[]; done: string }

/** Asks, lets people approve, claims the credential, acts, and completes. @param watch is called with each step */
export async function carryThrough(world: World, ask: Ask, watch: (step: Step) => void = () => {}): Promise<End> {
  const agent = await world.agent(ask.subject.id)
  const failure = Promise.withResolvers<never>()
  let approvals: Approval[] = []
  let done = ''
  const doIt: Parameters<typeof performTask>[2] = async (credentials, { access_token }) => {
    if (credentials) done = await tryToAct(ask, world.aws, credentials)
    else done = isAws(ask) ? await callByHotwork(agent, access_token) : 'the access token is only for its tool'
    return done
  }
  const approve = async (step: Step) => {
    watch(step)
    if (step.name !== 'submitted' || step.task.task.status !== 'pending') return
    approveThrough(world, step.task.task.id).then((given) => {
      approvals = given
    }, failure.reject)
  }
  try {
    const task = await Promise.race([performTask(agent, ask, doIt, approve), failure.promise])
    return { task, approvals, done }
  } catch (fault) {
    if (fault instanceof NotAllowed && !fault.task) return { refused: fault.evaluation.context.reason ?? 'no reason' }
    throw fault
  }
}

async function callByHotwork(agent: AgentApi, token: string): Promise<string> {
  const { output } = await agent.mediatedCall(token)
  const answered = Object.keys(output).length > 0 ? `answered with ${Object.keys(output).join(', ')}` : 'took it'
  return `done by Hotwork, AWS ${answered}`
}

async function tryToAct({ action }: Ask, aws: AwsPlace, credentials: AwsCredentials): Promise<string> {
  try {
    await act(action, aws, credentials)
    return 'done with its own credential'
  } catch (fault) {
    if (fault instanceof CannotAct) return `credential held; ${fault.message}`
    throw fault
  }
}
