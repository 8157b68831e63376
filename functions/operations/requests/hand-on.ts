import { remindersOf } from '../../domain/cards/routing.ts'
import { deniesOf, denyOfHalt } from '../../domain/credentials/denies.ts'
import type { Halt } from '../../domain/halts/halt.ts'
import type { StandingPermit } from '../../domain/permits/permit.ts'
import { openingOf, rulesOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { childrenOf } from '../../domain/requests/advance-plan.ts'
import { agentEndedBy, isToApply } from '../../domain/requests/change-registry.ts'
import { warningAt } from '../../domain/requests/extend.ts'
import { isSameOnCards } from '../../domain/requests/grant-change.ts'
import { measuresOf } from '../../domain/requests/measures.ts'
import type { NumericDate, StandingPermitId } from '../../domain/values.ts'
import type { EndMessage } from '../credentials/ports.ts'
import type { Log, Queue } from '../ports.ts'
import type { FifoMessage, FollowMessage } from './ports.ts'

type Ports = {
  cards: Queue<FifoMessage>
  denies: Queue<EndMessage>
  reminders: Queue<FollowMessage>
  /** Approved changes of the registry of agents, to be made. */
  changes: Queue<FollowMessage>
}
type Changed = { state: ApprovalRequest; before?: ApprovalRequest; version: number; since?: NumericDate }
type ChangedHalts = { halts: readonly Halt[]; version: number; since: NumericDate }

/**
 * Queues the id of a changed request for all followers of the record, and for the card drawer if a card shows the
 * change.
 */
export async function handOn(changed: readonly Changed[], now: NumericDate, ports: Ports): Promise<void> {
  const drawn = changed.filter(({ state, before }) => !before || !isSameOnCards(before, state))
  if (drawn.length > 0)
    await ports.cards.send(
      drawn.map(({ state: { ask }, version }) => ({
        requestId: ask.id,
        group: ask.id,
        deduplicate: `${ask.id}#${version}`,
      })),
    )
  const following = changed.flatMap(({ state, before, version, since = now }) => {
    const { id } = state.ask
    const denies = [...deniesOf(state, now).keys()].map((role) => denying(role, { id, version, since }))
    const orphans = hasOrphans(state, now) ? [ending(id, version)] : []
    return [...denies, ...orphans, ...endingAgent(state, before, version)]
  })
  if (following.length > 0) await ports.denies.send(following)
  await sendIds(
    changed.filter(({ state, before }) => isToApply(state) && !(before && isToApply(before))),
    ports.changes,
  )
  await sendIds(
    changed.filter(({ state, before }) => hasOtherReminders(state, before)),
    ports.reminders,
  )
}

async function sendIds(changed: readonly Changed[], to: Queue<FollowMessage>): Promise<void> {
  if (changed.length > 0) await to.send(changed.map(({ state }) => ({ requestId: state.ask.id })))
}

/** The message that ends an agent's grants, after a change of the registry that ends them. */
function endingAgent(state: ApprovalRequest, before: ApprovalRequest | undefined, version: number): EndMessage[] {
  const agent = before?.status === 'completed' ? undefined : agentEndedBy(state)
  return agent === undefined ? [] : [{ ...ending(state.ask.id, version), end: agent, group: agent }]
}

function hasOtherReminders(state: ApprovalRequest, before: ApprovalRequest | undefined): boolean {
  if (rulesOf(state.ask).asks === 'rights') return before === undefined
  const warning = warnsPeople(state)
  if (warning !== undefined && warning !== (before && warnsPeople(before))) return true
  const last = remindersOf(state).at(-1)
  const was = before && remindersOf(before).at(-1)
  return last !== undefined && (last.round !== was?.round || last.stage !== was.stage || last.since !== was.since)
}

/** Without stages no card is drawn. */
const warnsPeople = (state: ApprovalRequest) => (state.stages.length === 0 ? undefined : warningAt(state))

/** Lifting revives nothing, so a lifted halt needs no deny and ends nothing. */
export async function handOnHalts(
  { halts, version, since }: ChangedHalts,
  ports: Pick<Ports, 'denies'> & { targetRoles: readonly string[] },
): Promise<void> {
  const newest = halts.findLast(({ lifted }) => lifted === undefined)
  if (!newest) return
  const { id } = newest
  const roles = ports.targetRoles.filter((role) => denyOfHalt(newest, role) !== undefined)
  await ports.denies.send([...roles.map((role) => denying(role, { id, version, since })), ending(id, version)])
}

export async function handOnPermit(
  { permit: { id, revoked }, version }: { permit: StandingPermit; version: number },
  { denies }: Pick<Ports, 'denies'>,
): Promise<void> {
  if (revoked) await denies.send([ending(id, version)])
}

type Cause = { id: ApprovalRequest['ask']['id'] | Halt['id']; version: number; since: NumericDate }

const denying = (role: string, { id, version, since }: Cause): EndMessage => ({
  deny: id,
  role,
  since,
  group: groupOf(role),
  deduplicate: `${id}#${version}#deny`,
})

const ending = (id: Cause['id'] | StandingPermitId, version: number): EndMessage => ({
  end: id,
  group: id,
  deduplicate: `${id}#${version}#end`,
})

/** A FIFO group for a role, of at most 128 characters: the end of an ARN distinguishes the roles of a deployment. */
export const groupOf = (role: string): string => role.slice(-128)

const hasOrphans = (state: ApprovalRequest, now: NumericDate): boolean =>
  state.status !== 'approved' && childrenOf(state).some(({ notAfter }) => notAfter > now)

/** A decision this soon after its stage opened counts as unread. Seconds. */
const hardlyRead = 5

/**
 * Logs people's decisions as lines that become metrics: 1 and 0, so that the average is a rate. It names no person.
 */
export function logMeasures(before: ApprovalRequest, after: ApprovalRequest, log: Log): void {
  for (const measure of measuresOf(before, after)) {
    const { stage } = measure
    if (measure.of === 'decision') {
      const { verdict, seconds } = measure
      log.info('decision_measured', { stage, verdict, seconds, hardlyRead: seconds < hardlyRead ? 1 : 0 })
    } else log.info('wait_measured', { stage, silent: measure.silent ? 1 : 0 })
  }
}

/** Logged from the record, so only once, no matter which function stored it. */
export function logOverdueReview(before: ApprovalRequest, after: ApprovalRequest, log: Log): void {
  if (before.review?.overdueAt === undefined && after.review?.overdueAt !== undefined)
    log.error('review_overdue', { request: after.ask.id, drill: openingOf(after.ask)?.drill === true })
}
