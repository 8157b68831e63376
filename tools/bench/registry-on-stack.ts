import { randomUUID } from 'node:crypto'
import { cpus, loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Card } from '../../local/demo/desk-client.ts'
import { until } from '../../test/stack/support/aws.ts'
import { type Answer, setFlag } from '../../test/stack/support/deployment.ts'
import { quantile } from './harness.ts'
import { startDelayedWorld } from './latency/world.ts'

/**
 * Propagation of a change of the registry, from the last click in Slack to the first question that sees it, with the
 * stream and the Lambda that makes it, on a local stack of its own whose AWS and Slack are held back
 * (`latency/delays.ts`). Three askers wait 100 ms after each answer. `node tools/bench/registry-on-stack.ts [CHANGES]`
 */
const changes = Number(process.argv[2] ?? 100)
const askers = 3
const [id, owner, security, sre] = ['agent:deployer', 'person:lena', 'person:gus', 'person:eve'] as const
const agent = {
  ...{ id, owner, autonomy: 'supervised', runsOn: { other: 'the bench' } },
  identities: [{ issuer: 'workloads', subject: 'agent-deployer' }],
  recertifyBy: new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10),
}

await using resources = new AsyncDisposableStack()
const { hotwork } = await startDelayedWorld(1, resources)
const { desk } = hotwork

async function asked(action: string, args: object): Promise<string> {
  const body = { action: `hotwork:${action}`, arguments: args, reason: 'the bench measures it' }
  const headers = { 'idempotency-key': randomUUID() }
  const answer = await hotwork.as(owner, 'POST', '/v1/registry/requests', body, headers)
  if (answer.status !== 202) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body.id
}

/** Asks until the answer is that of this autonomy: an assistive agent may not ask for a flag of production. */
async function firstSight(autonomy: string): Promise<number> {
  let last: Answer | undefined
  for (const end = performance.now() + 60_000; performance.now() < end; ) {
    last = await hotwork.evaluate(id, setFlag({ agent: id }))
    const isOffered = last.body.context?.access_request !== undefined
    if (last.status === 200 && isOffered === (autonomy === 'supervised')) return performance.now()
    await pause(100)
  }
  throw new Error(`no question saw that the agent is ${autonomy}: ${last?.status} ${JSON.stringify(last?.body)}`)
}

/** The milliseconds from the click to each asker's first sight of the change. */
async function changed(action: string, args: object, autonomy: string): Promise<readonly number[]> {
  const request = await asked(action, args)
  // More autonomy is looked at twice.
  const isTwice = (await hotwork.view(request)).stages.length === 2
  if (isTwice) await hotwork.decide(security, request)
  const isOpen = ({ says, buttons }: Card) => buttons.includes('approve') && (!isTwice || says.includes('sre'))
  const card = await desk.untilCard(request, isOpen)
  const seen = Array.from({ length: askers }, () => firstSight(autonomy))
  await pause(Math.random() * 2000)
  const clicked = performance.now()
  await desk.click(card, 'approve', isTwice ? sre : security)
  const spans = (await Promise.all(seen)).map((at) => at - clicked)
  await until(
    () => hotwork.view(request),
    ({ status }) => status === 'completed',
  )
  return spans
}

const [load = 0] = loadavg()
await changed('RegisterAgent', agent, 'supervised')
const spans: number[] = []
for (let n = 0; n < changes; n++) {
  const autonomy = n % 2 === 0 ? 'assistive' : 'supervised'
  spans.push(...(await changed('ChangeAgent', { id, autonomy }, autonomy)))
}
const at = (part: number) => Math.round(quantile(spans, part))
const [after = 0] = loadavg()
process.stdout.write(
  `${changes} changes, ${spans.length} sights: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms; ` +
    `${cpus().length} processors, load ${load.toFixed(1)} before and ${after.toFixed(1)} after\n`,
)
