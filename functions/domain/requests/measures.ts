import { type ApprovalRequest, type Decision, openStage, type StageState, type Verdict } from './request.ts'

/** What a change says of how people decide. It names stages and never people. */
export type Measure =
  | { of: 'decision'; stage: string; verdict: Verdict; seconds: number }
  /** One wait of a stage for its people came to an end: by them, or by its deadline. */
  | { of: 'wait'; stage: string; silent: boolean }

/**
 * What one change of a request adds to the measures: how long each decision took since its stage opened, and whether a
 * wait ended in silence. Both sides are records, so the same change measures the same, whoever looks and when.
 */
export function measuresOf(before: ApprovalRequest, after: ApprovalRequest): readonly Measure[] {
  return [...decisionsOf(before, after), ...waitsOf(before, after)]
}

function decisionsOf(before: ApprovalRequest, after: ApprovalRequest): Measure[] {
  const known = new Set(before.stages.flatMap(({ decisions }) => decisions.map(keyOf)))
  return after.stages.flatMap(({ terms, decisions, opensAt }) =>
    decisions
      .filter((decision) => !known.has(keyOf(decision)))
      .map(({ verdict, at }) => {
        // A narrowing opens its stage anew in the very act that decides it: what took time was the stage as it was before.
        const opened = before.stages.find((stage) => stage.terms.name === terms.name)?.opensAt ?? opensAt ?? at
        return { of: 'decision', stage: terms.name, verdict, seconds: Math.max(0, at - opened) }
      }),
  )
}

const keyOf = ({ person, verdict, at }: Decision) => `${person} ${verdict} ${at}`

/** Withdrawn or narrowed, a wait says nothing of its people. */
function waitsOf(before: ApprovalRequest, after: ApprovalRequest): Measure[] {
  const open = before.status === 'pending' ? openStage(before) : undefined
  if (!open || after.round !== before.round || after.status === 'withdrawn') return []
  const now = after.stages.find(({ terms }) => terms.name === open.terms.name)
  if (!now) return []
  const escalated = now.escalatedAt !== open.escalatedAt
  const ended = after.status !== 'pending' || openStage(after)?.terms.name !== open.terms.name
  return [
    ...(escalated ? [waitOf(open, true)] : []),
    ...(ended ? [waitOf(open, after.status === 'expired' && !('grant' in after && after.grant))] : []),
  ]
}

const waitOf = ({ terms }: StageState, silent: boolean): Measure => ({ of: 'wait', stage: terms.name, silent })
