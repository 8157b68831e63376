// Rules: test/operations/requests/agent-record.test.ts
import { changesSeen } from '../agents/host-words.ts'
import type { AgentRecord, HostFacts } from '../people/host.ts'
import type { LastAsked } from '../record/ask-terms.ts'
import type { Ask } from '../record/request.ts'
import { defined, duration, type NumericDate } from '../values.ts'
import type { PlacedRow } from './sentence.ts'

/** The record of the agent that acts, as it was when this was asked. */
export type RecordView = Pick<AgentRecord, 'asked' | 'denied' | 'refused' | 'extraCalls'> & { last?: LastAsked }

/** The facts about an agent beside its file, for people. */
export type HostView = Pick<HostFacts, 'ambient' | 'live'> & { record?: RecordView }

export function hostView({ host, lastAsked }: Partial<Pick<Ask, 'host' | 'lastAsked'>>): HostView {
  if (!host) return { ambient: 'unknown' }
  const { asked, denied, refused, extraCalls } = host.record
  const { ambient, live } = host
  const record = { asked, denied, refused, extraCalls, ...defined({ last: lastAsked }) }
  return { ambient, record, ...defined({ live }) }
}

/** The place where people look at a host themselves. */
export const wayToLook = (agent: string): string => `hotwork agents show ${agent}, or the page /agents/${agent}`

/** The host's own right, and the agent's thirty days, kept short for cards. */
export function hostRows(
  agent: string,
  { ambient, live, record }: HostView,
  submittedAt: NumericDate,
): readonly PlacedRow[] {
  const late = live ? [] : [`as of its last look: ${changesSeen(undefined)}`]
  const unknown = ambient === 'unknown' ? [`${unknownAlone}: see /agents/${agent}`] : late
  const days = [...(record ? [recordText(record, submittedAt)] : []), ...unknown]
  return [
    ...(ambient === 'allowed' ? [{ label: 'Its host', text: couldAlone, first: true as const }] : []),
    ...(days.length > 0 ? [{ label: 'Its 30 days', text: days.join('; ') }] : []),
  ]
}

const couldAlone = 'could do this without asking Hotwork: IAM allows it to the role on which the agent runs'
export const unknownAlone = 'not known if its host could do this alone'

const ends: { readonly [status in LastAsked['status']]: string } = {
  pending: 'still waiting',
  approved: 'approved',
  completed: 'completed',
  denied: 'denied',
  expired: 'expired',
  withdrawn: 'withdrawn',
  revoked: 'revoked',
}

export function recordText({ asked, denied, refused, extraCalls, last }: RecordView, submittedAt: NumericDate): string {
  const isEmpty = asked + denied + refused + extraCalls === 0
  const counts = isEmpty
    ? 'nothing on record'
    : `asked ${asked}, denied ${denied}, refused ${refused}, extra calls ${extraCalls}`
  if (!last) return counts
  return `${counts}; its last for this action, ${duration(submittedAt - last.at) || '0 s'} before: ${ends[last.status]}`
}
