import * as z from 'zod'
import type { Halt, HaltTarget } from '../../domain/halts/halt.ts'
import { rfc3339 } from '../../domain/ledger/ledger.ts'
import { AgentId, type Json, PersonId } from '../../domain/values.ts'

const kinds = ['agent', 'owner', 'person', 'role', 'all'] as const

/** A kill switch as it is asked for (interfaces.md section 3): exactly one target, and why. */
export const HaltBody = z
  .strictObject({
    agent: AgentId.optional(),
    owner: PersonId.optional(),
    person: PersonId.optional(),
    role: z.string().min(1).max(2048).optional(),
    all: z.literal(true).optional(),
    reason: z.string().trim().min(1).max(1000),
  })
  .refine((body) => kinds.filter((kind) => body[kind] !== undefined).length === 1, {
    error: `should name exactly one of \`${kinds.join('`, `')}\``,
  })
  .transform(({ reason, ...body }) => ({ reason, target: targetOf(body) }))

type Named = { [kind in Exclude<HaltTarget['kind'], 'all'>]?: Extract<HaltTarget, { kind: kind }>['value'] | undefined }

function targetOf({ agent, owner, person, role }: Named): HaltTarget {
  if (agent !== undefined) return { kind: 'agent', value: agent }
  if (owner !== undefined) return { kind: 'owner', value: owner }
  if (person !== undefined) return { kind: 'person', value: person }
  if (role !== undefined) return { kind: 'role', value: role }
  return { kind: 'all', value: 'all' }
}

/** A halt as a person sees it: its target under the name by which it was asked for. */
export const haltView = ({ id, target, reason, by, at, lifted }: Halt): { [member: string]: Json } => ({
  id,
  [target.kind]: target.kind === 'all' ? true : target.value,
  reason,
  by,
  at: rfc3339(at),
  ...(lifted ? { lifted: { by: lifted.by, at: rfc3339(lifted.at) } } : {}),
})
