// Rules: test/operations/requests/revise.test.ts
import type { Command } from '../../domain/record/commands.ts'
import type { Event } from '../../domain/record/events.ts'
import type { Ask } from '../../domain/record/request.ts'
import { readTold, toldIn, toldKey, writeTold } from '../../domain/requests/told.ts'
import { defined, isAgent } from '../../domain/values.ts'
import type { OnceOnly } from '../ports.ts'
import type { RequestReader } from './ports.ts'

const day = 86_400

/**
 * The row of what people told the agent, for the transaction of these events. It is empty unless they have words to the
 * agent.
 */
export async function rowsOfWords(
  events: readonly Event[],
  ask: Ask,
  command: Command,
  { requests }: { requests: Pick<RequestReader, 'recall'> },
): Promise<readonly OnceOnly[]> {
  const told = toldIn(events, ask, 'absent' in command ? command.absent : undefined)
  const agent = ask.agent.id
  if (!told || !isAgent(agent)) return []
  const key = toldKey(agent)
  const before = await requests.recall(key)
  return [
    { key, value: writeTold(readTold(before), told), ...defined({ replaces: before }), expiresAt: told.at + 8 * day },
  ]
}
