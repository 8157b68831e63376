import type { WebClient } from '@slack/web-api'
import { BoardUnavailable } from '../../operations/faults.ts'
import type { UserGroups } from '../../operations/people/ports.ts'
import { type WebApi, webClients } from './web-client.ts'

/** Who is in a user group of the workspace (`usergroups.users.list`, scope `usergroups:read`). */
export class SlackUserGroups implements UserGroups {
  readonly #client: () => Promise<WebClient>

  constructor(api: WebApi) {
    this.#client = webClients(api, { timeoutMs: 4_000 })
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
