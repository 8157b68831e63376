import { canonicalForm } from '../digest.ts'
import type { Agent } from '../people/organisation.ts'
import type { Json, JsonObject } from '../values.ts'
import { spelled } from './spelling.ts'

/** A member of an agent that a change sets, in the spelling of agents.json. Without `from` it is new, without `to` gone. */
export type ChangeRow = { member: string; from?: Json; to?: Json }

/** The members that differ, in the order of the entry. */
export function changeView(before: Agent | undefined, after: Agent | undefined): readonly ChangeRow[] {
  const [from, to] = [membersOf(before), membersOf(after)]
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((member): ChangeRow[] => {
    const [was, is] = [from[member], to[member]]
    if (was !== undefined && is !== undefined && canonicalForm(was) === canonicalForm(is)) return []
    return [{ member, ...(was === undefined ? {} : { from: was }), ...(is === undefined ? {} : { to: is }) }]
  })
}

/** With the status, which agents.json leaves out of an active agent. The id is what the change is about. */
function membersOf(agent: Agent | undefined): JsonObject {
  if (!agent) return {}
  const { id: _, ...members } = spelled(agent)
  return { ...members, status: agent.status }
}
