import type { Step } from '../../../../examples/remediator/perform-task.ts'
import { readHealth, remediate } from '../../../../examples/remediator/remediate.ts'
import type { Ask, AwsCredentials, Task } from '../../../../examples/remediator/wire.ts'
import { describeTask } from '../asking.ts'
import type { Card } from '../desk-client.ts'
import { finding } from '../findings.ts'
import type { World } from '../world.ts'
import { lookAtCredential, lookAtDeadCredential } from './credential.ts'

/**
 * The story: checkout is unhealthy, the agent asks for one change, two people agree, the agent makes it, and the
 * credential dies.
 * @returns the request's id
 */
export async function tellStory(world: World): Promise<string> {
  const { report, healthUrl } = world
  const agent = await world.agent('agent:remediator')
  const ask = world.example('prod-payment-timeout')
  await report.expect('checkout in prod is unhealthy, and one parameter is to blame', async () => {
    const health = await readHealth(healthUrl)
    const { status, parameter, payment_timeout_ms, reason } = health
    return finding(status === 'unhealthy', `${status}: ${reason}; ${parameter} is ${payment_timeout_ms}`)
  })

  // People decide while the agent waits. If they fail to, the agent would wait on, so that failure ends the chapter.
  const failure = Promise.withResolvers<never>()
  let clicked: Promise<number> | undefined
  let credentials: AwsCredentials | undefined
  const watch = async (step: Step): Promise<void> => {
    if (step.name === 'submitted') {
      clicked = decideInTurn(world, ask, step)
      clicked.catch(failure.reject)
    } else if (step.name === 'credential') {
      report.latency('last click to credential', step.heldAt - ((await clicked) ?? step.heldAt))
      credentials = step.credentials
      await lookAtCredential(world, agent, ask, step)
    } else if (step.name === 'completed' && credentials) {
      await lookAtDeadCredential(world, agent, ask, step, credentials)
    }
  }
  const remedied = await Promise.race([remediate(agent, healthUrl, ask, watch), failure.promise])
  if (!('after' in remedied)) throw new Error('checkout was healthy when the agent looked')
  const { after, task } = remedied

  await report.expect('checkout is healthy, and the task is completed', async () => {
    const { status, grant } = await world.reader.request(task.task.id)
    const held = after.status === 'healthy' && status === 'completed' && grant?.status === 'completed'
    return finding(held, `checkout: ${after.status} with ${after.payment_timeout_ms} ms; request and grant: ${status}`)
  })
  await report.expect('the one card says how it ended, and has no buttons left', async () => {
    const card = await world.desk.untilCard(task.task.id, ({ says }) => says.includes('Completed'))
    return finding(card.buttons.length === 0, `${headOf(card)}; buttons: ${card.buttons.join(', ') || 'none'}`)
  })
  return task.task.id
}

/** The owner approves, then the one from sre. @returns when the last of them clicked. */
async function decideInTurn(
  { report, desk, person }: World,
  ask: Ask,
  { task, sentAt }: { task: Task; sentAt: number },
): Promise<number> {
  const { id } = task.task
  await report.expect('the request waits at tier 2, for the owner first and sre then', async () => {
    const stages = task.hotwork.stages.map(({ name }) => name).join(', then ')
    const held = task.task.status === 'pending' && task.hotwork.tier === 2 && stages === 'owner, then sre'
    return finding(held, describeTask(task))
  })
  const first = await report.expect('a card comes that shows the exact change and its digest', async () => {
    const card = await desk.untilCard(id)
    report.latency('request to card', card.postedAt - sentAt)
    const wanted = [id, task.hotwork.digest.slice(0, 16), ...Object.values(ask.action.properties).map(String)]
    const missing = wanted.filter((text) => !card.says.includes(text))
    const shown = missing.length === 0 ? `all of ${wanted.join(', ')}` : `without ${missing.join(', ')}`
    return finding(missing.length === 0 && card.buttons.includes('approve'), `${headOf(card)}; ${shown}`, card)
  })
  await report.expect('the card says in plain words what IAM cannot pin', async () => {
    const lines = task.hotwork.unpinned
    return finding(lines.length > 0 && lines.every((line) => first.says.includes(line)), lines.join('; '))
  })
  const ben = person('person:ben')
  const second = await report.expect('Ben, an owner, clicks Approve, and the card turns to sre', async () => {
    const { status } = await desk.click(first, 'approve', ben.slackUserId)
    const card = await desk.untilCard(id, ({ says }) => says.includes('Waiting for sre'))
    return finding(status === 200 && card.ts === first.ts, `${status}; the same card: ${headOf(card)}`, card)
  })
  return report.expect('Eve, of sre, clicks Approve, and the request is approved', async () => {
    const { status, clickedAt } = await desk.click(second, 'approve', person('person:eve').slackUserId)
    const { status: now, stages } = await ben.request(id)
    const who = stages.flatMap(({ name, decisions }) => decisions.map(({ person }) => `${person} for ${name}`))
    return finding(status === 200 && now === 'approved', `${status}; ${now} by ${who.join(' and ')}`, clickedAt)
  })
}

/** What stands at the top of a card. */
export const headOf = ({ says }: Card): string => `"${says.slice(0, 70).trim()}..."`
