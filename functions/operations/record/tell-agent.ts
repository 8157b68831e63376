// Rules: test/operations/requests/revise.test.ts
import type { Command } from '../../domain/record/commands.ts'
import type { Event } from '../../domain/record/events.ts'
import { keptSteps } from '../../domain/record/plan-step.ts'
import type { Ask } from '../../domain/record/request.ts'
import { readTold, toldIn, toldKey, writeTold } from '../../domain/requests/told.ts'
import { defined, isAgent } from '../../domain/values.ts'
import type { OnceOnly } from '../ports.ts'
import type { RequestReader } from './ports.ts'

const day = 86_400

/**
 * The rows of people's words to agents, for the transaction of these events: one for each agent of a plan or a
 * delegation, since each passes words on. Empty without such words.
 */
export async function rowsOfWords(
  events: readonly Event[],
  ask: Ask,
  command: Command,
  { requests }: { requests: Pick<RequestReader, 'recall'> },
): Promise<readonly OnceOnly[]> {
  const told = toldIn(events, ask, 'absent' in command ? command.absent : undefined)
  if (!told) return []
  const agents = new Set([
    ask.agent.id,
    ...ask.chain.map(({ id }) => id),
    ...keptSteps({ ask }).map(({ agent }) => agent),
  ])
  return Promise.all(
    [...agents].filter(isAgent).map(async (agent) => {
      const key = toldKey(agent)
      const before = await requests.recall(key)
      const value = writeTold(readTold(before), told)
      return { key, value, ...defined({ replaces: before }), expiresAt: told.at + 8 * day }
    }),
  )
}
