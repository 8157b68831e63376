import type { Halt, HaltTarget } from '../halts/halt.ts'
import type { StandIn } from '../people/stand-in.ts'
import type { StandingPermit } from '../permits/permit.ts'
import { actionsOf } from '../record/origin.ts'
import type { ApprovalRequest } from '../record/request.ts'
import { AgentId, defined, type NumericDate, PersonId, ToolId } from '../values.ts'
import type { Entry } from './ledger.ts'

/** The search keys of an entry. They are beside it in its row, outside its hash, and prove nothing. */
export type Facets = {
  type: string
  /** Agents, people and tools. */
  who: readonly string[]
  actions: readonly string[]
  task?: string
  resource?: string
}

/** Facts of a chain that its single entries lack, given by the writer. */
export type ChainFacts = { who: readonly string[]; actions: readonly string[] }

export type LedgerFilter = {
  since?: NumericDate
  /** The second after the span. */
  until?: NumericDate
  agent?: AgentId
  person?: PersonId
  tool?: ToolId
  task?: string
  resource?: string
  action?: string
  type?: string
}

const mostNames = 50
/** The longest indexed values. A search accepts no longer ones. */
const longest = { action: 128, resource: 2048 }
/** Members that an agent writes, with the shown arguments. */
const ofTheAgent = new Set(['arguments', 'purpose', 'parentTask', 'preview', 'resource'])

export const factsOfRequest = ({ ask }: ApprovalRequest): ChainFacts => ({
  who: [ask.agent.id, ...ask.chain.map(({ id }) => id)],
  actions: actionsOf(ask),
})

export const factsOfHalt = ({ target }: Pick<Halt, 'target'>): ChainFacts => ({
  who: [target.value].filter(isActor),
  actions: actionOf(target),
})

export const factsOfStandIn = (standIn: Pick<StandIn, 'by' | 'for'>): ChainFacts => ({
  who: [standIn.by, standIn.for],
  actions: [],
})

export const factsOfPermit = ({ agent, action }: StandingPermit): ChainFacts => ({ who: [agent], actions: [action] })

/**
 * `who`: the actor with its delegation chain, the actor whose own chain it is, and each agent, person or tool that is a
 * complete value of a fact; in a request's entries also the asker. Ids in arguments do not count.
 */
export function facetsOf({ id, type, actor, facts, parent_task, resource }: Entry, chain?: ChainFacts): Facets {
  const who = [id.slice(0, id.lastIndexOf('/')), actor.id, ...(actor.chain ?? []), ...textsIn(facts)].filter(isActor)
  const { action } = facts
  const actions = typeof action === 'string' && action.length <= longest.action ? [action] : []
  const of = resource && resource.id.length <= longest.resource ? resource.id : undefined
  return {
    type,
    who: [...new Set([...(chain?.who ?? []), ...who])].slice(0, mostNames),
    actions: [...new Set([...(chain?.actions ?? []), ...actions])],
    ...defined({ task: parent_task?.id, resource: of }),
  }
}

const isActor = (text: string): boolean =>
  /^(agent|person|tool):/.test(text) && [AgentId, PersonId, ToolId].some((id) => id.safeParse(text).success)

const actionOf = ({ kind, value }: HaltTarget): readonly string[] => (kind === 'action' ? [value] : [])

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) if (!ofTheAgent.has(name)) yield* textsIn(member)
}

export const passesFilter = (
  { agent, person, tool, task, resource, action, type }: LedgerFilter,
  facets: Facets,
): boolean =>
  [agent, person, tool].every((each) => each === undefined || facets.who.includes(each)) &&
  (action === undefined || facets.actions.includes(action)) &&
  (task === undefined || facets.task === task) &&
  (resource === undefined || facets.resource === resource) &&
  (type === undefined || facets.type === type)

/** Whether an entry matches by its own content, since the facets beside it prove nothing. */
export const agreesWith = ({ since, until, ...filter }: LedgerFilter, entry: Entry): boolean => {
  const { type, task, resource } = facetsOf(entry)
  const at = Date.parse(entry.at) / 1000
  const own = defined({ type: filter.type, task: filter.task, resource: filter.resource })
  return (
    (since === undefined || at >= since) &&
    (until === undefined || at < until) &&
    passesFilter(own, { type, who: [], actions: [], ...defined({ task, resource }) })
  )
}

/** Whether it filters by more than time. */
export const isNarrow = ({ since: _, until: __, ...others }: LedgerFilter): boolean => Object.keys(others).length > 0

/** The sort key of an entry among all: time, chain, sequence. */
export function placeOf({ id, at }: Pick<Entry, 'id' | 'at'>): string {
  const cut = id.lastIndexOf('/')
  return `${secondOf(Date.parse(at) / 1000)}${id.slice(0, cut)}/${id.slice(cut + 1).padStart(10, '0')}`
}

/** A key before all entries of this second. Ten digits suffice until the year 2286. */
export const secondOf = (at: NumericDate): string => `${String(Math.floor(at)).padStart(10, '0')}#`
