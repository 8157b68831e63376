import type { EdgeOptions } from './edge-options.ts'
import { type WebApi, webClients } from './web-client.ts'

const timeoutMs = 1_500

/** Publishes home tabs through Slack's Web API. One attempt: whoever opens the tab again has it drawn again. */
export function createHomes(api: WebApi): EdgeOptions['publishHome'] {
  const clients = webClients(api, { timeoutMs })
  return async (user_id, view) => {
    const client = await clients()
    await client.views.publish({ user_id, view })
  }
}
