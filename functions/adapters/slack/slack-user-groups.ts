import { WebClient, type WebClientOptions } from '@slack/web-api'
import { BoardUnavailable } from '../../operations/faults.ts'
import type { Log, UserGroups } from '../../operations/ports.ts'
import { redactingLogger } from './redacting-logger.ts'

/** Who is in a user group of the workspace (`usergroups.users.list`, scope `usergroups:read`). */
export class SlackUserGroups implements UserGroups {
  readonly #client: () => Promise<WebClient>

  constructor({ apiUrl, token, log }: { apiUrl: string; token: () => Promise<string>; log: Log }) {
    const settings: WebClientOptions = {
      slackApiUrl: apiUrl,
      timeout: 4_000,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: redactingLogger(log),
    }
    this.#client = async () => new WebClient(await token(), settings)
  }

  async members(usergroup: string): Promise<readonly string[]> {
    const client = await this.#client()
    try {
      const { users } = await client.usergroups.users.list({ usergroup, include_disabled: false })
      // An answer without members says nothing of who they are.
      if (users === undefined) throw new TypeError('no users')
      return users
    } catch (cause) {
      throw new BoardUnavailable(`Slack does not say who is in \`${usergroup}\``, { cause })
    }
  }
}
