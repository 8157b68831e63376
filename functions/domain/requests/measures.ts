import { type ApprovalRequest, type Decision, openStage, type StageState } from '../record/request.ts'
import type { Verdict } from '../values.ts'

/** A measure names stages and never people. */
type Measure =
  | { of: 'decision'; stage: string; verdict: Verdict; seconds: number }
  | { of: 'wait'; stage: string; silent: boolean }

/** The seconds from a stage's opening to each decision, and whether each ended or escalated wait was silent. */
export function measuresOf(before: ApprovalRequest, after: ApprovalRequest): readonly Measure[] {
  return [...decisionsOf(before, after), ...waitsOf(before, after)]
}

function decisionsOf(before: ApprovalRequest, after: ApprovalRequest): Measure[] {
  const known = new Set(before.stages.flatMap(({ decisions }) => decisions.map(keyOf)))
  return after.stages.flatMap(({ terms, decisions, opensAt }) =>
    decisions
      .filter((decision) => !known.has(keyOf(decision)))
      .map(({ verdict, at }) => {
        // A narrowing reopens its stage in the same act, so the time counts from the stage before.
        const opened = before.stages.find((stage) => stage.terms.name === terms.name)?.opensAt ?? opensAt ?? at
        return { of: 'decision', stage: terms.name, verdict, seconds: Math.max(0, at - opened) }
      }),
  )
}

const keyOf = ({ person, verdict, at }: Decision) => `${person} ${verdict} ${at}`

function waitsOf(before: ApprovalRequest, after: ApprovalRequest): Measure[] {
  const open = openStage(before)
  if (!open || after.round !== before.round || after.status === 'withdrawn') return []
  const now = after.stages.find(({ terms }) => terms.name === open.terms.name)
  if (!now) return []
  const escalated = now.escalatedAt !== open.escalatedAt
  const ended = openStage(after)?.terms.name !== open.terms.name
  return [
    ...(escalated ? [waitOf(open, true)] : []),
    ...(ended ? [waitOf(open, after.status === 'expired' && !('grant' in after && after.grant))] : []),
  ]
}

const waitOf = ({ terms }: StageState, silent: boolean): Measure => ({ of: 'wait', stage: terms.name, silent })
