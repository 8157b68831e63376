import type { ActionUsage } from '../../domain/uses/usage.ts'
import { type AgentId, defined, type Json, type NumericDate, rfc3339 } from '../../domain/values.ts'
import type { Usage } from '../../operations/uses/read-usage.ts'

/** `GET /v1/agents/{id}/usage` (docs/api.md). */
export const usageView = (agent: AgentId, since: NumericDate, { requests, actions }: Usage) => ({
  agent,
  since: rfc3339(since),
  requests,
  actions: actions.map(actionView),
})

const actionView = ({ extraCalls, refusedCalls, proposal, ...usage }: ActionUsage): Json =>
  ({
    ...usage,
    extra_calls: extraCalls,
    refused_calls: refusedCalls,
    ...defined({ bounds: proposal?.bounds, proposal: proposal?.entry }),
  }) as unknown as Json
