import { setTimeout as delay } from 'node:timers/promises'
import type { Hotwork } from '../../../examples/remediator/hotwork.ts'
import { type Ask, Refusal } from '../../../examples/remediator/wire.ts'
import type { Report } from './report.ts'

/** What was found when an expectation was looked at. */
export interface Finding<T> {
  held: boolean
  /** What was answered, how often, by which person: enough to see why it held or did not. */
  found: string
  value: T
}

/** @param value What the rest of the chapter needs of it. */
export const finding = <T = undefined>(held: boolean, found: string, value?: T): Finding<T> =>
  ({ held, found, value }) as Finding<T>

/**
 * Hotwork says no in this way; nothing else will do.
 * @param no Status, and code where one is promised: `403` or `403 uses_exhausted`.
 */
export async function refused(no: string, call: () => Promise<unknown>, says = /./): Promise<Finding<undefined>> {
  try {
    await call()
  } catch (fault) {
    if (!(fault instanceof Refusal)) throw fault
    const held = no === `${fault.status}` || no === `${fault.status} ${fault.code}`
    return finding(held && says.test(fault.message), fault.message)
  }
  return finding(false, 'it was let through')
}

/** The agent gets no token for a request. @param because What the request is instead of approved, such as `denied`. */
export const tokenRefused = (agent: Hotwork, id: string, because: string): Promise<Finding<undefined>> =>
  refused('400 invalid_authorization_details', () => agent.exchangeToken(id), new RegExp(`: ${because}`))

/** An evaluation says no, for this reason. */
export async function evaluatedNo(agent: Hotwork, ask: Ask, reason: string): Promise<Finding<undefined>> {
  const { decision, context } = await agent.evaluate(ask)
  return finding(!decision && context.reason === reason, `decision: ${decision}, ${context.detail ?? context.reason}`)
}

/** How IAM says no: a statement denies it, or none allows it. The words are AWS's own. */
export const denial = { denied: /with an explicit deny/, notAllowed: /because no [\w-]+ policy allows/ }

/** IAM says no to a call. */
export async function refusedByIam(call: () => Promise<unknown>): Promise<Finding<undefined>> {
  const said = (await iamDenial(call)) ?? 'IAM let it through'
  return finding(denial.notAllowed.test(said) || denial.denied.test(said), `IAM: ${said}`)
}

/** What IAM says when it says no, or `undefined` when it lets the call through. Any other fault proves nothing about rights. */
export async function iamDenial(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call()
    return undefined
  } catch (fault) {
    const { name, message } = fault as Error
    if (!name.startsWith('AccessDenied')) throw fault
    // `User: arn:... is not authorized to perform: ssm:PutParameter on resource: arn:... because ...`
    return message.replace(/^.*not authorized to perform: /, '').replace('on resource: ', 'on ')
  }
}

/**
 * Tries until IAM refuses, and takes how long after `since` that was as `latency`.
 * @param how What the refusal must rest on: a deny is written from a queue and lags, an end by time does not.
 * @returns how long after, in milliseconds
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
  const said = await until(tried, { withinSeconds: 20, everyMilliseconds: 50, what: 'IAM refuses' })
  const lag = Date.now() - since
  report.latency(latency, lag)
  return finding(denial[how].test(said), `refused ${lag} ms after, at try ${tries}: ${said}`, lag)
}

/** Looks again and again, for what has no event to wait for. @throws When there is nothing after `withinSeconds`. */
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
