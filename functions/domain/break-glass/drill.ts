import { endedAt, openUntil } from '../record/ended.ts'
import { type ApprovalRequest, grantOf } from '../record/request.ts'
import type { NumericDate, PersonId } from '../values.ts'
import { reviewWithin, warnBefore } from './break-glass.ts'

/** The target time from the person's call to its record. Seconds. */
const openWithin = 5
/** The target time to tell people. Seconds. */
const tellWithin = 60

/** `waiting`: not done, and not late; `unknown`: not measured; `not_due`: nothing had to be done. */
export type Verdict = 'met' | 'missed' | 'waiting' | 'unknown' | 'not_due'

/** One step of a drill. Times are seconds since the opening. */
export type DrillStep = {
  step: 'open' | 'tell' | 'warn' | 'end' | 'review'
  verdict: Verdict
  within: number
  /** For `open`: since the call came in, with fractions. */
  took?: number
}

export type DrillReport = {
  steps: readonly DrillStep[]
  openedAt: NumericDate
  until: NumericDate
  told: { due: number; missing: readonly PersonId[]; inChannel: boolean; paged: boolean }
}

export type ToldOf = { to: PersonId | 'channel' | 'page_hook'; at?: NumericDate; notices: readonly string[] }

export type DrillFacts = {
  state: ApprovalRequest
  credentials: readonly { expiresAt: NumericDate }[]
  /** The time that the drill took to open. Milliseconds. */
  opened?: number
  posted: readonly ToldOf[]
  toTell: readonly PersonId[]
  now: NumericDate
}

export function drillReport(facts: DrillFacts): DrillReport {
  const { state, toTell, posted } = facts
  const heard = new Set(posted.map(({ to }) => to))
  return {
    steps: [openStep(facts), tellStep(facts), warnStep(facts), endStep(facts), reviewStep(facts)],
    openedAt: state.submittedAt,
    until: openUntil(state),
    told: {
      due: toTell.length,
      missing: toTell.filter((person) => !heard.has(person)),
      inChannel: heard.has('channel'),
      paged: heard.has('page_hook'),
    },
  }
}

const openStep = ({ opened }: DrillFacts): DrillStep => {
  const step = { step: 'open', within: openWithin } as const
  if (opened === undefined) return { ...step, verdict: 'unknown' }
  const took = opened / 1000
  return { ...step, took, verdict: took <= openWithin ? 'met' : 'missed' }
}

function tellStep({ state, posted, toTell, now }: DrillFacts): DrillStep {
  const step = { step: 'tell', within: tellWithin } as const
  const all = (['channel', 'page_hook', ...toTell] as const).map((who) => posted.find(({ to }) => to === who))
  if (all.some((found) => found === undefined))
    return { ...step, verdict: now - state.submittedAt <= tellWithin ? 'waiting' : 'missed' }
  const times = all.map((found) => found?.at)
  if (times.some((at) => at === undefined)) return { ...step, verdict: 'unknown' }
  const took = Math.max(0, Math.max(...times.map((at) => at ?? 0)) - state.submittedAt)
  return { ...step, took, verdict: took <= tellWithin ? 'met' : 'missed' }
}

/** The record of a warning has no time. */
function warnStep({ state, posted }: DrillFacts): DrillStep {
  const grant = grantOf(state)
  const end = endedAt(state)
  const at = (grant?.notAfter ?? 0) - warnBefore
  const step = { step: 'warn', within: Math.max(0, at - state.submittedAt) } as const
  if (!grant || at <= state.submittedAt || (end !== undefined && end <= at)) return { ...step, verdict: 'not_due' }
  if (posted.some(({ notices }) => notices.includes('ending'))) return { ...step, verdict: 'met' }
  return { ...step, verdict: end === undefined ? 'waiting' : 'missed' }
}

function endStep({ state, credentials, now }: DrillFacts): DrillStep {
  const until = openUntil(state)
  const step = { step: 'end', within: until - state.submittedAt } as const
  const end = endedAt(state)
  if (end === undefined) return { ...step, verdict: now < until ? 'waiting' : 'missed' }
  const outlived = credentials.some(({ expiresAt }) => expiresAt > until)
  return { ...step, took: end - state.submittedAt, verdict: end <= until && !outlived ? 'met' : 'missed' }
}

function reviewStep({ state: { review, submittedAt }, now }: DrillFacts): DrillStep {
  const step = { step: 'review', within: (review?.dueAt ?? submittedAt + reviewWithin) - submittedAt } as const
  if (!review?.done) return { ...step, verdict: now - submittedAt <= step.within ? 'waiting' : 'missed' }
  const took = review.done.at - submittedAt
  return { ...step, took, verdict: took <= step.within ? 'met' : 'missed' }
}
