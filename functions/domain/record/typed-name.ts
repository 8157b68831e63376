import type { ApprovalRequest } from './request.ts'

/** The last part of an id: after its last `/` or `:`, of which one at the very end separates nothing. */
const namePart = (id: string): string => /([^/:]+)[/:]*$/.exec(id)?.[1] ?? id

/** The name that a person types to approve, where the tier asks for it. */
export const typeThisOf = ({ ask, stages }: Pick<ApprovalRequest, 'ask' | 'stages'>): string | undefined =>
  stages.some(({ terms }) => terms.typeTheName) ? namePart(ask.resource.id) : undefined

/** Whether a text is exactly the name of the request's resource. */
export const isItsName = ({ ask }: Pick<ApprovalRequest, 'ask'>, typed: string | undefined): boolean =>
  typed === namePart(ask.resource.id)
