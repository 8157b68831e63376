// Rules: test/http/measures-page.test.ts
import { rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, colleaguesFor, type StageState } from '../record/request.ts'
import type { NumericDate } from '../values.ts'

/** A decision this soon after its stage opened was hardly read. Seconds. */
const hardlyRead = 10

/** Measures of decisions in stages of one name. Times are seconds from the opening of the stage; absent without any. */
export type StageMeasures = {
  stage: string
  decisions: number
  /** The first time that an eligible person had the request's page in view, by its script. */
  firstLook?: Spread
  /** The first act there: a decision, a question to the agent, or a call for a colleague. */
  firstAct?: Spread
  decided?: Spread
  /** The number of decisions within ten seconds of a known opening. */
  within10: number
  timed: number
  /** The number of decisions without a known login strength or time: mostly clicks on a card. */
  onCard: number
  /** The number of decisions before the first look, or without any. */
  unopened: number
}

export type Spread = { median: number; p90: number }

/** The first looks at stages that have opened, by their keys. */
export type Looks = ReadonlyMap<string, NumericDate>

/** The one-time key of the first look at a stage. */
export const lookKey = ({ ask, round }: Pick<ApprovalRequest, 'ask' | 'round'>, stage: string): string =>
  `LOOK#${ask.id}#${round}#${stage}`

/** The keys of all opened stages, except inherited ones. */
export const lookKeys = (states: readonly ApprovalRequest[]): readonly string[] =>
  decidedThemselves(states).flatMap((state) =>
    state.stages.filter(({ opensAt }) => opensAt !== undefined).map(({ terms }) => lookKey(state, terms.name)),
  )

/** Leaves out inherited decisions, which were made on another request. */
const decidedThemselves = (states: readonly ApprovalRequest[]) => states.filter(({ ask }) => rulesOf(ask).isDecided)

/** Counts by stage, most decisions first. A stage that opened again after its decision gives no time. */
export function measureStages(states: readonly ApprovalRequest[], looks: Looks): readonly StageMeasures[] {
  const all = decidedThemselves(states).flatMap((state) =>
    state.stages.map((stage) => measured(state, stage, looks.get(lookKey(state, stage.terms.name)))),
  )
  const byName = Map.groupBy(all, ({ stage }) => stage)
  return [...byName]
    .map(([stage, each]): StageMeasures => {
      const times = each.flatMap((one) => one.times)
      const decided = spread(times)
      const firstAct = spread(each.flatMap(({ first }) => first ?? []))
      const firstLook = spread(each.flatMap(({ look }) => look))
      return {
        ...{ stage, decisions: sum(each.map((one) => one.decisions)), onCard: sum(each.map((one) => one.onCard)) },
        unopened: sum(each.map((one) => one.unopened)),
        ...{ within10: times.filter((time) => time < hardlyRead).length, timed: times.length },
        ...(firstLook ? { firstLook } : {}),
        ...(firstAct ? { firstAct } : {}),
        ...(decided ? { decided } : {}),
      }
    })
    .filter(({ decisions, firstAct, firstLook }) => decisions > 0 || (firstAct ?? firstLook) !== undefined)
    .toSorted((one, other) => other.decisions - one.decisions)
}

export const secondsSince = ({ opensAt }: Pick<StageState, 'opensAt'>, at: number): readonly number[] =>
  opensAt === undefined || at < opensAt ? [] : [at - opensAt]

function measured(state: ApprovalRequest, opened: StageState, looked: NumericDate | undefined) {
  const { decisions } = opened
  const stage = opened.terms.name
  const asked = (state.questions ?? []).filter((each) => each.stage === stage)
  const acts = [...decisions, ...asked, ...colleaguesFor(state, stage)].map(({ at }) => at)
  const since = (at: number) => secondsSince(opened, at)
  return {
    stage,
    decisions: decisions.length,
    first: since(Math.min(...acts, Number.POSITIVE_INFINITY)).filter(Number.isFinite)[0],
    look: looked === undefined ? [] : since(looked),
    unopened: decisions.filter(({ at }) => looked === undefined || at < looked).length,
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
