import { act } from './act.ts'
import type { Hotwork } from './hotwork.ts'
import { performTask, type Watch } from './perform-task.ts'
import type { Ask, Task } from './wire.ts'

export interface Health {
  status: 'healthy' | 'unhealthy'
  parameter: string
  payment_timeout_ms?: number
  reason?: string
}

/** A 503 is an answer too: it is what the agent looks for. */
export async function readHealth(url: string): Promise<Health> {
  const response = await fetch(url)
  return (await response.json()) as Health
}

/** The right value: the one of before, and many times what the payment provider needs. */
const rightTimeout = '3000'

export type Remedied = { before: Health; after: Health; task: Task } | { before: Health }

/**
 * Looks at the checkout service. If it is unhealthy, asks to set the parameter that it names back to the right value, and
 * sets it.
 * @param ask The prepared request. Its arguments are compared with what the service says before the agent asks.
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
