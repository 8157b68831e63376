import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { act, CannotAct } from '../../../../examples/remediator/act.ts'
import { isAws, NotAllowed, performTask, type Step } from '../../../../examples/remediator/perform-task.ts'
import type { Ask, Task } from '../../../../examples/remediator/wire.ts'
import { type Approval, approveThrough, describeTask, type ExampleRow, readExampleTable } from '../asking.ts'
import { finding, refusedByHotwork } from '../report.ts'
import { readParameter, requestsFolder, type World } from '../world.ts'
import { withArguments } from './credentials.ts'

/** An autonomous agent puts staging right, and nobody is asked. */
export async function tellTierZero({ report, agent, example, local }: World): Promise<void> {
  const remediator = await agent('agent:remediator')
  const ask = example('staging-payment-timeout')
  await report.expect('the whole task is done without a person', async () => {
    let tier = -1
    let asked = true
    const task = await performTask(
      remediator,
      ask,
      async (credentials) => {
        if (credentials) await act(ask.action, remediator.settings.aws, credentials)
        return 'set'
      },
      (step) => {
        if (step.name !== 'submitted') return
        tier = step.task.hotwork.tier
        asked = step.task.task.status === 'pending'
      },
    )
    const ended = task.hotwork.grant?.status
    return finding(tier === 0 && !asked && ended === 'completed', `${describeTask(task)}; its grant is ${ended}`)
  })
  await report.expect('an administrator of the account sees the new value', async () => {
    const value = await readParameter(local.aws, String(ask.action.properties['Name']))
    return finding(value === ask.action.properties['Value'], `${ask.action.properties['Name']} is ${value}`)
  })
}

/** Policy says no: then nobody is asked, since no approval could help. */
export async function tellNoFromPolicy(world: World): Promise<void> {
  const { report } = world
  const refusals = [
    ['a parameter of Hotwork’s own is forbidden, at every tier', 'forbidden-hotwork-parameter'],
    ['a planner gets no credential that changes anything', 'forbidden-planner-parameter'],
    ['a build bot does no repairs', 'forbidden-builder-repair'],
  ] as const
  for (const [expected, file] of refusals) {
    await report.expect(expected, async () => {
      const ask = world.example(file)
      const { decision, context } = await (await world.agent(ask.subject.id)).evaluate(ask)
      // By which policy is for people: the agent that asks is not told.
      const held = !decision && context.reason === 'policy_denied' && !context.access_request
      return finding(held, `${context.reason}; ${context.access_request ? 'may be asked for' : 'nothing to ask for'}`)
    })
  }

  const agent = await world.agent('agent:remediator')
  const ask = world.example('prod-payment-timeout')
  await report.expect('an evaluation for one value cannot be submitted with another', async () => {
    const evaluation = await agent.evaluate(ask)
    const changed = withArguments(ask, { Value: '9000' })
    const wanted = { status: 400, code: 'invalid_denial_binding' }
    return refusedByHotwork(() => agent.submit(changed, evaluation, randomUUID()), wanted)
  })
  await report.expect('a resource that the arguments do not name is refused, not believed', async () => {
    const elsewhere = { ...ask, resource: { ...ask.resource, id: ask.resource.id.replace('/prod/', '/staging/') } }
    const { decision, context } = await agent.evaluate(elsewhere)
    return finding(!decision && context.reason === 'invalid_arguments', `${context.reason}: ${context.detail}`)
  })
}

/** Every example request, through its whole life, with whatever people its tier takes. */
export async function tellExamples(world: World): Promise<void> {
  for (const row of readExampleTable(join(requestsFolder, 'README.md'))) await tellExample(world, row)
}

async function tellExample(world: World, { name, agent, outcome }: ExampleRow): Promise<void> {
  const tier = typeof outcome === 'number' ? `tier ${outcome}` : outcome
  await world.report.expect(`${name}: ${tier}, for ${agent}`, async () => {
    const ask = world.example(name)
    const end = await carryThrough(world, ask)
    if ('refused' in end) return finding(end.refused === outcome, `refused: ${end.refused}`)
    const { task, approvals, done } = end
    const by = approvals.map(({ person, stage, through }) => `${person} (${stage}, by ${through})`)
    const held = task.hotwork.tier === outcome && task.hotwork.grant?.status === 'completed'
    return finding(held, `tier ${task.hotwork.tier}; ${by.join(', ') || 'nobody was asked'}; ${done}`)
  })
}

/** How a request ended: refused by policy before anyone was asked, or done. */
type End = { refused: string } | { task: Task; approvals: Approval[]; done: string }

/**
 * Asks as the agent that the request names, has people approve it, claims the credential, does it, and completes.
 * @param watch Is told each step as it happens.
 */
export async function carryThrough(
  world: World,
  ask: Ask,
  watch: (step: Step) => void = () => {},
  onApproved: (approvals: Approval[]) => void = () => {},
): Promise<End> {
  const agent = await world.agent(ask.subject.id)
  const people = Promise.withResolvers<never>()
  let approvals: Approval[] = []
  let done = ''
  const performed = performTask(
    agent,
    ask,
    async (credentials, token) => {
      if (credentials) done = await tryToAct(ask, credentials)
      else done = isAws(ask) ? await haveItDone(token.access_token) : 'the access token is for its tool alone'
      return done
    },
    (step) => {
      watch(step)
      if (step.name !== 'submitted' || step.task.task.status !== 'pending') return
      approveThrough(world, step.task).then((given) => {
        approvals = given.approvals
        onApproved(approvals)
      }, people.reject)
    },
  )
  try {
    return { task: await Promise.race([performed, people.promise]), approvals, done }
  } catch (fault) {
    if (fault instanceof NotAllowed && !fault.task) return { refused: fault.evaluation.context.reason ?? 'no reason' }
    throw fault
  }

  async function haveItDone(token: string): Promise<string> {
    const { output } = await agent.awsCall(token)
    const answered = Object.keys(output).length > 0 ? `answered with ${Object.keys(output).join(', ')}` : 'took it'
    return `done by Hotwork, AWS ${answered}`
  }

  async function tryToAct({ action }: Ask, credentials: Parameters<typeof act>[2]): Promise<string> {
    try {
      await act(action, agent.settings.aws, credentials)
      return 'done with its own credential'
    } catch (fault) {
      if (fault instanceof CannotAct) return `credential held; ${fault.message}`
      throw fault
    }
  }
}
