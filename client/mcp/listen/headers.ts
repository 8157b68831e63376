// Rules: test/client/command-line/examples.test.ts
import { resolveIdentity } from '../../identity/identity.ts'
import { type Exit, exits } from '../../outcome.ts'
import { readAgentSettings } from '../../settings.ts'
import type { Surroundings } from '../../surroundings.ts'

/**
 * Prints the headers by which an MCP host shows a gate at an address which agent it is, as JSON and nothing else: a
 * host that takes a program for them runs it whenever it connects.
 *
 * @throws Refusal, Fault
 */
export async function printHeaders(typed: { api?: string; as?: string }, surroundings: Surroundings): Promise<Exit> {
  const { apiUrl, as } = readAgentSettings(typed, surroundings)
  const token = await resolveIdentity(as === undefined ? undefined : { as }, surroundings)(apiUrl)
  surroundings.out(`${JSON.stringify({ Authorization: `Bearer ${token}` })}\n`)
  return exits.done
}
