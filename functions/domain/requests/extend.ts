import type { Stage } from '../policy/ladder.ts'
import type { Submit } from '../record/commands.ts'
import { type Origin, originOf, rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, type ApprovedRequest, approvalsOf, isRunning } from '../record/request.ts'
import { defined, type NumericDate, type PersonId } from '../values.ts'
import { withDigests } from './narrow.ts'

/** The shortest grant with a warning. Seconds. */
const shortestWarned = 600
const latestWarning = 120

/**
 * The time from which people and agent are warned: the last fifth of a claimed grant, at least two minutes before its
 * end.
 */
export function warningAt(state: ApprovalRequest): NumericDate | undefined {
  if (state.status !== 'approved' || rulesOf(state.ask).asks !== 'act' || isRunning(state)) return undefined
  const { claimedAt, notAfter } = state.grant
  if (claimedAt === undefined || notAfter - claimedAt < shortestWarned) return undefined
  return notAfter - Math.max(latestWarning, Math.floor((notAfter - claimedAt) / 5))
}

export const endsSoon = (state: ApprovalRequest, now: NumericDate): boolean => now >= (warningAt(state) ?? now + 1)

const whyNever = {
  agent: undefined,
  person: undefined,
  draw: undefined,
  extension: 'it is an extension itself',
  delegation: 'it was delegated by another agent',
  step: 'it is a step of a plan',
  plan: 'it is a plan: each step has its own time',
  opening: 'an opening ends with its window',
  registry: 'it is a change of the registry',
} satisfies Record<Origin['kind'], string | undefined>

type NotExtended = { code: 'not_extendable' | 'extension_too_long'; detail: string }

/** The refusal of an extension, if any. It is checked before policy and people are asked. */
export function whyNotExtended(state: ApprovalRequest, seconds: number): NotExtended | undefined {
  const no = (detail: string): NotExtended => ({ code: 'not_extendable', detail })
  const { ask } = state
  if (state.status !== 'approved') return no(`it is ${state.status}`)
  const never = whyNever[originOf(ask).kind]
  if (never !== undefined) return no(never)
  if (ask.runsAs !== undefined) return no('a run goes on without its grant')
  if (state.grant.claimedAt === undefined) return no('it is not claimed yet')
  const most = Math.floor(ask.lifetime / 60)
  return seconds <= ask.lifetime
    ? undefined
    : { code: 'extension_too_long', detail: `\`minutes\` should be at most ${most}` }
}

const mostDirect = 32

/** The same request for this many seconds. The people who approved it decide too, and are notified directly. */
export function asExtension(submit: Submit, of: ApprovedRequest, seconds: number): Submit {
  const people = [...new Set(approvalsOf(of).map(({ person }) => person))]
  const { uses, lifetime } = submit.ask
  const terms = { uses: Math.min(uses, of.ask.uses), lifetime: Math.min(seconds, lifetime, of.ask.lifetime) }
  const bars = {
    suggestedBy: both(submit.ask.suggestedBy, of.ask.suggestedBy),
    barred: both(submit.ask.barred, of.ask.barred),
  }
  const ask = withDigests({ ...submit.ask, ...terms, ...defined(bars), extends: of.ask.id, approvedBefore: people })
  return { ...submit, ask, stages: submit.stages.map((stage) => toldTo(stage, people)) }
}

const both = (some: readonly PersonId[] = [], others: readonly PersonId[] = []): PersonId[] | undefined =>
  some.length + others.length === 0 ? undefined : [...new Set([...some, ...others])]

const toldTo = (stage: Stage, people: readonly PersonId[]): Stage => {
  const direct = [...new Set([...people, ...(stage.notify?.direct ?? [])])].slice(0, mostDirect)
  return { ...stage, notify: { direct, ...defined({ quiet: stage.notify?.quiet }) } }
}
