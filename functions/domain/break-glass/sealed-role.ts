import { type Entry, eventOf } from '../ledger/ledger.ts'
import type { Bundle } from '../policy/bundle.ts'
import type { Command, ReportSealedUse } from '../requests/commands.ts'
import { due } from '../requests/due.ts'
import type { Answered } from '../requests/ended.ts'
import type { Event } from '../requests/events.ts'
import { replay } from '../requests/evolve.ts'
import type { ApprovalRequest } from '../requests/request.ts'
import { type GrantId, type NumericDate, PersonId } from '../values.ts'
import { reviewWithin } from './break-glass.ts'

/** How the sealed role of an account is named, and what a use of it is called where a profile's name stands. */
export const sealedRole = 'sealed-role'

/** The longest session that the role gives, which is also what STS gives where nobody asks for less. Seconds. */
export const longestSealedSession = 3600

/** One use of a sealed role, as AWS's own record tells it. */
export type SealedUse = {
  /** Of the event in CloudTrail: what is told twice is one use. */
  eventId: string
  /** ARN of the user who assumed it. */
  user: string
  /** ARN of the role. */
  role: string
  at: NumericDate
  /** How long the session lasts. Seconds. */
  seconds: number
}

/** The person that the deployment lets use a sealed role as this user; undefined where it knows of neither. */
export function sealedPersonOf(
  { deployment }: Pick<Bundle, 'deployment'>,
  { user, role }: Pick<SealedUse, 'user' | 'role'>,
): PersonId | undefined {
  const accountId = role.split(':')[4]
  for (const account of Object.values(deployment.accounts)) {
    if (account.accountId !== accountId) continue
    const [person] = Object.entries(account.sealed?.people ?? {}).find(([, arn]) => arn === user) ?? []
    if (person !== undefined) return PersonId.parse(person)
  }
  return undefined
}

/**
 * A sealed role was used: it is on record as break-glass, whoever may or may not have, since it has happened. Nothing can be
 * claimed with it. Its end is the session's, which may be long past, and the look at it is due a day from now, when Hotwork
 * heard of it.
 */
export function reportSealedUse({ ask, until, bundle }: ReportSealedUse, at: NumericDate): Answered {
  if (ask.breakGlass?.sealed !== true) return { code: 'unknown_profile' }
  const { agent } = ask
  const common = { at, actor: { type: 'person', id: PersonId.parse(agent.id) } as const, policies: [], bundle }
  const grant = ask.id.replace(/^bgl_/, 'grt_') as GrantId
  const opened: Event = { ...common, type: 'BreakGlassOpened', ask, grant, notAfter: until }
  const events: readonly Event[] = [opened, { ...common, type: 'ReviewDue', dueAt: at + reviewWithin }]
  const state = replay(events)
  return [...events, ...(state ? due(state, at, bundle) : [])]
}

/** The session of a use of a sealed role, by what is on record of it: it has its user's name. */
export function sealedSessionIn(entries: readonly Entry[]) {
  const [first] = entries
  const opened = first && eventOf(first)
  if (opened?.type !== 'BreakGlassOpened' || !opened.ask.breakGlass?.sealed) return undefined
  const { agent, resource, breakGlass } = opened.ask
  const name = agent.subject.slice(agent.subject.lastIndexOf('/') + 1)
  return { name, role: resource.id, from: opened.notAfter - breakGlass.window, until: opened.notAfter }
}

/**
 * Why a command is refused on a use of a sealed role: Hotwork gave no credential for it, and so can neither give one nor take
 * it back. To say that it has ended would be false. It is looked at, and its time passes; that is all.
 */
export function refusedWhereSealed({ ask }: ApprovalRequest, { type }: Command): Answered | undefined {
  if (!ask.breakGlass?.sealed || type === 'review_break_glass') return undefined
  if (type === 'wake') return []
  return {
    code: 'not_permitted',
    detail: 'the sealed role was used outside Hotwork, which can neither give nor end its sessions',
  }
}
