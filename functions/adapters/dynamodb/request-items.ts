import type { Head } from '../../domain/ledger/ledger.ts'
import { overdueAt } from '../../domain/requests/due.ts'
import { ApprovalRequest } from '../../domain/requests/request.ts'
import { type NumericDate, RequestId } from '../../domain/values.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import type { RequestFilter, Stored } from '../../operations/requests/ports.ts'
import { headAttributes, headOf, type Item, number, text, textOf } from './items.ts'

export const requestKey = (id: RequestId) => ({ pk: text(`REQ#${id}`), sk: text('REQ') })

/** Sorts requests by when they were submitted: ten digits last until the year 2286. */
export const submittedKey = ({ submittedAt, ask }: ApprovalRequest): string => submittedBefore(submittedAt) + ask.id

/** Sorts after all that was submitted before, and before the rest. */
export const submittedBefore = (at: NumericDate): string => `${String(Math.floor(at)).padStart(10, '0')}#`

/**
 * A request as an item. Beside the state stand the attributes that its indexes need, all of which follow from the state:
 * `overdue` only while something falls due, so that the index over it holds no request with which all is done, and `openOf`
 * only while it waits for people.
 */
export function requestItem(state: ApprovalRequest, head: Head): Item {
  const due = overdueAt(state)
  return {
    ...requestKey(state.ask.id),
    ...headAttributes(head),
    state: text(JSON.stringify(state)),
    kind: text('request'),
    submitted: text(submittedKey(state)),
    status: text(state.status),
    agent: text(state.ask.agent.id),
    owner: text(state.ask.owner),
    ...(due === undefined ? {} : { overdue: text('request'), dueAt: number(due) }),
    ...(state.status === 'pending' ? { openOf: text(state.ask.agent.id) } : {}),
  }
}

/** @throws StoreUnavailable when the item holds no request that this code understands: deny rather than guess */
export function storedOf(item: Item): Stored {
  const parsed = ApprovalRequest.safeParse(JSON.parse(textOf(item, 'state')))
  if (parsed.success) return { state: parsed.data, head: headOf(item) }
  const paths = parsed.error.issues.map(({ path }) => `\`${path.join('.')}\``)
  throw new StoreUnavailable(`the item \`${textOf(item, 'pk')}\` holds no request: see ${paths.join(', ')}`)
}

export const idOf = (item: Item): RequestId => RequestId.parse(textOf(item, 'pk').slice('REQ#'.length))

/** The index that leaves least to sift: an agent or an owner has fewer requests than a status, a status than all. */
export function indexFor({ agent, owner, status }: RequestFilter): { index: string; attribute: string; value: string } {
  if (agent !== undefined) return { index: 'by-agent', attribute: 'agent', value: agent }
  if (owner !== undefined) return { index: 'by-owner', attribute: 'owner', value: owner }
  if (status !== undefined) return { index: 'by-status', attribute: 'status', value: status }
  return { index: 'by-time', attribute: 'kind', value: 'request' }
}

export const passes = ({ status, agent, owner }: RequestFilter, { state }: Stored): boolean =>
  (status === undefined || state.status === status) &&
  (agent === undefined || state.ask.agent.id === agent) &&
  (owner === undefined || state.ask.owner === owner)
