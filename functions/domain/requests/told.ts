import * as z from 'zod'
import type { Event } from '../record/events.ts'
import { keptSteps } from '../record/plan-step.ts'
import type { Ask } from '../record/request.ts'
import { type AgentId, defined, isRefusal, NumericDate, PersonId, RequestId } from '../values.ts'

/**
 * People's words to one agent, so that they do not decide on their own suggestion. The row has only ids and times: the
 * requests' records have the texts.
 */
const Told = z.strictObject({
  /** Absent for folded words, which count under any arguments. */
  request: RequestId.optional(),
  /** The action; of a plan, also those of its steps. */
  actions: z.array(z.string()),
  /** The writer; of folded words, all writers. */
  by: z.array(PersonId),
  /** The people that the writer stood in for. */
  behind: z.array(PersonId).optional(),
  at: NumericDate,
  /** True for words without a refusal (a question or an approval): they count unless the request was approved. */
  unlessApproved: z.literal(true).optional(),
})
export type Told = z.infer<typeof Told>

const Row = z.array(Told)

export const toldPrefix = 'TOLD#'
export const toldKey = (agent: AgentId): string => `${toldPrefix}${agent}`

/** The time in which an ask after words is a revision. Seconds. */
export const revisedWithin = 7 * 86_400

/** The most words that a row lists one by one. */
const mostTold = 100

export const readTold = (row: string | undefined): readonly Told[] =>
  row === undefined ? [] : Row.parse(JSON.parse(row))

/** Adds words to the row, and removes expired ones. */
export function writeTold(before: readonly Told[], told: Told): string {
  const all = [...before.filter(({ at }) => told.at - at <= revisedWithin), told]
  const over = all.length - mostTold
  return JSON.stringify(over > 0 ? [folded(all.slice(0, over + 1)), ...all.slice(over + 1)] : all)
}

/** Many words as one, which bars at least the same people. */
const folded = (all: readonly Told[]): Told => ({
  actions: unique(all.flatMap(({ actions }) => actions)),
  by: unique(all.flatMap(({ by }) => by)),
  behind: unique(all.flatMap(({ behind = [] }) => behind)),
  at: Math.max(...all.map(({ at }) => at)),
})

const unique = <T>(all: readonly T[]): T[] => [...new Set(all)]

/** The action of an ask; of a plan, also those of its steps. */
export const actionsOf = (ask: Pick<Ask, 'action' | 'steps'>): string[] =>
  unique([ask.action, ...keptSteps({ ask }).map(({ action }) => action)])

/**
 * The words to the agent among the events of one act on a request.
 * @param absent the people that the writer stands in for
 */
export function toldIn(
  events: readonly Event[],
  ask: Pick<Ask, 'id' | 'action' | 'steps'>,
  absent: readonly PersonId[] = [],
): Told | undefined {
  const said = events.find(
    (event) => event.type === 'Asked' || (event.type === 'Decided' && event.toAgent !== undefined),
  )
  if ((said?.type !== 'Decided' && said?.type !== 'Asked') || said.actor.type !== 'person') return undefined
  const unlessApproved = said.type === 'Decided' && isRefusal(said.verdict) ? undefined : (true as const)
  const behind = unique([...(said.for === undefined ? [] : [said.for]), ...absent])
  const own = { request: ask.id, actions: actionsOf(ask), by: [said.actor.id], at: said.at }
  return { ...own, ...(behind.length === 0 ? {} : { behind }), ...defined({ unlessApproved }) }
}
