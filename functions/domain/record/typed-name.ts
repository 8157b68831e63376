import type { ApprovalRequest } from './request.ts'

/** The last part of an id: after its last `/` or `:`, ignoring those at the very end. */
const namePart = (id: string): string => /([^/:]+)[/:]*$/.exec(id)?.[1] ?? id

/** The name that a person types to approve, if the tier demands that. */
export const typeThisOf = ({ ask, stages }: Pick<ApprovalRequest, 'ask' | 'stages'>): string | undefined =>
  stages.some(({ terms }) => terms.typeTheName) ? namePart(ask.resource.id) : undefined

/** Whether a text is exactly the name of the request's resource. */
export const isItsName = ({ ask }: Pick<ApprovalRequest, 'ask'>, typed: string | undefined): boolean =>
  typed === namePart(ask.resource.id)
