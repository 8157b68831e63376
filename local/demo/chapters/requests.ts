// Rules: test/local/demo-options.test.ts
import type { AgentApi } from '../../../client/agent/agent-api.ts'
import type { Task } from '../../../client/agent/ask.ts'
import type { Ask, AwsCredentials } from '../../../functions/domain/cards/wire/task.ts'

import { act } from '../act.ts'
import { carryThrough, describeApprovals, describeTask } from '../asking.ts'
import { headOf } from '../desk-client.ts'
import { type Listener, listenForEvents } from '../event-listener.ts'
import { approvedRequest, closedCard, finding } from '../findings.ts'
import { performTask, type Step, type Watch } from '../perform-task.ts'
import { readAsk, type World } from '../world.ts'
import { lookAtCredential, lookAtDeadCredential } from './credentials.ts'
import { tellLedger } from './ledger.ts'

export async function tellStory(world: World): Promise<string> {
  const { report, healthUrl } = world
  const agent = await world.agent('agent:remediator')
  const ask = world.example('prod-payment-timeout')
  await report.expect('checkout in prod is unhealthy, and one parameter is to blame', async () => {
    const { status, parameter, payment_timeout_ms, reason } = await readHealth(healthUrl)
    return finding(status === 'unhealthy', `${status}: ${reason}; ${parameter} is ${payment_timeout_ms}`)
  })

  const outside = await listenForEvents(world.local)
  // People decide while the agent waits. If they fail, that failure ends the chapter.
  const failure = Promise.withResolvers<never>()
  let clicked: Promise<number> | undefined
  let credentials: AwsCredentials | undefined
  const watch = async (step: Step): Promise<void> => {
    if (step.name === 'submitted') {
      clicked = decideInTurn(world, ask, step, outside)
      clicked.catch(failure.reject)
    } else if (step.name === 'credential') {
      report.latency('last click to credential', step.heldAt - ((await clicked) ?? step.heldAt))
      credentials = step.credentials
      await lookAtCredential(world, agent, ask, step)
    } else if (step.name === 'completed' && credentials) {
      await lookAtDeadCredential(world, agent, ask, step, credentials)
    }
  }
  const { after, task } = await Promise.race([remedy(world, agent, ask, watch), failure.promise])

  await report.expect('checkout is healthy, and the task is completed', async () => {
    const { status, grant } = await world.reader.request(task.task.id)
    const held = after.status === 'healthy' && status === 'completed' && grant?.status === 'completed'
    return finding(held, `checkout: ${after.status} with ${after.payment_timeout_ms} ms; request and grant: ${status}`)
  })
  await report.expect('the one card says how it ended, and has no buttons left', () =>
    closedCard(world, task.task.id, 'Completed'),
  )
  return task.task.id
}

interface Health {
  status: 'healthy' | 'unhealthy'
  parameter: string
  payment_timeout_ms?: number
  reason?: string
}

/** Reads the health of checkout. A 503 is an answer too, which the agent looks for. */
async function readHealth(url: string): Promise<Health> {
  const response = await fetch(url)
  return (await response.json()) as Health
}

/** Sets the parameter, and reads checkout's health again. */
async function remedy({ aws, healthUrl }: World, agent: AgentApi, ask: Ask, watch: Watch) {
  let after: Health | undefined
  const doIt: Parameters<typeof performTask>[2] = async (credentials, _token, approved) => {
    if (!credentials) throw new Error('an AWS action comes with AWS credentials')
    await act(approved.action, aws, credentials)
    after = await readHealth(healthUrl)
    return `checkout is ${after.status} with ${after.payment_timeout_ms} ms`
  }
  const task = await performTask(agent, ask, doIt, watch)
  return { after: after as Health, task }
}

/** @returns the time of the last click */
async function decideInTurn(
  { report, desk, person }: World,
  ask: Ask,
  { task, sentAt }: { task: Task; sentAt: number },
  outside: Listener,
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
  const clicked = await report.expect('Eve, of sre, clicks Approve, and the request is approved', async () => {
    const { status, clickedAt } = await desk.click(second, 'approve', person('person:eve').slackUserId)
    const { held, found } = approvedRequest(await ben.request(id))
    return finding(status === 200 && held, `${status}; ${found}`, clickedAt)
  })
  await report.expect('a program outside hears of it on the bus: ids, status and times', async () => {
    const { type, detail, heardAt } = await outside.until('Request Approved', id)
    report.latency('last click to event', heardAt - clicked)
    const told = JSON.stringify(detail)
    const isBare = Object.values(ask.action.properties).every((value) => !told.includes(JSON.stringify(value)))
    return finding(isBare && !told.includes('person:'), `${type}: ${Object.keys(detail).join(', ')}`)
  })
  return clicked
}

/** `npm run demo -- --request FILE`: tells one request of the caller's own. */
export async function tellOwnRequest(world: World, file: string): Promise<void> {
  const { report, local } = world
  let id: string | undefined
  const watch = (step: Step) => {
    if (step.name === 'submitted') id = step.task.task.id
    for (const line of describeStep(step)) report.note(line)
  }
  await report.chapter(`Your request: ${file}`, 'Scripted approvers approve all that policy lets them.', async () => {
    const ask = readAsk(file, local)
    await report.expect('it comes to an end: refused by policy, or approved, done and completed', async () => {
      const end = await carryThrough(world, ask, watch)
      if ('refused' in end) return finding(true, `refused: ${end.refused}; no approval could help`)
      const { task, approvals, done } = end
      const by = describeApprovals(approvals) || 'no person was asked'
      return finding(task.hotwork.grant?.status === 'completed', `${describeTask(task)}; ${by}; ${done}`)
    })
  })
  const request = id
  if (request) await report.chapter('Its record', `The ledger of ${request}.`, () => tellLedger(world, request))
}

function describeStep(step: Step): string[] {
  if (step.name === 'evaluated') {
    const { reason, detail = '', access_request } = step.evaluation.context
    return [access_request ? `${access_request.display?.title}: ${access_request.template}` : `${reason} ${detail}`]
  }
  if (step.name === 'submitted') {
    const { digest, unpinned } = step.task.hotwork
    return [`${describeTask(step.task)}, digest ${digest}`, ...unpinned.map((line) => `not pinned: ${line}`)]
  }
  if (step.name === 'approved') return [`approved until ${step.task.result?.approval.approved_until}`]
  if (step.name !== 'credential') return []
  return [step.credentials ? `AWS credentials until ${step.credentials.Expiration}` : 'an access token']
}
