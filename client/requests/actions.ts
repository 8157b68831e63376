import { show } from '../context.ts'
import type { Exit } from '../outcome.ts'
import { table } from '../screen.ts'
import { type AgentContext, agentApi } from './context.ts'

export type ActionsTyped = { resource?: string; tool?: string; purpose?: string }

/** The actions that the agent may ask for. */
export async function actions({ resource, tool, purpose }: ActionsTyped, context: AgentContext): Promise<Exit> {
  const found = await agentApi(context, {}).listActions({ resource, tool, purpose })
  const rows = found.map(({ name, tier, plan_only: planOnly, purposes, title, resource: { id } }) => [
    name,
    planOnly ? 'in a plan' : tier === undefined ? 'depends' : String(tier),
    purposes?.join(', ') ?? 'any',
    id,
    title,
  ])
  const head = ['ACTION', 'TIER', 'PURPOSES', 'RESOURCE', 'TITLE']
  return show(context, { actions: found }, () =>
    rows.length === 0 ? ['none'] : table(head, rows, context.surroundings.columns),
  )
}
