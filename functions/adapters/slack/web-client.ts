import { WebClient, type WebClientOptions } from '@slack/web-api'
import type { Log } from '../../operations/ports.ts'
import { redactingLogger } from './redacting-logger.ts'

export type WebApi = {
  apiUrl: string
  /** The bot token, read anew for each client so that a rotated one is taken up. */
  token: () => Promise<string>
  log: Log
}

/**
 * Clients of Slack's Web API that keep to the time and the attempts they are given: its own patience is half an hour, and
 * whoever calls here knows better when to try again.
 */
export function webClients(
  { apiUrl, token, log }: WebApi,
  { timeoutMs, retries = 0 }: { timeoutMs: number; retries?: number },
): () => Promise<WebClient> {
  const settings: WebClientOptions = {
    slackApiUrl: apiUrl,
    timeout: timeoutMs,
    retryConfig: { retries },
    rejectRateLimitedCalls: true,
    logger: redactingLogger(log),
  }
  return async () => new WebClient(await token(), settings)
}
