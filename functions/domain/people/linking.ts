// Rules: test/operations/people/link-slack.test.ts
import * as z from 'zod'
import type { Workspace } from '../../channels/kind.ts'
import { event } from '../event.ts'
import { Digest, type NumericDate } from '../values.ts'
import { accountsOf, type Person } from './organisation.ts'

/** An id of any kind of chat. It has no colon, unlike a commitment. */
const ChatId = z.string().regex(/^[A-Za-z0-9._-]{2,64}$/)

/** An account, by permanent ids: e-mail addresses and names may change, so they are not read. */
export const ChatAccount = z.strictObject({
  /** The workspace, or the organisation. */
  team: ChatId,
  user: ChatId,
})
export type ChatAccount = z.infer<typeof ChatAccount>

/** The lifetime of a link's code. Seconds. */
export const offerSeconds = 600

/** Since version 2 of entries, `user` is a commitment. */
const RecordedAccount = z.strictObject({
  team: ChatAccount.shape.team,
  user: z.union([ChatAccount.shape.user, Digest]),
})

/** The events of links, on the person's own chain. */
export const LinkEvent = z.discriminatedUnion('type', [
  event('Linked', { account: RecordedAccount }),
  event('Unlinked', { account: RecordedAccount }),
])
export type LinkEvent = z.infer<typeof LinkEvent>

/** The chat's own facts about an account. Guests, bots and strangers may see a card but not decide. */
export type AccountLink = {
  team: string
  enterprise?: string
  kind: 'member' | 'guest' | 'stranger' | 'bot' | 'deleted'
}

export type LinkRefusal =
  | 'foreign'
  | 'guest'
  | 'not_a_member'
  | 'taken'
  /** The directory names their account. */
  | 'given'
  | 'not_linked'

type Chats = ReadonlyMap<string, Workspace>

/** The accounts that a person has linked, at most one in each workspace. */
export type LinkedAccounts = readonly ChatAccount[]

/** The alias of an account's chat. */
const chatOfTeam = (team: string, chats: Chats): string | undefined =>
  [...chats.keys()].find((alias) => chats.get(alias)?.teamId === team)

/** The accounts in the deployed chats, by the chat's alias. */
export const linkedIn = (linked: LinkedAccounts, chats: Chats): ReadonlyMap<string, string> =>
  new Map(
    linked.flatMap(({ team, user }) => {
      const chat = chatOfTeam(team, chats)
      return chat === undefined ? [] : [[chat, user] as const]
    }),
  )

/**
 * Links an account. It belongs to one person, and a person has one in each chat: a new link replaces the old one, and
 * removes links to workspaces that are not deployed.
 */
export function link(
  {
    account,
    found,
    person,
    people,
    current,
    holder,
    bundle,
  }: {
    account: ChatAccount
    found: AccountLink | undefined
    person: Person
    people: readonly Person[]
    current: LinkedAccounts
    holder: Person['id'] | undefined
    bundle: string
  },
  chats: Chats,
  at: NumericDate,
): readonly LinkEvent[] | LinkRefusal {
  const chat = chatOfTeam(account.team, chats) ?? ''
  const no = whyNot(account, found, chats.get(chat))
  if (no) return no
  if (accountsOf(person).has(chat)) return 'given'
  if (people.some((each) => accountsOf(each).get(chat) === account.user)) return 'taken'
  if (holder !== undefined && holder !== person.id) return 'taken'
  const common = { at, actor: { type: 'person' as const, id: person.id }, policies: [], bundle }
  if (current.some((each) => isSame(each, account))) return []
  const replaced = current.filter(({ team }) => team === account.team || chatOfTeam(team, chats) === undefined)
  return [
    ...replaced.map((each) => ({ ...common, type: 'Unlinked' as const, account: each })),
    { ...common, type: 'Linked' as const, account },
  ]
}

export function unlink(
  { person, account, bundle }: { person: Person['id']; account: ChatAccount | undefined; bundle: string },
  at: NumericDate,
): LinkEvent | LinkRefusal {
  if (!account) return 'not_linked'
  return { at, actor: { type: 'person', id: person }, policies: [], bundle, type: 'Unlinked', account }
}

function whyNot(
  { team }: ChatAccount,
  found: AccountLink | undefined,
  workspace: Workspace | undefined,
): LinkRefusal | undefined {
  if (!workspace) return 'foreign'
  if (!found || found.kind === 'bot' || found.kind === 'deleted') return 'not_a_member'
  if (found.team !== team || found.kind === 'stranger') return 'foreign'
  const { enterpriseId } = workspace
  if (enterpriseId !== undefined && found.enterprise !== enterpriseId) return 'foreign'
  return found.kind === 'guest' ? 'guest' : undefined
}

const isSame = (one: ChatAccount, other: ChatAccount): boolean => one.team === other.team && one.user === other.user

/** Whether two could be one account. Commitments to one account differ by their salts. */
const mayBeSame = (one: ChatAccount, other: ChatAccount): boolean =>
  one.team === other.team &&
  (one.user === other.user || [one, other].some(({ user }) => Digest.safeParse(user).success))

/** @throws TypeError if the events do not follow each other: a tampered ledger */
export function evolveLink(linked: LinkedAccounts, { type, account }: LinkEvent): LinkedAccounts {
  const before = linked.find(({ team }) => team === account.team)
  if (type === 'Linked' && !before) return [...linked, account]
  if (type === 'Unlinked' && before && mayBeSame(before, account)) return linked.filter((each) => each !== before)
  throw new TypeError(`\`${type}\` does not follow`)
}
