import { deniesOf } from '../domain/denies.ts'
import { type ApprovalRequest, grantOf } from '../domain/request.ts'
import type { NumericDate } from '../domain/values.ts'
import type { FifoMessage, Queue } from './ports.ts'

type Ports = { cards: Queue<FifoMessage>; denies: Queue<FifoMessage> }
export type Changed = { state: ApprovalRequest; version: number }

/**
 * Hands a changed request on to those who follow from the record: the card drawer, and, where sessions must be denied,
 * the writer of each role's deny, and where it has given rights away and ended, to whoever ends those. Only ids travel.
 */
export async function handOn(changed: readonly Changed[], now: NumericDate, ports: Ports): Promise<void> {
  await ports.cards.send(changed.map((each) => message(each, each.state.ask.id)))
  const denies = changed.flatMap((each) => [...deniesOf(each.state, now).keys()].map((role) => message(each, role)))
  const orphaned = changed.filter((each) => hasOrphans(each.state, now)).map((each) => message(each, each.state.ask.id))
  if (denies.length + orphaned.length > 0) await ports.denies.send([...denies, ...orphaned])
}

/** Whether it has ended, and something taken out of it may still be live. */
const hasOrphans = (state: ApprovalRequest, now: NumericDate): boolean =>
  state.status !== 'approved' && (grantOf(state)?.delegations ?? []).some(({ notAfter }) => notAfter > now)

/** FIFO groups are at most 128 characters: an ARN's role name tells the roles of a deployment apart. */
const message = ({ state, version }: Changed, group: string): FifoMessage => ({
  requestId: state.ask.id,
  group: group.slice(-128),
  deduplicate: `${state.ask.id}#${version}${group.startsWith('arn:') ? '#deny' : ''}`,
})
