import { WebClient, type WebClientOptions } from '@slack/web-api'
import type { Log } from '../../operations/ports.ts'
import type { EdgeOptions } from './edge-options.ts'
import { redactingLogger } from './redacting-logger.ts'

/** A trigger is good for three seconds, and whoever pressed waits as long. */
const timeoutMs = 1_500

/**
 * Opens forms through Slack's Web API: the one thing at this door that takes the bot token, which is read for it alone.
 * One attempt, since a second would come too late.
 */
export function createModals(options: {
  apiUrl: string
  token: () => Promise<string>
  log: Log
}): EdgeOptions['openModal'] {
  const settings: WebClientOptions = {
    slackApiUrl: options.apiUrl,
    timeout: timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: redactingLogger(options.log),
  }
  return async (trigger_id, view) => {
    const client = new WebClient(await options.token(), settings)
    await client.views.open({ trigger_id, view })
  }
}
