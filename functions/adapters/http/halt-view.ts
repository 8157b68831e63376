// Rules: test/handlers/people/read-requests.test.ts
import * as z from 'zod'
import type { Halt as HaltAnswer } from '../../domain/cards/wire/people.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import type { Halt, HaltTarget } from '../../domain/halts/halt.ts'
import { AgentId, defined, PersonId, rfc3339, Timestamp } from '../../domain/values.ts'
import { timeMember } from './authzen.ts'

const kinds = ['agent', 'owner', 'person', 'role', 'environment', 'action', 'all'] as const

/** The body of `POST /v1/halts` (docs/api.md). */
export const HaltBody = z
  .strictObject({
    agent: AgentId.optional(),
    owner: PersonId.optional(),
    person: PersonId.optional(),
    role: z.string().min(1).max(2048).optional(),
    environment: z.string().min(1).max(64).optional(),
    action: z.string().min(1).max(128).optional(),
    all: z.literal(true).optional(),
    reason: z.string().trim().min(1).max(1000),
    until: Timestamp.optional(),
  })
  .refine((body) => kinds.filter((kind) => body[kind] !== undefined).length === 1, {
    error: `should name exactly one of \`${kinds.join('`, `')}\``,
  })
  .transform(({ reason, until, ...body }) => ({ reason, until, target: targetOf(body) }))

type Named = { [kind in Exclude<HaltTarget['kind'], 'all'>]?: Extract<HaltTarget, { kind: kind }>['value'] | undefined }

function targetOf({ agent, owner, person, role, environment, action }: Named): HaltTarget {
  if (agent !== undefined) return { kind: 'agent', value: agent }
  if (owner !== undefined) return { kind: 'owner', value: owner }
  if (person !== undefined) return { kind: 'person', value: person }
  if (role !== undefined) return { kind: 'role', value: role }
  if (environment !== undefined) return { kind: 'environment', value: environment }
  if (action !== undefined) return { kind: 'action', value: action }
  return { kind: 'all', value: 'all' }
}

export const haltView = ({ id, target, reason, by, at, until, lifted }: Halt): Said<typeof HaltAnswer> => ({
  id,
  [target.kind]: target.kind === 'all' ? true : target.value,
  reason,
  by,
  at: rfc3339(at),
  ...defined({ until: timeMember(until) }),
  ...(lifted ? { lifted: { by: lifted.by, at: rfc3339(lifted.at) } } : {}),
})
