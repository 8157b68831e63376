// Rules: test/local/demo-options.test.ts
import { join } from 'node:path'
import type { AgentApi } from '../../../client/agent/agent-api.ts'
import { act } from '../act.ts'
import { approveThrough, askWithCard, describeApprovals } from '../asking.ts'
import { headOf } from '../desk-client.ts'
import { closedCard, finding, refused } from '../findings.ts'
import { plansFolder, readAsk, readParameter, setParameter, type World } from '../world.ts'

/** A planner asks for three steps by two agents. The second step fails, so the third is not done. */
export async function tellPlan(world: World): Promise<void> {
  const { report, local, desk, reader } = world
  const planner = await world.agent('agent:planner')
  const ask = readAsk(join(plansFolder, 'change.json'), local)
  const wanted = stepsOf(ask.action.properties['steps'])
  for (const { arguments: args } of wanted) await setParameter(local, args['Name'], 'before')

  const plan = await report.expect('the planner asks once for three steps by two agents, on one card', async () => {
    const { id, card } = await askWithCard(world, planner, ask)
    const shown = wanted.filter(({ agent, arguments: args }) =>
      [agent, String(args['Name']), `"before" → "${args['Value']}"`].every((each) => card.says.includes(each)),
    )
    const held = shown.length === wanted.length && card.buttons.includes('approve')
    return finding(held, `${headOf(card)}; ${shown.length} of ${wanted.length} steps shown whole`, id)
  })
  await report.expect('two people approve the whole of it; no owner of a step’s agent may', async () => {
    const approvals = await approveThrough(world, plan)
    const { status } = await reader.request(plan)
    return finding(status === 'approved' && approvals.length === 2, describeApprovals(approvals))
  })
  await report.expect('the planner itself gets no token of it', () =>
    refused('400 wrong_credential_kind', () => planner.exchangeToken(plan)),
  )
  const requests = ((await planner.readTask(plan)).hotwork.steps ?? []).map(({ request }) => request)
  const step = (n: number) => ({ ...wanted[n - 1], request: requests[n - 1] }) as Step & { request: string }

  await report.expect('the first agent takes its turn, makes the change and reports it', async () => {
    const { agent, request, action, arguments: args } = step(1)
    const remediator = await world.agent(agent)
    await remediator.waitUntilSettled(request, { until: inAMinute() })
    const { access_token } = await remediator.exchangeToken(request)
    await act({ name: action, properties: args as never }, world.aws, await remediator.awsCredentials(access_token))
    await remediator.complete(request, 'succeeded', 'set')
    const value = await readParameter(local, args['Name'])
    return finding(value === args['Value'], `${args['Name']} is ${value}`)
  })
  await report.expect('only then the second step opens: its agent tries, and reports that it failed', async () => {
    const { agent, request } = step(2)
    const builder = await world.agent(agent)
    const task = await builder.waitUntilSettled(request, { until: inAMinute() })
    const { grant } = (await builder.complete(request, 'failed', 'the provider does not answer')).hotwork
    return finding(task.task.status === 'approved' && grant?.status === 'completed', `${request}: failed`)
  })
  await report.expect('the plan is over, and its third step is never done', () => untilOver(world, plan, step(3)))
  await report.expect('the one card says which step failed, and has no buttons left', () =>
    closedCard(world, plan, 'step 2 failed, so step 3 is not taken'),
  )
  await report.expect('the steps had no card of their own', async () => {
    const cards = await Promise.all(requests.map((request) => desk.cardsThatSay(request)))
    return finding(cards.flat().length === 0, `${cards.flat().length} cards`)
  })
}

type Step = { agent: string; action: string; arguments: { [name: string]: unknown } }
const stepsOf = (steps: unknown): readonly Step[] => steps as readonly Step[]

const inAMinute = (): Date => new Date(Date.now() + 60_000)

async function untilOver({ report, reader, local, agent }: World, plan: string, last: Step & { request: string }) {
  const began = Date.now()
  let found = await reader.request(plan)
  while (found.status === 'approved' && Date.now() < began + 60_000) found = await again(reader, plan)
  report.latency('failed step to the end of its plan', Date.now() - began)
  const states = (found.steps ?? []).map(({ status }) => status)
  const own: AgentApi = await agent(last.agent)
  const no = await refused('400', () => own.exchangeToken(last.request))
  const value = await readParameter(local, last.arguments['Name'])
  const held = found.status === 'completed' && states.join() === 'succeeded,failed,ended' && value === 'before'
  return finding(held && no.held, `${found.status}: ${states.join(', ')}; step 3: ${no.found}`)
}

async function again(reader: World['reader'], plan: string) {
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, 250)
  await promise
  return reader.request(plan)
}
