import { WebAPIPlatformError, type WebClient } from '@slack/web-api'
import * as z from 'zod'
import { inert } from '../../../domain/inert.ts'
import type { AccountLink } from '../../../domain/people/linking.ts'
import { BoardUnavailable } from '../../../operations/faults.ts'
import type { SlackDirectory, UserGroups } from '../../../operations/people/ports.ts'
import { type WebApi, webClients } from './client.ts'

/** What is read of `users.info`. No e-mail address: it can be changed, and proves nothing. */
const User = z.object({
  id: z.string(),
  team_id: z.string(),
  name: z.string().optional(),
  real_name: z.string().optional(),
  deleted: z.boolean().optional(),
  is_bot: z.boolean().optional(),
  is_restricted: z.boolean().optional(),
  is_ultra_restricted: z.boolean().optional(),
  is_stranger: z.boolean().optional(),
  enterprise_user: z.object({ enterprise_id: z.string() }).optional(),
})

/** What Slack says of an account when it is linked (`users.info`, scope `users:read`). */
export class SlackAccounts implements SlackDirectory {
  readonly #client: () => Promise<WebClient>

  constructor(api: WebApi) {
    this.#client = webClients(api, { timeoutMs: 4_000, retries: 1 })
  }

  async account(user: string): Promise<(AccountLink & { name: string }) | undefined> {
    const client = await this.#client()
    try {
      const found = User.safeParse((await client.users.info({ user })).user)
      return found.success && found.data.id === user ? accountOf(found.data) : undefined
    } catch (cause) {
      if (cause instanceof WebAPIPlatformError && unknown.has(cause.data.error)) return undefined
      throw new BoardUnavailable('Slack does not say whose an account is', { cause })
    }
  }
}

const unknown = new Set(['user_not_found', 'users_not_found', 'user_not_visible'])

function accountOf(user: z.infer<typeof User>): AccountLink & { name: string } {
  const enterprise = user.enterprise_user?.enterprise_id
  return {
    team: user.team_id,
    ...(enterprise === undefined ? {} : { enterprise }),
    kind: kindOf(user),
    name: inert(user.real_name ?? user.name ?? user.id),
  }
}

function kindOf(user: z.infer<typeof User>): AccountLink['kind'] {
  if (user.deleted) return 'deleted'
  if (user.is_bot || user.id === 'USLACKBOT') return 'bot'
  if (user.is_stranger) return 'stranger'
  return user.is_restricted || user.is_ultra_restricted ? 'guest' : 'member'
}

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
