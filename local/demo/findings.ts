// Rules: test/local/verify-aws.test.ts
import { setTimeout as delay } from 'node:timers/promises'
import type { AgentApi } from '../../client/agent/agent-api.ts'
import { Trouble } from '../../client/outcome.ts'
import type { Ask } from '../../functions/domain/cards/wire/task.ts'
import { describeTrouble } from './calls.ts'
import { type Card, describeCard } from './desk-client.ts'
import { decisionsOf, type Request } from './person.ts'
import type { Report } from './report.ts'
import type { World } from './world.ts'

export interface Finding<T> {
  held: boolean
  found: string
  value: T
}

export const finding = <T = undefined>(held: boolean, found: string, value?: T): Finding<T> =>
  ({ held, found, value }) as Finding<T>

/**
 * Expects exactly this refusal.
 * @param no the status, and the code if one is promised: `403` or `403 uses_exhausted`
 */
export async function refused(no: string, call: () => Promise<unknown>, says = /./): Promise<Finding<undefined>> {
  try {
    await call()
  } catch (fault) {
    if (!(fault instanceof Trouble)) throw fault
    const found = describeTrouble(fault)
    const held = no === `${fault.status}` || no === `${fault.status} ${fault.told.code}`
    return finding(held && says.test(found), found)
  }
  return finding(false, 'it was let through')
}

/** @param because the status of the request, such as `denied` */
export const tokenRefused = (agent: AgentApi, id: string, because: string): Promise<Finding<undefined>> =>
  refused(`400 ${because}`, () => agent.exchangeToken(id))

export async function evaluatedNo(agent: AgentApi, ask: Ask, reason: string): Promise<Finding<undefined>> {
  const { decision, context } = await agent.evaluate(ask)
  return finding(!decision && context.reason === reason, `decision: ${decision}, ${context.detail ?? context.reason}`)
}

/** AWS's words for an explicit deny, for a missing allow, and for an expired session. */
export const denial = {
  denied: /with an explicit deny/,
  notAllowed: /because no [\w-]+ policy allows|security token .*expired/,
}

export async function refusedByIam(call: () => Promise<unknown>): Promise<Finding<undefined>> {
  const said = (await iamDenial(call)) ?? 'IAM let it through'
  return finding(denial.notAllowed.test(said) || denial.denied.test(said), `IAM: ${said}`)
}

export const approvedRequest = (request: Request): Finding<undefined> =>
  finding(request.status === 'approved', `${request.status} by ${decisionsOf(request).join(' and ')}`)

export async function completed(agent: AgentApi, id: string, how: 'succeeded' | 'failed', note: string) {
  const { grant } = (await agent.complete(id, how, note)).hotwork
  return finding(grant?.status === 'completed', `${id}: its grant is ${grant?.status}`)
}

/** Waits until the card says these words and has no buttons. */
export async function closedCard({ desk }: World, id: string, words: string): Promise<Finding<Card>> {
  const card = await desk.untilCard(id, ({ says }) => says.includes(words))
  return finding(card.buttons.length === 0, describeCard(card), card)
}

export type Asked = { id: string; card: Card }

/** IAM's refusal; `undefined` if IAM permits the call. Other faults are rethrown. */
export async function iamDenial(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call()
    return undefined
  } catch (fault) {
    const { name, message } = fault as Error
    if (!/^(AccessDenied|ExpiredToken)/.test(name)) throw fault
    // Keeps the part after `is not authorized to perform: `.
    return message.replace(/^.*not authorized to perform: /, '').replace('on resource: ', 'on ')
  }
}

/**
 * Calls until IAM refuses. A deny goes through a queue and lags; an end by time does not. `how` is the reason that IAM
 * must give.
 * @returns the time since `since` in milliseconds
 */
export async function untilDead(
  report: Report,
  { latency, since, how = 'denied' }: { latency: string; since: number; how?: keyof typeof denial },
  call: () => Promise<unknown>,
): Promise<Finding<number>> {
  let tries = 0
  const tried = () => {
    tries += 1
    return iamDenial(call)
  }
  const said = await until(tried, { ...report.probes, what: 'IAM refuses' })
  const lag = Date.now() - since
  report.latency(latency, lag)
  return finding(denial[how].test(said), `refused ${lag} ms after, at try ${tries}: ${said}`, lag)
}

/** Polls for a state that no event announces. */
export async function until<T>(
  look: () => Promise<T | undefined>,
  wanted: { withinSeconds: number; everyMilliseconds?: number; what: string },
): Promise<T> {
  const end = Date.now() + wanted.withinSeconds * 1000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() >= end) throw new Error(`after ${wanted.withinSeconds} s still not: ${wanted.what}`)
    await delay(wanted.everyMilliseconds ?? 100)
  }
}
