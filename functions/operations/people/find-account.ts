// Rules: test/channels/slack/cards/several-chats.test.ts
import { accountsOf, type Person } from '../../domain/people/organisation.ts'
import { chatsOf } from '../../domain/policy/bundle.ts'
import type { PersonId } from '../../domain/values.ts'
import type { Policy } from '../policy/ports.ts'

/** A person's account in a chat. */
export type Account = { chat: string; user: string }

export type AccountPorts = {
  policy: Pick<Policy, 'bundle'>
  /** The accounts that a person has linked, by alias of the chat. */
  linkedAccounts?: ((person: PersonId) => Promise<ReadonlyMap<string, string>>) | undefined
}

/**
 * The account in the first of these chats in which the person has one. The directory overrides links, as for clicks.
 */
export async function findAccount(
  person: Person,
  chats: Iterable<string>,
  { linkedAccounts }: Pick<AccountPorts, 'linkedAccounts'>,
): Promise<Account | undefined> {
  const given = accountsOf(person)
  let linked: ReadonlyMap<string, string> | undefined
  for (const chat of chats) {
    if (!given.has(chat)) linked ??= (await linkedAccounts?.(person.id)) ?? new Map()
    const user = given.get(chat) ?? linked?.get(chat)
    if (user !== undefined) return { chat, user }
  }
  return undefined
}

/** The chats, this one first, then the others in the order of the deployment file. */
export const chatsFrom = (near: string | undefined, { policy }: Pick<AccountPorts, 'policy'>): ReadonlySet<string> =>
  new Set([...(near === undefined ? [] : [near]), ...chatsOf(policy.bundle.deployment).keys()])
