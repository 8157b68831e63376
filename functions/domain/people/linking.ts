import * as z from 'zod'
import { event } from '../requests/events.ts'
import type { NumericDate } from '../values.ts'
import type { Person } from './organisation.ts'

/** What a person is in the chat, by ids that never change: an e-mail address or a name may, so it is not looked at. */
export const ChatAccount = z.strictObject({
  /** The workspace, or the organisation where Hotwork is installed for a whole one. */
  team: z.string().regex(/^[TE][A-Z0-9]{1,30}$/),
  user: z.string().regex(/^[UW][A-Z0-9]{1,30}$/),
})
export type ChatAccount = z.infer<typeof ChatAccount>

/** How long a link that the chat showed to one user can be followed. */
export const offerSeconds = 600

/** What happens between a person and a chat account. The entries are on the person's own chain. */
export const LinkEvent = z.discriminatedUnion('type', [
  event('Linked', { account: ChatAccount }),
  event('Unlinked', { account: ChatAccount }),
])
export type LinkEvent = z.infer<typeof LinkEvent>

/** What the chat says of an account when it is linked: guests, bots and strangers may see a card, and decide nothing. */
export type AccountLink = {
  team: string
  enterprise?: string
  kind: 'member' | 'guest' | 'stranger' | 'bot' | 'deleted'
}

export type LinkRefusal =
  | 'foreign'
  | 'guest'
  | 'not_a_member'
  /** The account is another person's. */
  | 'taken'
  /** The directory itself says which account is theirs: a link would be a second one. */
  | 'given'
  | 'not_linked'

/** Where a deployment's people are in the chat. */
export type Workspace = { teamId: string; enterpriseId?: string | undefined }

/**
 * Links a chat account to the person who has just logged in. One account is one person's and one person has one: linking
 * another unlinks the first.
 *
 * @param current the account that is linked to the person now
 */
export function link(
  {
    account,
    standing,
    person,
    people,
    current,
    holder,
    bundle,
  }: {
    account: ChatAccount
    standing: AccountLink | undefined
    person: Person
    people: readonly Person[]
    current: ChatAccount | undefined
    holder: Person['id'] | undefined
    bundle: string
  },
  workspace: Workspace,
  at: NumericDate,
): readonly LinkEvent[] | LinkRefusal {
  const no = whyNot(account, standing, workspace)
  if (no) return no
  if (person.chatUser !== undefined) return 'given'
  if (people.some(({ chatUser }) => chatUser === account.user)) return 'taken'
  if (holder !== undefined && holder !== person.id) return 'taken'
  const common = { at, actor: { type: 'person' as const, id: person.id }, policies: [], bundle }
  if (current && isSame(current, account)) return []
  return [
    ...(current ? [{ ...common, type: 'Unlinked' as const, account: current }] : []),
    { ...common, type: 'Linked' as const, account },
  ]
}

/** Unlinks a person from their chat account. */
export function unlink(
  { person, current, bundle }: { person: Person['id']; current: ChatAccount | undefined; bundle: string },
  at: NumericDate,
): LinkEvent | LinkRefusal {
  if (!current) return 'not_linked'
  return { at, actor: { type: 'person', id: person }, policies: [], bundle, type: 'Unlinked', account: current }
}

function whyNot(
  { team }: ChatAccount,
  standing: AccountLink | undefined,
  { teamId, enterpriseId }: Workspace,
): LinkRefusal | undefined {
  if (!standing || standing.kind === 'bot' || standing.kind === 'deleted') return 'not_a_member'
  if (team !== teamId || standing.team !== teamId || standing.kind === 'stranger') return 'foreign'
  if (enterpriseId !== undefined && standing.enterprise !== enterpriseId) return 'foreign'
  return standing.kind === 'guest' ? 'guest' : undefined
}

export const isSame = (one: ChatAccount, other: ChatAccount): boolean =>
  one.team === other.team && one.user === other.user

/**
 * The account that is linked to a person, after an event.
 *
 * @throws TypeError when the events do not follow from one another: a ledger that was tampered with
 */
export function evolveLink(current: ChatAccount | undefined, { type, account }: LinkEvent): ChatAccount | undefined {
  if (type === 'Linked' && !current) return account
  if (type === 'Unlinked' && current && isSame(current, account)) return undefined
  throw new TypeError(`\`${type}\` does not follow`)
}
