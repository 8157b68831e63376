// Rules: test/handlers/agents/list-actions.test.ts
import type { Action } from '../../domain/cards/wire/action.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import type { Askable } from '../../domain/policy/askable.ts'
import { defined } from '../../domain/values.ts'

/** An action for an agent, without people and policies. */
export const actionView = ({ entry, resource, purposes, tier, planOnly, example }: Askable): Said<typeof Action> => ({
  name: entry.name,
  title: entry.title,
  tool: entry.tool,
  credential: entry.credential,
  arguments: entry.arguments,
  resource,
  ...defined({ purposes, tier, plan_only: planOnly, example }),
})
