// Rules: test/operations/requests/agent-record.test.ts
import type { AgentRecord, Ambient } from '../people/host.ts'
import type { LastAsked } from '../record/ask-terms.ts'
import type { Ask } from '../record/request.ts'
import { defined, duration, type NumericDate } from '../values.ts'
import type { Row } from './sentence.ts'

/** The record of the agent that acts, as it was when this was asked. */
export type RecordView = Pick<AgentRecord, 'asked' | 'denied' | 'refused' | 'extraCalls'> & { last?: LastAsked }

/** The facts about an agent beside its file, for people. */
export type HostView = { ambient: Ambient; record?: RecordView }

export function hostView({ host, lastAsked }: Partial<Pick<Ask, 'host' | 'lastAsked'>>): HostView {
  if (!host) return { ambient: 'unknown' }
  const { asked, denied, refused, extraCalls } = host.record
  return { ambient: host.ambient, record: { asked, denied, refused, extraCalls, ...defined({ last: lastAsked }) } }
}

/** The place where people look at a host themselves. */
export const wayToLook = (agent: string): string => `hotwork agents show ${agent}, or its page /agents/${agent}`

const alone: { readonly [ambient in Ambient]?: string } = {
  allowed: 'could do this without asking Hotwork: IAM allows it to the role on which the agent runs',
  unknown: 'not known whether it could do this without asking Hotwork',
}

/** What the host could do alone, and the agent's thirty days. `whose`: said where the row above names others too. */
export function hostRows(
  agent: string,
  { ambient, record }: HostView,
  submittedAt: NumericDate,
  whose: boolean,
): readonly Row[] {
  const of = whose ? `${agent}: ` : ''
  const host = alone[ambient]
  const look = ambient === 'unknown' ? `. To look: ${wayToLook(agent)}` : ''
  return [
    ...(host === undefined ? [] : [{ label: 'Its host', text: `${of}${host}${look}` }]),
    ...(record ? [{ label: 'Its 30 days', text: `${of}${recordText(record, submittedAt)}` }] : []),
  ]
}

const ends: { readonly [status in LastAsked['status']]: string } = {
  pending: 'still waited',
  approved: 'was approved',
  completed: 'was completed',
  denied: 'was denied',
  expired: 'expired',
  withdrawn: 'was withdrawn',
  revoked: 'was revoked',
}

export function recordText({ asked, denied, refused, extraCalls, last }: RecordView, submittedAt: NumericDate): string {
  const counts = [`asked ${asked}`, `denied ${denied}`, `refused ${refused}`, `extra calls ${extraCalls}`].join(', ')
  const before = last && (duration(submittedAt - last.at) || 'a moment')
  return last ? `${counts}. Its last request for this action, ${before} before, ${ends[last.status]}` : counts
}
