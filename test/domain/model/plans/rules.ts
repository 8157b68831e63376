import type { Event } from '../../../../functions/domain/record/events.ts'
import { keptSteps } from '../../../../functions/domain/record/plan-step.ts'
import { type ApprovalRequest, grantOf } from '../../../../functions/domain/record/request.ts'
import { outcomeOfStep } from '../../../../functions/domain/requests/advance-plan.ts'
import { asOf } from '../../../../functions/domain/requests/due.ts'
import { submittedAt } from '../../../support/ask.ts'
import type { PlanStepTaken } from './search.ts'
import { advanceOf, endingOf, type PlanWorld, type Requests } from './world.ts'

/** A rule of plans; `broken` says how a step breaks it. It is asked about steps that add an event. */
export type PlanRule = { id: string; rule: string; broken: (step: PlanStepTaken) => string | undefined }

const has = ({ events }: PlanStepTaken, ...types: readonly Event['type'][]) =>
  events.find(({ type }) => types.includes(type))
const isOver = (state: ApprovalRequest | undefined, at: number) => {
  const status = state && asOf(state, at).status
  return status !== undefined && status !== 'pending' && status !== 'approved'
}
const stepsOf = ({ scenario }: PlanStepTaken) => (scenario.ask.steps ?? []).map((_, index) => index + 1)
const kept = (step: PlanStepTaken) => stepsOf(step).filter((n) => !step.sees.struck.includes(n))

