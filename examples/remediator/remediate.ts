import { act } from './act.ts'
import type { Hotwork } from './hotwork.ts'
import { performTask, type Watch } from './perform-task.ts'
import type { Ask, Task } from './wire.ts'

/** What the checkout service says of itself. */
export interface Health {
  status: 'healthy' | 'unhealthy'
  parameter: string
  payment_timeout_ms?: number
  reason?: string
}

/** 503 is an answer here: it is what the agent looks for. */
export async function readHealth(url: string): Promise<Health> {
  const response = await fetch(url)
  return (await response.json()) as Health
}

/** What the agent takes to be right: what it was before, and many times what the payment provider needs. */
const rightTimeout = '3000'

export type Remedied = { before: Health; after: Health; task: Task } | { before: Health }

/**
 * Looks at the checkout service and, if it is unhealthy, sets the parameter that it names back to what it should be,
 * with an approval for exactly that.
 * @param healthUrl Where the service says how it is.
 * @param ask The request as prepared: its arguments are checked against what was found before anyone is asked.
 */
export async function remediate(
  hotwork: Hotwork,
  healthUrl: string,
  ask: Ask,
  watch: Watch = () => {},
): Promise<Remedied> {
  const before = await readHealth(healthUrl)
  if (before.status === 'healthy') return { before }
  const { Name, Value } = ask.action.properties
  if (Name !== before.parameter || Value !== rightTimeout)
    throw new Error(
      `checkout names ${before.parameter}, and ${rightTimeout} is right for it: this request would not help`,
    )

  let after = before
  const task = await performTask(
    hotwork,
    ask,
    async (credentials, _token, approved) => {
      if (!credentials) throw new Error('an AWS action comes with AWS credentials')
      await act(approved.action, hotwork.settings.aws, credentials)
      after = await readHealth(healthUrl)
      if (after.status !== 'healthy') throw new Error(`checkout is still unhealthy: ${after.reason}`)
      return `checkout is healthy with ${after.payment_timeout_ms} ms`
    },
    watch,
  )
  return { before, after, task }
}
