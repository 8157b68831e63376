// Rules: test/domain/break-glass/sealed-use.test.ts, test/operations/break-glass/sealed-use.test.ts
import { accountIdOf, type Bundle } from '../policy/bundle.ts'
import type { Answered, Command } from '../record/commands.ts'
import type { Event } from '../record/events.ts'
import { openingOf } from '../record/origin.ts'
import type { ApprovalRequest } from '../record/request.ts'
import { type NumericDate, PersonId } from '../values.ts'

/** The name of the sealed role in the place of a profile's name. */
export const sealedRole = 'sealed-role'

/** The longest session, which is also STS's default. Seconds. */
export const longestSealedSession = 3600

export type SealedUse = {
  /** CloudTrail's event id: an event that is delivered twice is one use. */
  eventId: string
  user: string
  role: string
  at: NumericDate
  seconds: number
}

export function sealedPersonOf(
  { deployment }: Pick<Bundle, 'deployment'>,
  { user, role }: Pick<SealedUse, 'user' | 'role'>,
): PersonId | undefined {
  const accountId = accountIdOf(role)
  for (const account of Object.values(deployment.accounts)) {
    if (account.accountId !== accountId) continue
    const [person] = Object.entries(account.sealed?.people ?? {}).find(([, arn]) => arn === user) ?? []
    if (person !== undefined) return PersonId.parse(person)
  }
  return undefined
}

/** @param user the ARN of the IAM user, which is personal: the entry has only a commitment to it */
export function sealedSessionOf(opened: Event | undefined, user: string) {
  const opening = opened?.type === 'BreakGlassOpened' ? openingOf(opened.ask) : undefined
  if (opened?.type !== 'BreakGlassOpened' || !opening?.sealed || !user.startsWith('arn:')) return undefined
  const name = user.slice(user.lastIndexOf('/') + 1)
  return { name, role: opened.ask.resource.id, from: opened.notAfter - opening.window, until: opened.notAfter }
}

/** The commands that are still accepted after a use of the sealed role. */
export type UnsealedCommand = 'review_break_glass' | 'wake'

/**
 * Hotwork issued no credential for a use of a sealed role and cannot revoke it: only its review and timers continue.
 */
export function refusedWhereSealed({ ask }: ApprovalRequest, { type }: Command): Answered<'not_permitted'> | undefined {
  if (!openingOf(ask)?.sealed || type === 'review_break_glass') return undefined
  if (type === 'wake') return []
  return {
    code: 'not_permitted',
    detail: 'the sealed role was used outside Hotwork, which can neither give nor end its sessions',
  }
}