export const planRules: readonly PlanRule[] = [
  {
    id: 'PLAN1',
    rule: 'one step is open at a time, and one request of a step at most is approved',
    broken: ({ sees, after, at }) => {
      const open = sees.opened.filter((n) => !(n in sees.ended))
      if (open.length > 1) return `steps ${open} are open`
      const live = after.slice(1).filter((state) => state && asOf(state, at).status === 'approved')
      return live.length > 1 ? `${live.length} requests are approved` : undefined
    },
  },
  {
    id: 'PLAN2',
    rule: 'steps open and end in their order, each once, without struck ones',
    broken: (step) => {
      const { seen } = step
      for (const event of step.events) {
        if (event.type !== 'StepOpened' && event.type !== 'StepEnded') continue
        const next = kept(step).find((n) => !(n in seen.ended))
        if (event.step !== next) return `\`${event.type}\` of step ${event.step}, while it is the turn of ${next}`
        if (event.type === 'StepOpened' && seen.opened.includes(event.step)) return `step ${event.step} opens again`
      }
      return undefined
    },
  },
  {
    id: 'PLAN3',
    rule: 'the request of a step is approved only after those before it have succeeded',
    broken: (step) => {
      if (step.to === 0 || !has(step, 'Approved')) return undefined
      const before = kept(step).filter((n) => n < step.to)
      const unfinished = before.find((n) => step.sees.ends[n] !== 'succeeded')
      return unfinished === undefined ? undefined : `step ${unfinished} ended as ${step.sees.ends[unfinished]}`
    },
  },
  {
    id: 'PLAN4',
    rule: 'nothing of a step begins after the end of its plan, a halt or the retirement of its agent',
    broken: (step) => {
      const { to, before, world, scenario } = step
      const begins = has(step, 'Approved', 'CredentialIntended', 'UseBegun', 'KeyBound', 'Delegated')
      if (to === 0 || !begins) return undefined
      const ending = endingOf(before, to, world)
      if (ending) return `\`${begins.type}\` of step ${to} after the end by ${ending.by}`
      const isGone = begins.type === 'Approved' && to === scenario.retires && world.retired
      return isGone ? `step ${to} begins without its agent` : undefined
    },
  },
  {
    id: 'PLAN5',
    rule: 'a struck step has no request, and only an approved plan makes requests',
    broken: (step) => {
      if (step.to === 0 || step.before[step.to] || !step.after[step.to]) return undefined
      if (step.seen.struck.includes(step.to)) return `step ${step.to} was struck out`
      const plan = step.before[0]
      return plan && asOf(plan, step.at).status === 'approved' ? undefined : 'the plan is not approved'
    },
  },
  {
    id: 'PLAN6',
    rule: 'the agent that asked for the plan has no credential of it, and delegates nothing',
    broken: (step) => {
      const event = has(step, 'CredentialIntended', 'CredentialIssued', 'UseBegun', 'Delegated', 'KeyBound')
      return step.to === 0 && event ? `\`${event.type}\` on the plan` : undefined
    },
  },
  {
    id: 'PLAN7',
    rule: 'a plan ends with its steps: with success after the last, with failure after any other end',
    broken: (step) => {
      const { sees, to, events } = step
      if (to !== 0) return undefined
      const ended = events.find((event) => event.type === 'StepEnded')
      const done = kept(step).every((n) => sees.ended[n] === 'succeeded')
      if (ended && ended.outcome !== 'succeeded' && sees.ends[0] !== 'failed')
        return `it goes on after ${ended.outcome}`
      if (ended && done && sees.ends[0] !== 'succeeded') return 'it goes on after its last step'
      return sees.ends[0] === 'succeeded' && !done ? 'it has succeeded before its steps' : undefined
    },
  },
  {
    id: 'PLAN8',
    rule: 'the outcome of a step is that on its own record',
    broken: (step) => {
      const ended = step.events.find((event) => event.type === 'StepEnded')
      if (!ended) return undefined
      const child = step.after[ended.step]
      const said = child && outcomeOfStep(asOf(child, step.at))
      return said?.outcome === ended.outcome && said.because === ended.because
        ? undefined
        : `it says ${ended.outcome}, and the request says ${said?.outcome ?? 'nothing of an end'}`
    },
  },
  {
    id: 'PLAN9',
    rule: 'a plan lives as long as all its steps may take, and no request of a step lives longer',
    broken: ({ after, events, to, at }) => {
      const approved = to === 0 && events.find((event) => event.type === 'Approved')
      const steps = keptSteps(after[0] as ApprovalRequest)
      const until = steps.reduce((sum, { claimWithin, lifetime }) => sum + claimWithin + lifetime, at)
      if (approved && (approved.claimBy !== until || approved.notAfter !== until)) return 'the plan has another end'
      const plan = after[0] && grantOf(after[0])
      if (!plan) return undefined
      const longer = after.slice(1).findIndex((state) => state && (grantOf(state)?.notAfter ?? 0) > plan.notAfter)
      return longer < 0 ? undefined : `step ${longer + 1} ends later`
    },
  },
  {
    id: 'PLAN10',
    rule: 'the progress in the plan is that in its ledger',
    broken: ({ after, sees }) => {
      const kept = (after[0]?.progress ?? []).map((each) => `${each?.openedAt !== undefined}${each?.ended?.outcome}`)
      const said = kept.map((_, index) => `${sees.opened.includes(index + 1)}${sees.ended[index + 1]}`)
      const most = Math.max(0, ...sees.opened, ...Object.keys(sees.ended).map(Number))
      return `${kept}` === `${said}` && kept.length >= most ? undefined : `${kept}, and the ledger says ${said}`
    },
  },
  {
    id: 'PLAN11',
    rule: 'the owner of an agent that does a step, or of the one that asked, decides nothing of the plan',
    broken: (step) => {
      const decided = step.events.find((event) => event.type === 'Decided')
      return decided?.actor.id === 'person:dora' ? 'an owner decided' : undefined
    },
  },
  {
    id: 'PLAN12',
    rule: 'after an advance that stopped at any write, the next one takes the plan to where its steps are',
    broken: unadvanced,
  },
]

/** Makes all writes of one more advance, until none is left. */
function unadvanced({ scenario, reducer, after, world, at }: PlanStepTaken): string | undefined {
  let requests: Requests = after
  const most = 4 * (scenario.ask.steps?.length ?? 0) + 2
  const alone: PlanWorld = { ...world, hand: undefined }
  for (let writes = 0; ; writes++) {
    const [next] = advanceOf(scenario, requests, alone)
    if (!next) break
    if (writes > most) return 'it never comes to rest'
    const state = requests[next.to]
    const made = reducer
      .decide(state, next.command, at)
      .events.reduce<ApprovalRequest | undefined>(reducer.evolve, state)
    requests = requests.map((each, n) => (n === next.to ? made : each))
    if (requests[next.to] === undefined) requests = [...requests.slice(0, next.to), made]
  }
  const plan = asOf(requests[0] as ApprovalRequest, submittedAt + alone.now)
  if (plan.status !== 'approved') return undefined
  const turn = keptSteps(plan).find(({ progress }) => !progress.ended)
  const child = turn && requests[turn.step]
  if (!turn || !child) return 'it rests without a step in turn'
  if (turn.progress.openedAt === undefined) return `it rests before step ${turn.step} is open`
  return isOver(child, at) ? `it rests though step ${turn.step} has ended` : undefined
}
