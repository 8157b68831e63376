import { join } from 'node:path'
import { act, CannotAct } from '../../../../examples/remediator/act.ts'
import { isAws, NotAllowed, performTask, type Step } from '../../../../examples/remediator/perform-task.ts'
import type { Ask, Task } from '../../../../examples/remediator/wire.ts'
import { type Approval, approveThrough } from '../approvers.ts'
import { type ExampleRow, readExampleTable } from '../example-table.ts'
import { finding } from '../findings.ts'
import { requestsFolder, type World } from '../world.ts'

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
export type End = { refused: string } | { task: Task; approvals: Approval[]; done: string }

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
