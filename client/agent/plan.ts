import { wrongUsage } from '../outcome.ts'
import type { Task } from './ask.ts'
import { pendingOf, waitForPeople } from './held.ts'
import type { McpTool } from './mcp-tool.ts'
import type { Begun } from './permit.ts'
import {
  type Denied,
  type Expired,
  endOfWait,
  type Pending,
  type PermitCall,
  type Refused,
  type Revise,
  type RevisionHow,
} from './permit-call.ts'
import { messagesIn } from './words.ts'

/** A step of a plan: an agent and its action. The resource may be left out: Hotwork derives it. */
export type PlanStep = {
  agent: string
  action: string
  arguments: { readonly [name: string]: unknown }
  resource?: { readonly type: string; readonly id: string }
  mcp?: McpTool
}

export type PlanCall = Omit<PermitCall, 'action' | 'arguments'> & {
  /** In the order of execution, each by its own agent: at most 20. */
  steps: readonly PlanStep[]
}

/** The state of a step: `waiting` for its turn, `open`, or its outcome. */
export type StepOutcome = {
  readonly step: number
  /** The step's own request: its agent takes it with `hotwork.step(request)`. */
  readonly request: string
  readonly agent: string
  readonly status: string
}

export type PlanEnd = {
  /** `open`: the wait ended, and the plan has not. */
  readonly outcome: 'succeeded' | 'failed' | 'revoked' | 'expired' | 'open'
  readonly request: string
  readonly steps: readonly StepOutcome[]
}

/** The outcome of asking for a plan. */
export type Plan = ApprovedPlan | Denied | RevisedPlan | Expired | PendingPlan | Refused

export type PendingPlan = Omit<Pending, 'resume'> & {
  /** Continues to wait. */
  resume(how?: Pick<PermitCall, 'wait' | 'signal'>): Promise<Plan>
}

/** An approver wants another plan: ask again as a whole. */
export type RevisedPlan = Omit<Revise, 'suggested' | 'ask'> & {
  /** The steps with the arguments that the approver suggests. */
  readonly suggested?: readonly PlanStep[]
  /** Asks for these steps, as the revision of this plan. It inherits no approval. */
  ask(steps: readonly PlanStep[], how?: RevisionHow): Promise<Plan>
}

/** An approved plan. The agent that proposed it does none of its steps: each step's agent takes its own. */
export class ApprovedPlan {
  readonly outcome = 'approved'
  readonly request: string
  /** The steps at the time of the read. */
  readonly steps: readonly StepOutcome[]
  /** An approver struck out or narrowed a step: look at `steps`, and at the plan's page. */
  readonly narrowed: boolean
  readonly #held: Begun['held']

  /** @internal */
  constructor({ task, hotwork }: Task, held: Begun['held']) {
    this.request = task.id
    this.steps = hotwork.steps ?? []
    this.narrowed = hotwork.round > 1
    this.#held = held
  }

  /** Waits until the last step has succeeded, or any step has ended otherwise. */
  async finished({ wait, signal }: Pick<PermitCall, 'wait' | 'signal'> = {}): Promise<PlanEnd> {
    const until = endOfWait(wait).getTime()
    const api = this.#held.api.within(signal)
    for (;;) {
      const task = await api.readTask(this.request)
      const end = endOf(task)
      if (end.outcome !== 'open') this.#held.forget(end.outcome)
      const left = until - Date.now()
      if (end.outcome !== 'open' || left <= 0) return end
      await this.#held.pause(Math.min(pauseBetween, left), signal)
    }
  }

  /** Ends the plan: unfinished steps are never done. */
  async giveUp(note?: string): Promise<void> {
    await this.#held.reporting.complete(this.request, 'failed', note)
    this.#held.forget('failed')
  }
}

/** The pause between two reads. A step takes minutes, so shorter pauses gain nothing. Milliseconds. */
const pauseBetween = 3_000

function endOf({ task, hotwork }: Task): PlanEnd {
  const { grant, steps = [] } = hotwork
  const about = { request: task.id, steps }
  if (!grant || grant.status === 'live') return { outcome: 'open', ...about }
  if (grant.status !== 'completed') return { outcome: grant.status === 'expired' ? 'expired' : 'revoked', ...about }
  const isDone = steps.every(({ status }) => status === 'succeeded' || status === 'struck')
  return { outcome: isDone ? 'succeeded' : 'failed', ...about }
}

/** @internal The decision of people, policy or time on a plan. */
export async function followPlan(
  { task, held }: Begun,
  until: Date,
  revise: (task: Task) => RevisedPlan,
): Promise<Plan> {
  const { id } = task.task
  const settled = await waitForPeople(task, held, until)
  const { status } = settled.task
  if (status === 'approved') return new ApprovedPlan(settled, held)
  if (status === 'pending') {
    const resume: PendingPlan['resume'] = ({ wait, signal } = {}) =>
      followPlan(
        { task: settled, arguments: {}, held: { ...held, api: held.api.within(signal) } },
        endOfWait(wait),
        revise,
      )
    return { ...pendingOf(settled, held), resume }
  }
  const isRevised = settled.hotwork.outcome === 'revise'
  held.forget(isRevised ? 'revise' : status === 'cancelled' ? 'withdrawn' : status)
  if (isRevised) return revise(settled)
  if (status === 'denied') return { outcome: status, request: id, messages: messagesIn(settled) }
  if (status === 'expired') return { outcome: status, request: id }
  return { outcome: 'refused', request: id, reason: 'withdrawn', detail: 'the agent withdrew the request' }
}

/** @internal A plan as a call of the action `plan`. @throws Refusal that names the step */
export function planAsCall({ steps, ...call }: PlanCall): PermitCall {
  if (!Array.isArray(steps) || steps.length === 0)
    throw wrongUsage('`steps` is empty', 'a plan has steps: `{ agent, action, arguments }`, in their order')
  for (const [index, step] of steps.entries())
    for (const name of ['agent', 'action', 'arguments'] as const)
      if (typeof step?.[name] !== (name === 'arguments' ? 'object' : 'string') || !step[name])
        throw wrongUsage(`step ${index + 1}: \`${name}\` is missing`, 'a step has `agent`, `action` and `arguments`')
  return { ...call, action: 'plan', arguments: { steps } }
}
