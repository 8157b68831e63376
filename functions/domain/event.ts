// Rules: test/domain/ledger/ledger.test.ts
import * as z from 'zod'
import { AgentId, NumericDate, PersonId, ToolId, TransmitterId } from './values.ts'

export const Actor = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('person'), id: PersonId }),
  z.strictObject({ type: z.literal('agent'), id: AgentId, chain: z.array(AgentId).optional() }),
  z.strictObject({ type: z.literal('tool'), id: ToolId }),
  z.strictObject({ type: z.literal('system'), id: z.literal('hotwork') }),
  z.strictObject({ type: z.literal('transmitter'), id: TransmitterId }),
])
export type Actor = z.infer<typeof Actor>
export const system: Actor = { type: 'system', id: 'hotwork' }

/** Policies by `@id`, and the bundle by its hash. */
const common = { at: NumericDate, actor: Actor, policies: z.array(z.string()), bundle: z.string() }
export const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.strictObject({ ...common, type: z.literal(type), ...shape })
