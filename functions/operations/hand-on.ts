import { deniesOf, denyOfHalt } from '../domain/denies.ts'
import type { Halt } from '../domain/halt.ts'
import type { ApprovalRequest } from '../domain/request.ts'
import type { NumericDate } from '../domain/values.ts'
import type { DenyMessage, FifoMessage, Queue } from './ports.ts'

type Ports = {
  cards: Queue<FifoMessage>
  denies: Queue<DenyMessage>
  /** The ARN of every target role that there is. */
  targetRoles: readonly string[]
}
/** A request as it is stored now, and when it changed. */
export type Changed = { state: ApprovalRequest; version: number; since: NumericDate }
/** The halts of one target as they are stored now, and when they changed. */
export type ChangedHalts = { halts: readonly Halt[]; version: number; since: NumericDate }

/**
 * Hands a changed request on to those who follow from the record: the card drawer, and, where sessions must be denied,
 * the writer of each role's deny. Only ids travel.
 */
export async function handOn(changed: readonly Changed[], now: NumericDate, ports: Ports): Promise<void> {
  await ports.cards.send(
    changed.map(({ state: { ask }, version }) => ({
      requestId: ask.id,
      group: ask.id,
      deduplicate: `${ask.id}#${version}`,
    })),
  )
  const denies = changed.flatMap(({ state, version, since }) =>
    [...deniesOf(state, now).keys()].map((role) => {
      const { id } = state.ask
      return { role, group: groupOf(role), since, cause: { request: id }, deduplicate: `${id}#${version}#deny` }
    }),
  )
  if (denies.length > 0) await ports.denies.send(denies)
}

/**
 * Hands a kill switch that was thrown on to the writer of the deny of each role that it bears on. That one was lifted
 * needs no deny, and takes none back: what it stopped stays stopped.
 */
export async function handOnHalts({ halts, version, since }: ChangedHalts, ports: Ports): Promise<void> {
  const newest = halts.findLast(({ lifted }) => lifted === undefined)
  if (!newest) return
  const { id } = newest
  const denies = ports.targetRoles
    .filter((role) => denyOfHalt(newest, role) !== undefined)
    .map((role) => ({ role, group: groupOf(role), since, cause: { halt: id }, deduplicate: `${id}#${version}` }))
  if (denies.length > 0) await ports.denies.send(denies)
}

/** FIFO groups are at most 128 characters: the end of an ARN tells the roles of a deployment apart. */
export const groupOf = (role: string): string => role.slice(-128)
