// Rules: test/client/mcp/run-gate.test.ts
import type { Surroundings } from '../surroundings.ts'
import { fileSource } from './file.ts'
import type { IdentityOption } from './identity.ts'

const variable = 'HOTWORK_TOOL_TOKEN_FILE'

/** The identity of this program as a tool, beside its identity as an agent. `as` is a tool of the local stack. */
export function findToolIdentity(
  as: string | undefined,
  { env, now }: Pick<Surroundings, 'env' | 'now'>,
): IdentityOption | undefined {
  const file = env[variable]
  if (as !== undefined) return { as }
  return file ? () => fileSource(file, now, variable).ask('', new AbortController().signal) : undefined
}
