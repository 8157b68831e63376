// Rules: test/http/measures-page.test.ts
import { rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, colleaguesFor, type StageState } from '../record/request.ts'

/** A decision this soon after its stage opened was hardly read. Seconds. */
const hardlyRead = 10

/** How people decide in stages of one name. Times in seconds from the opening of the stage; absent without any. */
export type StageMeasures = {
  stage: string
  decisions: number
  /** The first thing that people did there: a decision, a question to the agent, or a call for a colleague. */
  firstAct?: Spread
  decided?: Spread
  /** The number of decisions within ten seconds of the opening of the stage, among those of a known opening. */
  within10: number
  timed: number
  /**
   * The number of decisions without a login of known strength or time: clicks on a card, and all others of a provider that
   * says neither. The record does not say whether the page was opened before.
   */
  onCard: number
}

export type Spread = { median: number; p90: number }

/** Counts by stage, most decisions first. A stage that opened again after its decision gives no time. */
export function measureStages(states: readonly ApprovalRequest[]): readonly StageMeasures[] {
  // Decisions that a request inherits were made on another.
  const own = states.filter(({ ask }) => rulesOf(ask).isDecided)
  const all = own.flatMap((state) => state.stages.map((stage) => measured(state, stage)))
  const byName = Map.groupBy(all, ({ stage }) => stage)
  return [...byName]
    .map(([stage, each]): StageMeasures => {
      const times = each.flatMap((one) => one.times)
      const decided = spread(times)
      const firstAct = spread(each.flatMap(({ first }) => first ?? []))
      return {
        ...{ stage, decisions: sum(each.map((one) => one.decisions)), onCard: sum(each.map((one) => one.onCard)) },
        ...{ within10: times.filter((time) => time < hardlyRead).length, timed: times.length },
        ...(firstAct ? { firstAct } : {}),
        ...(decided ? { decided } : {}),
      }
    })
    .filter(({ decisions, firstAct }) => decisions > 0 || firstAct !== undefined)
    .toSorted((one, other) => other.decisions - one.decisions)
}

function measured(state: ApprovalRequest, { terms: { name: stage }, decisions, opensAt }: StageState) {
  const asked = (state.questions ?? []).filter((each) => each.stage === stage)
  const acts = [...decisions, ...asked, ...colleaguesFor(state, stage)].map(({ at }) => at)
  const since = (at: number) => (opensAt === undefined || at < opensAt ? [] : [at - opensAt])
  return {
    stage,
    decisions: decisions.length,
    first: since(Math.min(...acts, Number.POSITIVE_INFINITY)).filter(Number.isFinite)[0],
    times: decisions.flatMap(({ at }) => since(at)),
    // A click carries no login; pages and the API do, if the provider says its strength or time.
    onCard: decisions.filter(({ login }) => login === undefined).length,
  }
}

function spread(times: readonly number[]): Spread | undefined {
  if (times.length === 0) return undefined
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
  return { median: at(0.5), p90: at(0.9) }
}

const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0)
