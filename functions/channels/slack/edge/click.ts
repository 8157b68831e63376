// Rules: test/channels/slack/edge/edge.test.ts
import * as z from 'zod'
import { ChatAccount } from '../../../domain/people/linking.ts'
import { accountsOf, type Person } from '../../../domain/people/organisation.ts'
import { type PersonId, RequestId } from '../../../domain/values.ts'
import type { OnceOnly } from '../../../operations/ports.ts'
import { type MenuAct, menuActs } from '../cards/card-decide.ts'
import { Account, type Deadline, patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'
import type { Delivery } from './guard.ts'
import { notRecorded, sentenceFor, sentenceForAccount } from './sentences.ts'

/** The subject of Hotwork's own button or form; undefined for a foreign value. */
export function readValue<T>(shape: z.ZodType<T>, value: unknown): T | undefined {
  if (typeof value !== 'string' || value.length > 256) return undefined
  try {
    return shape.safeParse(JSON.parse(value)).data
  } catch {
    return undefined
  }
}

/** A button's value: the request, the round, and the first 16 characters of the card's digest. */
const ButtonValue = z.strictObject({
  r: RequestId,
  n: z.int().positive(),
  d: z.string().regex(/^sha-256:[A-Za-z0-9_-]{8}$/),
})

const MenuValue = ButtonValue.extend({ act: z.enum(menuActs) })

/** The clicked message, which Slack keeps beside a form. */
const place = { c: z.string().max(32).optional(), t: z.string().max(32).optional() }
const FormValue = ButtonValue.extend(place)
const RequestValue = FormValue.omit({ n: true, d: true })

/** A person's subject: what they saw, and the message in which they saw it, if known. */
export type Subject = {
  request: RequestId
  round: number
  digest: string
  channel?: string | undefined
  ts?: string | undefined
}

export function readSubject(value: unknown): Subject | undefined {
  const read = readValue(FormValue, value)
  return read && { request: read.r, round: read.n, digest: read.d, channel: read.c, ts: read.t }
}

/** An act of the menu behind the buttons, and its subject. */
export function readChoice(value: unknown): { act: MenuAct; subject: Subject } | undefined {
  if (typeof value !== 'string') return undefined
  const [act, r, n, d, ...others] = value.split(' ')
  const read = MenuValue.safeParse({ act, r, n: Number(n), d }).data
  return read && others.length === 0
    ? { act: read.act, subject: { request: read.r, round: read.n, digest: read.d } }
    : undefined
}

export function readRequest(value: unknown): Omit<Subject, 'round' | 'digest'> | undefined {
  const read = readValue(RequestValue, value)
  return read && { request: read.r, channel: read.c, ts: read.t }
}

/** The metadata that Slack keeps beside a form. It has no typed text and no argument. */
export const metadataOf = ({ request: r, round: n, digest: d, channel: c, ts: t }: Partial<Subject>): string =>
  JSON.stringify({ r, n, d, c, t })

/** The reason why an account has no person who may act. It does not depend on policy. */
export type NoPerson = 'foreign' | 'guest' | 'unknown' | 'inactive'
type Found = { ok: true; person: Person } | { ok: false; code: NoPerson }

/**
 * Finds the person. Only accounts of the same workspace count, since guests and Slack Connect users see its channels
 * too.
 * @param linked the person who has linked this account by a login. The directory overrides it
 */
function findPerson(user: unknown, { bundle, chat }: Pick<EdgeOptions, 'bundle' | 'chat'>, linked?: PersonId): Found {
  const parsed = Account.safeParse(user)
  if (!parsed.success) return { ok: false, code: 'unknown' }
  const { id, team_id, is_restricted, is_ultra_restricted, is_stranger, is_bot, deleted } = parsed.data
  if (team_id !== chat.teamId || is_stranger) return { ok: false, code: 'foreign' }
  if (is_restricted || is_ultra_restricted) return { ok: false, code: 'guest' }
  if (is_bot) return { ok: false, code: 'unknown' }
  const { people } = bundle.directory
  const person =
    people.find((each) => accountsOf(each).get(chat.alias) === id) ??
    people.find((each) => each.id === linked && !accountsOf(each).has(chat.alias))
  if (!person) return { ok: false, code: 'unknown' }
  return person.status === 'active' && !deleted ? { ok: true, person } : { ok: false, code: 'inactive' }
}

/** Facts found before Bolt, which are carried through it beside the request. */
export type Carried = { delivery: Delivery; deadline: Deadline; clockHolds: boolean }
export const carriedOf = ({ context }: { context: object }): Carried => (context as { carried: Carried }).carried

/** The person; or a sentence for the account's owner, with the address to link the account. */
export type Who = { ok: true; person: Person } | { ok: false; sentence: string; link?: string }

/**
 * Finds the person of a Slack user, for every listener. With a wrong clock no one can act, and the sentence says so.
 */
export async function identify(
  user: unknown,
  { clockHolds, deadline }: Carried,
  { log, links, ...options }: Pick<EdgeOptions, 'bundle' | 'chat' | 'log' | 'links'>,
): Promise<Who> {
  const asked = <T>(question: () => Promise<T>) =>
    deadline.inTime(question, patience.tell, (fault) => log.warn('link_not_read', { fault }))
  const { id, team_id } = Account.safeParse(user).data ?? {}
  const account = ChatAccount.safeParse({ team: team_id, user: id }).data
  let found = findPerson(user, options)
  if (isUnknown(found) && links && account) {
    const linked = await asked(() => links.find(account))
    if (!linked) return { ok: false, sentence: notRecorded }
    found = findPerson(user, options, linked.value)
    const offered = isUnknown(found) ? await asked(() => links.offer(account)) : undefined
    if (offered) return { ok: false, sentence: linkSentence(offered.value), link: offered.value }
  }
  if (!found.ok) {
    log.warn('click_by_unlinked_account', { code: found.code })
    return { ok: false, sentence: sentenceForAccount[found.code] }
  }
  if (clockHolds) return found
  return { ok: false, sentence: sentenceFor('clock_out_of_range', { directory: options.bundle.directory }) }
}

const isUnknown = (found: Found): boolean => !found.ok && found.code === 'unknown'

const linkSentence = (address: string): string =>
  `Nothing was recorded: your Slack account is not linked to a person yet. Link it by logging in, within ten minutes: ${address} (it is only for you: do not share it). Then try again.`

/** Marks this delivery as used. The key lives longer than the guard would accept a copy. */
export const onceFor = ({ delivery }: Carried, value: string): OnceOnly => ({
  key: `SEEN#${delivery.key}`,
  value,
  expiresAt: delivery.freshUntil + 60,
})
