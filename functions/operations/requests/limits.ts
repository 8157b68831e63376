// Rules: test/operations/requests/caps.test.ts, test/http/rate.test.ts
import { planAction } from '../../domain/policy/assess-plan.ts'
import { limitsOf } from '../../domain/policy/ladder.ts'
import type { LastAsked } from '../../domain/record/ask-terms.ts'
import { stepsOf } from '../../domain/record/plan-step.ts'
import type { Ask } from '../../domain/record/request.ts'
import { type AgentId, type NumericDate, ok, type RequestId, type Result, refuse } from '../../domain/values.ts'
import type { AskedLately, AskingPorts, RequestReader, Stored } from '../record/ports.ts'

/**
 * Runs both in parallel, since the gate passes most calls. If the gate throws, that is the result and `work` is
 * dropped. So `work` may read, and write only rows that no other act reads.
 */
export async function besideGate<T>(gate: Promise<unknown>, work: Promise<T>): Promise<T> {
  const [passed, done] = await Promise.allSettled([gate, work])
  if (passed.status === 'rejected') throw passed.reason
  if (done.status === 'rejected') throw done.reason
  return done.value
}

export const tryAgainAfter = 60

/**
 * Whether the request may wait for people. The index lags, so a few concurrent requests may exceed the cap, which only
 * spares people's time.
 */
export async function mayWait(
  { agent, owner }: Pick<Ask, 'agent' | 'owner'>,
  { policy: { bundle }, requests }: Pick<AskingPorts, 'policy' | 'requests'>,
): Promise<Result<true, 'too_many_open'>> {
  const { openPerAgent, openPerOwner } = limitsOf(bundle.ladder)
  // An agent whose owner changed counts for the new owner.
  const others = bundle.agents.filter((each) => each.owner === owner && each.id !== agent.id)
  const [own, ...counts] = await Promise.all([
    requests.countOpen(agent.id, openPerAgent),
    ...others.map(({ id }) => requests.countOpen(id, openPerOwner)),
  ])
  if (own >= openPerAgent) return refuse('too_many_open', `${openPerAgent} requests of yours wait for people already`)
  const all = counts.reduce((sum, count) => sum + count, own)
  return all < openPerOwner
    ? ok(true)
    : refuse('too_many_open', `${openPerOwner} requests of your owner's agents wait for people already`)
}

const recentWindow = 3600
/** The time span of an agent's record. Seconds. */
const recordWindow = 30 * 86_400
const recentLimit = 50
const recentPages = [60, 300]

/**
 * Counts an agent's recent requests for an action. It reads its requests for all actions, since ten of another action
 * could hide a burst. An agent with more than it reads counts as in a burst, since the count may only raise scrutiny.
 * Steps and delegated requests count for the agent that passed them on, since the agent that runs them cannot refuse
 * them; an agent's steps of its own plan count as its own.
 */
export class Lately {
  readonly #requests: Pick<RequestReader, 'askedLately' | 'loadMany'>
  readonly #read = new Map<string, Promise<AskedLately>>()
  readonly #plans = new Map<AgentId, Promise<readonly Stored[] | undefined>>()

  constructor(requests: Pick<RequestReader, 'askedLately' | 'loadMany'>) {
    this.#requests = requests
  }

  /**
   * The agent's count, plus equal steps of all plans that `proposer` asked for lately: many small plans count like one
   * large plan.
   */
  async count(agent: AgentId, action: string, now: NumericDate, proposer: AgentId = agent): Promise<number> {
    const { count } = await this.#find(agent, action, now)
    if (count >= recentLimit) return count
    const plans = this.#plans.get(proposer) ?? this.#loadPlans(proposer, now)
    this.#plans.set(proposer, plans)
    const steps = (await plans)?.flatMap(({ state }) => stepsOf(state))
    const alike = steps?.filter((step) => step.agent === agent && step.action === action)
    return Math.min(count + (alike?.length ?? recentLimit), recentLimit)
  }

  /** The agent's last request for an action, among its 60 newest ones of thirty days, which are read for the count. */
  async last(agent: AgentId, action: string, now: NumericDate): Promise<LastAsked | undefined> {
    const [most = 0] = recentPages
    const { asked } = await this.#readUpTo(most, agent, now)
    const found = asked.find((each) => each.action === action && each.status !== undefined)
    return found?.status && { request: found.id, at: found.at, status: found.status }
  }

  async #loadPlans(proposer: AgentId, now: NumericDate): Promise<readonly Stored[] | undefined> {
    const { count, ids } = await this.#find(proposer, planAction, now)
    return count >= recentLimit ? undefined : this.#requests.loadMany(ids)
  }

  async #find(agent: AgentId, action: string, now: NumericDate): Promise<{ count: number; ids: readonly RequestId[] }> {
    for (const most of recentPages) {
      const { asked, isAll } = await this.#readUpTo(most, agent, now)
      const lately = asked.filter(({ at }) => at > now - recentWindow)
      const ids = lately.filter((each) => each.action === action).map(({ id }) => id)
      if (isAll || lately.length < asked.length || ids.length >= recentLimit)
        return { count: Math.min(ids.length, recentLimit), ids }
    }
    return { count: recentLimit, ids: [] }
  }

  /** Read once per agent, even for concurrent counts. */
  #readUpTo(most: number, agent: AgentId, now: NumericDate): Promise<AskedLately> {
    const key = `${most} ${agent}`
    const read = this.#read.get(key) ?? this.#requests.askedLately(agent, now - recordWindow, most)
    this.#read.set(key, read)
    return read
  }
}
