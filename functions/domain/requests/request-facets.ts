// Rules: test/adapters/dynamodb/request-store.test.ts
import type { ApprovalRequest } from '../record/request.ts'
import { type AskerId, type NumericDate, type PersonId, rfc3339 } from '../values.ts'

/** A filter. `task` is the parent task's id, `resource` its id; submitted at `since` or later, and before `until`. */
export type RequestFilter = {
  status?: ApprovalRequest['status']
  agent?: AskerId
  owner?: PersonId
  task?: string
  resource?: string
  action?: string
  since?: NumericDate
  until?: NumericDate
  /**
   * Words, each of which occurs in the action or the id of the resource or task, in any case; or the beginning of a
   * request's id.
   */
  search?: string
}

/** The search keys of a request, which an index may hold: no argument, no purpose, no justification. */
export type RequestFacets = {
  id: string
  submittedAt: NumericDate
  agent: string
  owner: string
  action: string
  task: string
  resource: string
  /** The status, if known. */
  status?: ApprovalRequest['status'] | undefined
}

export const facetsOfRequest = ({ ask, submittedAt, status }: ApprovalRequest): RequestFacets => ({
  ...{ id: ask.id, submittedAt, status },
  ...{ agent: ask.agent.id, owner: ask.owner, action: ask.action },
  ...{ task: ask.parentTask.id, resource: ask.resource.id },
})

const exact = ['agent', 'owner', 'action', 'task', 'resource'] as const

export const passesRequest = (filter: RequestFilter, facets: RequestFacets): boolean =>
  exact.every((name) => filter[name] === undefined || filter[name] === facets[name]) &&
  (filter.status === undefined || facets.status === undefined || filter.status === facets.status) &&
  (filter.since === undefined || facets.submittedAt >= filter.since) &&
  (filter.until === undefined || facets.submittedAt < filter.until) &&
  (filter.search === undefined || isFoundBy(filter.search, facets))

function isFoundBy(search: string, { id, action, task, resource }: RequestFacets): boolean {
  const text = `${action}\n${task}\n${resource}`.toLowerCase()
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return words.every((word) => text.includes(word) || id.startsWith(word) || id.slice('req_'.length).startsWith(word))
}

/** Whether a search begins an id: the prefix and four or more characters. */
export const beginsId = (search: string): boolean => /^(?:req|bgl)_[0-9a-z]{4,26}$/.test(search)

/** The month of the oldest request. */
export const firstMonth = '2026-01'

/** The month in UTC, such as `2026-11`. */
export const monthOf = (at: NumericDate): string => rfc3339(at).slice(0, 'yyyy-mm'.length)

export const beginOfMonth = (month: string): NumericDate => Date.parse(`${month}-01T00:00:00Z`) / 1000

export const monthBefore = (month: string): string => monthOf(beginOfMonth(month) - 1)
