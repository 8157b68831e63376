// Rules: test/client/command-line/examples.test.ts
import { resolveIdentity } from '../../identity/identity.ts'
import { type Exit, exits } from '../../outcome.ts'
import { readAgentSettings } from '../../settings.ts'
import type { Surroundings } from '../../surroundings.ts'

/**
 * Prints, as JSON only, the headers by which an MCP host shows an agent's identity to a gate at an address. A host runs
 * this program whenever it connects.
 *
 * @throws Refusal, Fault
 */
export async function printHeaders(typed: { api?: string; as?: string }, surroundings: Surroundings): Promise<Exit> {
  const { apiUrl, as } = readAgentSettings(typed, surroundings)
  const token = await resolveIdentity(as === undefined ? undefined : { as }, surroundings)(apiUrl)
  surroundings.out(`${JSON.stringify({ Authorization: `Bearer ${token}` })}\n`)
  return exits.done
}
