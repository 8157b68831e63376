// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { Members, time } from './word.ts'

/** The registry of agents that changes at run time. `agents` are spelled as in agents.json. */
export const RegistryAnswer = z.looseObject({
  version: z.int(),
  agents: z.array(Members),
  /** Agents of the policy folder that were retired at run time. */
  retired: z.array(z.looseObject({ id: z.string(), at: time })),
  /** By agent: the last change of its identities, owner or autonomy. */
  changed: z.record(z.string(), time),
  /** Former identities, reserved until then. */
  former: z.array(z.looseObject({ agent: z.string(), identity: Members, until: time })),
})
export type RegistryAnswer = z.infer<typeof RegistryAnswer>
