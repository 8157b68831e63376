import { WebClient, type WebClientOptions } from '@slack/web-api'
import type { Log } from '../../operations/ports.ts'
import type { EdgeOptions } from './edge-options.ts'
import { redactingLogger } from './redacting-logger.ts'

const timeoutMs = 1_500

/** Publishes home tabs through Slack's Web API. One attempt: whoever opens the tab again has it drawn again. */
export function createHomes(options: {
  apiUrl: string
  token: () => Promise<string>
  log: Log
}): EdgeOptions['publishHome'] {
  const settings: WebClientOptions = {
    slackApiUrl: options.apiUrl,
    timeout: timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: redactingLogger(options.log),
  }
  return async (user_id, view) => {
    const client = new WebClient(await options.token(), settings)
    await client.views.publish({ user_id, view })
  }
}
