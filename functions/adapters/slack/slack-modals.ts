import type { EdgeOptions } from './edge-options.ts'
import { type WebApi, webClients } from './web-client.ts'

/** A trigger is good for three seconds, and whoever pressed waits as long. */
const timeoutMs = 1_500

/**
 * Opens forms through Slack's Web API: the one thing at this door that takes the bot token, which is read for it alone.
 * One attempt, since a second would come too late.
 */
export function createModals(api: WebApi): EdgeOptions['openModal'] {
  const clients = webClients(api, { timeoutMs })
  return async (trigger_id, view) => {
    const client = await clients()
    await client.views.open({ trigger_id, view })
  }
}
