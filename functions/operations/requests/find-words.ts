// Rules: test/operations/requests/revise.test.ts
import { isPlanBody, parseSteps } from '../../domain/policy/assess-plan.ts'
import { asOf } from '../../domain/requests/due.ts'
import { type Before, toldLately } from '../../domain/requests/revision.ts'
import { readTold, toldKey } from '../../domain/requests/told.ts'
import { type NumericDate, RequestId } from '../../domain/values.ts'
import type { RequestReader } from '../record/ports.ts'
import type { Asking } from './submission.ts'

/**
 * Reads the words of people to the agent of an ask, and to the agents of a plan's steps, strongly: an agent asks again
 * within milliseconds. Only agents that were told something cost a second read, of the requests with the words.
 */
export async function findWords(
  { agent, action, revises }: Pick<Asking, 'agent' | 'action' | 'revises'>,
  now: NumericDate,
  { requests }: { requests: Pick<RequestReader, 'recall' | 'loadMany'> },
): Promise<Before> {
  const parsed = isPlanBody({ action }) ? parseSteps(action.properties) : undefined
  const steps = parsed?.ok ? parsed.value : []
  const agents = [agent.id, ...steps.map((step) => step.agent)]
  const actions = [action.name, ...steps.map((step) => step.action)]
  const rows = await Promise.all([...new Set(agents)].map((agent) => requests.recall(toldKey(agent))))
  const told = toldLately(rows.flatMap(readTold), actions, now)
  const named = RequestId.safeParse(revises)
  const ids = [...told.flatMap(({ request }) => request ?? []), ...(named.success ? [named.data] : [])]
  const found = ids.length === 0 ? [] : await requests.loadMany(ids)
  return { told, requests: new Map(found.map(({ state }) => [state.ask.id, asOf(state, now)])) }
}

/** The key that a revision takes in the transaction of its submission: each request is revised once. */
export const revisedKey = (id: RequestId): string => `REVISED#${id}`
