import * as z from 'zod'
import { SlackAccount } from '../../domain/people/linking.ts'
import type { Person } from '../../domain/people/organisation.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { RequestId } from '../../domain/values.ts'
import { readValue } from './button-value.ts'

/** What a pressed button says: which request, in which round, and the first 16 characters of the digest on that card. */
const ButtonValue = z.strictObject({
  r: RequestId,
  n: z.int().positive(),
  d: z.string().regex(/^sha-256:[A-Za-z0-9_-]{8}$/),
})

/** The one who pressed, as Slack has them. Slack leaves the flags out where they are false. */
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
export function accountOf(user: unknown): SlackAccount | undefined {
  const { id, team_id } = Clicker.safeParse(user).data ?? {}
  return SlackAccount.safeParse({ team: team_id, user: id }).data
}

export type Click = { request: RequestId; round: number; digest: string }

/** What a button of a card is about, or undefined for a value that no card of ours has. */
export function readClick(value: unknown): Click | undefined {
  const read = readValue(ButtonValue, value)
  return read && { request: read.r, round: read.n, digest: read.d }
}

/** Why somebody who pressed a button is nobody who could decide, whatever policy says. */
export type NoPerson = 'foreign' | 'guest' | 'unknown' | 'inactive'
export type Found = { ok: true; person: Person } | { ok: false; code: NoPerson }

/**
 * The person in the directory whose Slack account this is. A Slack id alone is not enough: it must be an account of the
 * very workspace, not one that sees the channel as a guest or through a shared channel.
 *
 * @param linked the person whom a login has linked to this account, where the directory itself names nobody's
 */
export function personBehind(
  user: unknown,
  bundle: Pick<Bundle, 'directory' | 'deployment'>,
  linked?: Person['id'],
): Found {
  const parsed = Clicker.safeParse(user)
  if (!parsed.success) return { ok: false, code: 'unknown' }
  const { id, team_id, is_restricted, is_ultra_restricted, is_stranger, is_bot, deleted } = parsed.data
  if (team_id !== bundle.deployment.slack.teamId || is_stranger) return { ok: false, code: 'foreign' }
  if (is_restricted || is_ultra_restricted) return { ok: false, code: 'guest' }
  if (is_bot) return { ok: false, code: 'unknown' }
  const { people } = bundle.directory
  // Whoever the directory names goes first, and a link counts only for somebody whom it names no account of.
  const person =
    people.find(({ slack }) => slack === id) ?? people.find((each) => each.id === linked && each.slack === undefined)
  if (!person) return { ok: false, code: 'unknown' }
  return person.status === 'active' && !deleted ? { ok: true, person } : { ok: false, code: 'inactive' }
}
