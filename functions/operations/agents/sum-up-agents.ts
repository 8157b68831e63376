import { isNight, noCounts } from '../../domain/agents/activity.ts'
import type { Activity, Counts } from '../../domain/agents/agent-file.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { zoneOf } from '../../domain/policy/calendar.ts'
import { rulesOf } from '../../domain/record/origin.ts'
import { type ApprovalRequest, grantOf } from '../../domain/record/request.ts'
import { type AgentId, defined, type NumericDate } from '../../domain/values.ts'
import type { LedgerReader } from '../ledger/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { RequestReader } from '../record/ports.ts'
import type { AgentReader, AgentWriter } from './ports.ts'

type ReadingPorts = {
  policy: { readonly bundle: Bundle }
  requests: Pick<RequestReader, 'list'>
  ledger: Pick<LedgerReader, 'head' | 'page'>
  clock: Clock
}
export type SummingPorts = ReadingPorts & {
  agents: Pick<AgentReader, 'files'> & Pick<AgentWriter, 'saveActivity'>
  log: Log
}

const day = 86_400
/** Limits of the daily reading of one agent: its newest requests, and the last entries of its chain. */
const most = { pages: 20, requestsOfPage: 100, entries: 1000, entriesOfPage: 100 }

/**
 * Sums up the activity of each agent once a day, until the time is up. The agents that have waited longest come
 * first, so the next run continues where this one stopped.
 *
 * @returns the number of agents
 */
export async function sumUpAgents(ports: SummingPorts, { until }: { until: NumericDate }): Promise<number> {
  const { agents, policy, clock, log } = ports
  const ids = policy.bundle.agents.map(({ id }) => id)
  const files = await agents.files(ids)
  const since = (id: AgentId) => files.get(id)?.activity?.at ?? 0
  const toSumUp = ids.filter((id) => clock.now() - since(id) >= day).toSorted((one, other) => since(one) - since(other))
  let done = 0
  for (const id of toSumUp) {
    if (clock.now() >= until) {
      log.info('agents_not_summed_up', { from: id, left: toSumUp.length - done })
      break
    }
    await agents.saveActivity(id, await sumUpAgent(id, ports))
    done += 1
  }
  return done
}

/** Sums over the requests and refused attempts of ninety days. `complete` is false if a limit cut the reading. */
export async function sumUpAgent(agent: AgentId, ports: ReadingPorts): Promise<Activity> {
  const [at, zone] = [ports.clock.now(), zoneOf(ports.policy.bundle.calendar)]
  const since = at - 90 * day
  const [asked, refused] = await Promise.all([readRequests(agent, since, ports), readRefused(agent, since, ports)])
  const [days30, days90] = [30, 90].map((days) => countsOf(asked.states, refused.found, at - days * day, zone)) as [
    Counts,
    Counts,
  ]
  const seen = [
    ...asked.states.flatMap((state) => lastOf(timesOf(state)) ?? []),
    ...refused.found.map((each) => each.at),
  ]
  return {
    at,
    days30,
    days90,
    lastUse: lastUses(asked.states),
    complete: asked.complete && refused.complete,
    ...defined({ lastSeen: lastOf(seen) }),
  }
}

async function readRequests(agent: AgentId, since: NumericDate, { requests }: ReadingPorts) {
  const states: ApprovalRequest[] = []
  let after: string | undefined
  for (let page = 0; page < most.pages; page++) {
    const { items, next } = await requests.list({ agent, since }, { limit: most.requestsOfPage, ...defined({ after }) })
    states.push(...items.map(({ state }) => state))
    if (next === undefined) return { states, complete: true }
    after = next
  }
  return { states, complete: false }
}

type Refused = { at: NumericDate; count: number }

/**
 * The agent's own refused attempts; one entry stands for all attempts of a kind in an hour. Skips tools' questions
 * about the agent, which older versions wrote on its chain.
 */
async function readRefused(agent: AgentId, since: NumericDate, { ledger }: ReadingPorts) {
  const { sequence } = await ledger.head(agent)
  const first = Math.max(0, sequence - most.entries)
  const found: Refused[] = []
  let [after, oldest]: [number | undefined, NumericDate | undefined] = [first, undefined]
  while (after !== undefined) {
    const page = await ledger.page(agent, { after, limit: most.entriesOfPage })
    for (const { at, type, actor, facts } of page.entries) {
      const time = Date.parse(at) / 1000
      oldest ??= time
      const { count } = facts
      if (type === 'Refused' && actor.id === agent && time >= since)
        found.push({ at: time, count: typeof count === 'number' ? count : 1 })
    }
    after = page.next
  }
  return { found, complete: first === 0 || (oldest !== undefined && oldest < since) }
}

/** A step of the agent's own plan counts with the plan. */
const isOwnWork = ({ ask }: ApprovalRequest): boolean => ask.chain.every(({ id }) => id === ask.agent.id)

/**
 * Counts of the agent's own requests, and of extra calls, including those under requests that others delegated to it.
 */
function countsOf(
  states: readonly ApprovalRequest[],
  refused: readonly Refused[],
  since: NumericDate,
  zone: string,
): Counts {
  const counts = { ...noCounts }
  for (const state of states) {
    if (state.submittedAt < since) continue
    counts.extraCalls += state.calls?.extraCalls ?? 0
    if (!isOwnWork(state)) continue
    const isApproved = grantOf(state) !== undefined
    counts.asked += 1
    if (isApproved) counts.approved += 1
    if (state.status === 'denied') counts.denied += 1
    if (isApproved && state.tier === 0) counts.tierZero += 1
    if (rulesOf(state.ask).isOwn && isNight(state.submittedAt, zone)) counts.night += 1
  }
  for (const { at, count } of refused) if (at >= since) counts.refused += count
  return counts
}

/** The times at which the agent asked, claimed, used or completed. */
const timesOf = (state: ApprovalRequest): readonly NumericDate[] => [
  ...(rulesOf(state.ask).isOwn ? [state.submittedAt] : []),
  ...(lastUseOf(state) ?? []),
  ...(state.status === 'completed' ? [state.completedAt] : []),
]

const lastOf = (times: readonly NumericDate[]): NumericDate | undefined =>
  times.length === 0 ? undefined : Math.max(...times)

const lastUseOf = (state: ApprovalRequest): readonly NumericDate[] | undefined => {
  const grant = grantOf(state)
  const times = [...(grant?.uses ?? []).map(({ begunAt }) => begunAt), ...(grant?.claimedAt ? [grant.claimedAt] : [])]
  return times.length === 0 ? undefined : times
}

function lastUses(states: readonly ApprovalRequest[]): Activity['lastUse'] {
  const last: Activity['lastUse'] = {}
  for (const state of states) {
    const times = lastUseOf(state)
    const { action } = state.ask
    if (times) last[action] = Math.max(last[action] ?? 0, ...times)
  }
  return last
}
