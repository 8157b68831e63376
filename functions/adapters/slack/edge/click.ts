import * as z from 'zod'
import { ChatAccount } from '../../../domain/people/linking.ts'
import type { Person } from '../../../domain/people/organisation.ts'
import type { Bundle } from '../../../domain/policy/bundle.ts'
import { type PersonId, RequestId } from '../../../domain/values.ts'
import type { OnceOnly } from '../../../operations/ports.ts'
import { type Deadline, patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'
import type { Delivery } from './guard.ts'
import { notRecorded, sentenceFor, sentenceForNobody } from './sentences.ts'

/** What a button of ours, or the form that it opens, is about; undefined for a value that none of ours has. */
export function readValue<T>(shape: z.ZodType<T>, value: unknown): T | undefined {
  if (typeof value !== 'string' || value.length > 256) return undefined
  try {
    return shape.safeParse(JSON.parse(value)).data
  } catch {
    return undefined
  }
}

/** What a clicked button says: which request, in which round, and the first 16 characters of the digest on that card. */
const ButtonValue = z.strictObject({
  r: RequestId,
  n: z.int().positive(),
  d: z.string().regex(/^sha-256:[A-Za-z0-9_-]{8}$/),
})

/** The one who clicked, as Slack has them. Slack leaves the flags out where they are false. */
const Clicker = z.object({
  id: z.string().min(1),
  team_id: z.string().optional(),
  is_restricted: z.boolean().optional(),
  is_ultra_restricted: z.boolean().optional(),
  is_stranger: z.boolean().optional(),
  is_bot: z.boolean().optional(),
  deleted: z.boolean().optional(),
})

/** The account of whoever acted, as it is linked; only of somebody of whom Slack says where they are. */
function accountOf(user: unknown): ChatAccount | undefined {
  const { id, team_id } = Clicker.safeParse(user).data ?? {}
  return ChatAccount.safeParse({ team: team_id, user: id }).data
}

export type Click = { request: RequestId; round: number; digest: string }

/** What a button of a card is about, or undefined for a value that no card of ours has. */
export function readClick(value: unknown): Click | undefined {
  const read = readValue(ButtonValue, value)
  return read && { request: read.r, round: read.n, digest: read.d }
}

/** Why somebody who clicked a button is nobody who could decide, whatever policy says. */
export type NoPerson = 'foreign' | 'guest' | 'unknown' | 'inactive'
type Found = { ok: true; person: Person } | { ok: false; code: NoPerson }

/**
 * The person in the directory whose Slack account this is. A Slack id alone is not enough: it must be an account of the
 * very workspace, not one that sees the channel as a guest or through a shared channel.
 *
 * @param linked the person whom a login has linked to this account, where the directory itself names nobody's
 */
function personBehind(user: unknown, bundle: Pick<Bundle, 'directory' | 'deployment'>, linked?: Person['id']): Found {
  const parsed = Clicker.safeParse(user)
  if (!parsed.success) return { ok: false, code: 'unknown' }
  const { id, team_id, is_restricted, is_ultra_restricted, is_stranger, is_bot, deleted } = parsed.data
  if (team_id !== bundle.deployment.chat.teamId || is_stranger) return { ok: false, code: 'foreign' }
  if (is_restricted || is_ultra_restricted) return { ok: false, code: 'guest' }
  if (is_bot) return { ok: false, code: 'unknown' }
  const { people } = bundle.directory
  // Whoever the directory names goes first, and a link counts only for somebody whom it names no account of.
  const person =
    people.find(({ chatUser }) => chatUser === id) ??
    people.find((each) => each.id === linked && each.chatUser === undefined)
  if (!person) return { ok: false, code: 'unknown' }
  return person.status === 'active' && !deleted ? { ok: true, person } : { ok: false, code: 'inactive' }
}

/** What was found out before Bolt, beside the request on its way through it. */
export type Carried = { delivery: Delivery; deadline: Deadline; clockHolds: boolean }

/** What the door knows of the request that a listener is called for. */
export const carriedOf = ({ context }: { context: object }): Carried => (context as { carried: Carried }).carried

/** Who did this, or what they are to be told in place of its being done: with the way to say who they are, where there is one. */
export type Who = { ok: true; person: Person } | { ok: false; sentence: string; link?: string }

/** Whose a Slack account is where the directory does not say, and how its owner can say so. */
export type Linking = {
  find(account: ChatAccount): Promise<PersonId | undefined>
  /** An address for this one user, to be followed once. */
  offer(account: ChatAccount): Promise<string>
}

/**
 * The person behind a Slack user, by the one way that every listener goes. Nobody does anything while a clock is off, but
 * only those who are somebody hear why. Whoever is nobody yet is told, alone, how to say who they are.
 */
export async function whoDid(user: unknown, { clockHolds, deadline }: Carried, options: Options): Promise<Who> {
  const { bundle, log, links } = options
  /** Nothing where it takes longer than the person waits, or fails: then nobody knows who they are. */
  const asked = async <T>(question: Promise<T>) => {
    const answer = await deadline.within(question, patience.tell).catch((fault: unknown) => {
      log.warn('link not read', { fault: fault instanceof Error ? fault.name : 'unknown' })
      return { done: false } as const
    })
    return answer.done ? { value: answer.value } : undefined
  }
  const account = accountOf(user)
  let found = personBehind(user, bundle)
  if (isUnknown(found) && links && account) {
    const linked = await asked(links.find(account))
    if (!linked) return { ok: false, sentence: notRecorded }
    found = personBehind(user, bundle, linked.value)
    const offered = isUnknown(found) ? await asked(links.offer(account)) : undefined
    if (offered) return { ok: false, sentence: linkSentence(offered.value), link: offered.value }
  }
  if (!found.ok) {
    log.warn('click by a Slack account that is not linked to a person', { code: found.code })
    return { ok: false, sentence: sentenceForNobody[found.code] }
  }
  if (clockHolds) return found
  return { ok: false, sentence: sentenceFor('clock_out_of_range', { directory: bundle.directory }) }
}

const isUnknown = (found: Found): boolean => !found.ok && found.code === 'unknown'

type Options = Pick<EdgeOptions, 'bundle' | 'log'> & { links?: Linking }

/** To whoever has an account of the workspace that is nobody's: it may be theirs to say whose. */
const linkSentence = (address: string): string =>
  `Nothing was recorded, since your Slack account is linked to nobody here yet. Link it by logging in, within ten minutes: ${address} (it is for you alone: show it to nobody). Then try again.`

/** That this very delivery counts once, kept for longer than a copy of it could pass the guard. */
export const onceFor = ({ delivery }: Carried, value: string): OnceOnly => ({
  key: `SEEN#${delivery.key}`,
  value,
  expiresAt: delivery.freshUntil + 60,
})
