import { randomUUID } from 'node:crypto'
import { cpus, loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../test/stack/support/aws.ts'
import { prod, setParameter } from '../../test/stack/support/deployment.ts'
import { quantile } from './harness.ts'
import { startDelayedWorld } from './latency/world.ts'

/**
 * Propagation of a change of the registry, from the last click in Slack to the first question that sees it, with the
 * stream and the Lambda that makes it, on a local stack of its own whose AWS and Slack are held back
 * (`latency/delays.ts`). Three askers wait 100 ms after each answer. `node tools/bench/registry-on-stack.ts [CHANGES]`
 */
const changes = Number(process.argv[2] ?? 100)
const askers = 3
const [id, owner, approver] = ['agent:deployer', 'person:lena', 'person:gus'] as const
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

/** Asks until the answer is the one under this autonomy: an assistive agent may not ask for a change of production. */
async function firstSight(autonomy: string): Promise<number> {
  for (;;) {
    const { status, body } = await hotwork.evaluate(id, { ...setParameter(prod), subject: { type: 'agent', id } })
    const isOffered = body.context?.access_request !== undefined
    if (status === 200 && isOffered === (autonomy === 'supervised')) return performance.now()
    await pause(100)
  }
}

/** The milliseconds from the click to each asker's first sight of the change. */
async function changed(action: string, args: object, autonomy: string): Promise<readonly number[]> {
  const request = await asked(action, args)
  const card = await desk.untilCard(request)
  const seen = Array.from({ length: askers }, () => firstSight(autonomy))
  await pause(Math.random() * 2000)
  const clicked = performance.now()
  await desk.click(card, 'approve', approver)
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
