// Rules: test/policies/fail-closed.test.ts
import { unseenHost } from '../../domain/people/host.ts'
import { type ArgumentSchema, sampleOf } from '../../domain/policy/arguments.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Question } from '../../domain/policy/question.ts'
import { defined, type JsonObject, type NumericDate } from '../../domain/values.ts'

const longAgo: NumericDate = 0

/**
 * Questions to ask while a process starts: the first decision takes tens of milliseconds, because Cedar's code is
 * compiled on the way (performance.md, P12). They fit the schema, since invalid ones end early. Their answers are
 * ignored.
 */
export function rehearsal({ actions, agents, directory }: Bundle): Question[] {
  const [[action, entry] = []] = Object.entries(actions)
  const [agent] = agents
  const [person] = directory.people
  if (action === undefined || !entry || !agent) return []
  const resource = { type: 'none', id: 'none', environment: 'none', classification: 'internal', group: 'group:none' }
  const asked = {
    kind: 'action',
    agent: { id: agent.id, autonomy: agent.autonomy, owner: agent.owner },
    action,
    arguments: sampleArguments(entry.arguments.properties),
    resource: resource as Extract<Question, { kind: 'action' }>['resource'],
    purpose: 'none',
    approval: { tier: Number.MAX_SAFE_INTEGER },
    credential: entry.credential,
    unpinned: [],
    recent: 0,
    host: unseenHost,
    justified: false,
    task: 'unchecked',
    taskSource: 'agent',
    delegationDepth: 0,
    preview: 'none',
    now: longAgo,
  } as const
  return [
    ...(['request', 'issue', 'use'] as const).map((moment) => ({ ...asked, moment })),
    ...(person
      ? [{ kind: 'person', action: 'read', person: { id: person.id, groups: [] }, now: longAgo } as const]
      : []),
  ]
}

const sampleArguments = (properties: Record<string, ArgumentSchema>): JsonObject =>
  defined(
    Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, sampleOf(schema, () => '')])),
  ) as JsonObject
