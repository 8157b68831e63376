import * as z from 'zod'
import type { Workspace } from '../../channels/kind.ts'
import { event } from '../event.ts'
import { Digest, type NumericDate } from '../values.ts'
import type { Person } from './organisation.ts'

/** As a chat of any kind says them; a commitment has a colon. */
const ChatId = z.string().regex(/^[A-Za-z0-9._-]{2,64}$/)

/** Ids that never change. An e-mail address or a name may, so it is not looked at. */
export const ChatAccount = z.strictObject({
  /** The workspace, or the organisation. */
  team: ChatId,
  user: ChatId,
})
export type ChatAccount = z.infer<typeof ChatAccount>

/** Seconds. */
export const offerSeconds = 600

/** `user` is a commitment in an entry since version 2. */
const RecordedAccount = z.strictObject({
  team: ChatAccount.shape.team,
  user: z.union([ChatAccount.shape.user, Digest]),
})

/** On the person's own chain. */
export const LinkEvent = z.discriminatedUnion('type', [
  event('Linked', { account: RecordedAccount }),
  event('Unlinked', { account: RecordedAccount }),
])
export type LinkEvent = z.infer<typeof LinkEvent>

/** What the chat says of an account. Guests, bots and strangers may see a card, and decide nothing. */
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
  /** The directory itself names their account. */
  | 'given'
  | 'not_linked'

/** One account is one person's, and one person has one: linking another unlinks the first. */
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
    current: ChatAccount | undefined
    holder: Person['id'] | undefined
    bundle: string
  },
  workspace: Workspace,
  at: NumericDate,
): readonly LinkEvent[] | LinkRefusal {
  const no = whyNot(account, found, workspace)
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

export function unlink(
  { person, current, bundle }: { person: Person['id']; current: ChatAccount | undefined; bundle: string },
  at: NumericDate,
): LinkEvent | LinkRefusal {
  if (!current) return 'not_linked'
  return { at, actor: { type: 'person', id: person }, policies: [], bundle, type: 'Unlinked', account: current }
}

function whyNot(
  { team }: ChatAccount,
  found: AccountLink | undefined,
  { teamId, enterpriseId }: Workspace,
): LinkRefusal | undefined {
  if (!found || found.kind === 'bot' || found.kind === 'deleted') return 'not_a_member'
  if (team !== teamId || found.team !== teamId || found.kind === 'stranger') return 'foreign'
  if (enterpriseId !== undefined && found.enterprise !== enterpriseId) return 'foreign'
  return found.kind === 'guest' ? 'guest' : undefined
}

const isSame = (one: ChatAccount, other: ChatAccount): boolean => one.team === other.team && one.user === other.user

/** Two commitments to one account differ, since each has a salt of its own. */
const mayBeSame = (one: ChatAccount, other: ChatAccount): boolean =>
  one.team === other.team &&
  (one.user === other.user || [one, other].some(({ user }) => Digest.safeParse(user).success))

/** @throws TypeError when the events do not follow from one another: a tampered ledger */
export function evolveLink(current: ChatAccount | undefined, { type, account }: LinkEvent): ChatAccount | undefined {
  if (type === 'Linked' && !current) return account
  if (type === 'Unlinked' && current && mayBeSame(current, account)) return undefined
  throw new TypeError(`\`${type}\` does not follow`)
}
