// Rules: test/handlers/people/read-requests.test.ts
import type { UsageAnswer } from '../../domain/cards/wire/agent.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import type { ActionUsage } from '../../domain/uses/usage.ts'
import { type AgentId, defined, type NumericDate, rfc3339 } from '../../domain/values.ts'
import type { Usage } from '../../operations/uses/read-usage.ts'

/** `GET /v1/agents/{id}/usage` (docs/api.md). */
export const usageView = (
  agent: AgentId,
  since: NumericDate,
  { requests, actions }: Usage,
): Said<typeof UsageAnswer> => ({
  agent,
  since: rfc3339(since),
  requests,
  actions: actions.map(actionView),
})

const actionView = ({
  extraCalls,
  refusedCalls,
  proposal,
  ...usage
}: ActionUsage): Said<typeof UsageAnswer>['actions'][number] => ({
  ...usage,
  extra_calls: extraCalls,
  refused_calls: refusedCalls,
  ...defined({ bounds: proposal?.bounds, proposal: proposal?.entry, diff: proposal && [...proposal.diff] }),
})
