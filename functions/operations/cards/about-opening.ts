// Rules: test/operations/break-glass/notify.test.ts
import { openingRulesOf } from '../../domain/break-glass/break-glass.ts'
import { budgetsLeft } from '../../domain/break-glass/budget-left.ts'
import type { AboutOpening } from '../../domain/cards/opening-view.ts'
import { credentialsIssued } from '../../domain/credentials/issue.ts'
import { endedAt } from '../../domain/record/ended.ts'
import { openingOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { defined, type NumericDate, type PersonId } from '../../domain/values.ts'
import { mostTold, othersTold, reviewersOf, skippedBy } from '../break-glass/notify.ts'
import { openings } from '../break-glass/openings.ts'
import { faultName } from '../faults.ts'
import type { LedgerReader } from '../ledger/ports.ts'
import type { Account } from '../people/find-account.ts'
import type { Policy } from '../policy/ports.ts'
import type { Log } from '../ports.ts'
import type { RequestReader } from '../record/ports.ts'

export type Because = 'holder' | 'skipped' | 'told' | 'reviewer'
export type Listener = { person: PersonId; because: Because; mayReview: boolean }

export type AboutPorts = {
  requests: Pick<RequestReader, 'load' | 'recall'>
  ledger: Pick<LedgerReader, 'entries'>
  policy: Policy
  log: Log
  accountOf(person: PersonId, near?: string): Promise<Account | undefined>
}

/** The people to tell, each once, the most concerned first. */
export async function aboutOf(
  state: ApprovalRequest,
  now: NumericDate,
  ports: AboutPorts,
): Promise<{ listeners: readonly Listener[]; about: AboutOpening }> {
  const { policy } = ports
  const skipped = skippedBy(state, policy, now)
  const reviewers = state.review && !state.review.done ? reviewersOf(state, policy, now) : []
  const all = new Map<PersonId, Because>([[state.ask.owner, 'holder']])
  const add = (people: readonly PersonId[], because: Because) => {
    for (const person of people) if (!all.has(person)) all.set(person, because)
  }
  add(othersTold(state, policy), 'told')
  // Reviewers come first, since the limit cuts off the last.
  add(
    skipped.people.filter((person) => reviewers.includes(person)),
    'skipped',
  )
  add(reviewers, 'reviewer')
  add(skipped.people, 'skipped')
  const listeners = [...all]
    .slice(0, mostTold)
    .map(([person, because]) => ({ person, because, mayReview: reviewers.includes(person) }))
  const [told, left, credentials] = await Promise.all([
    reachable(
      listeners.map(({ person }) => person).filter((person) => skipped.people.includes(person)),
      ports,
    ),
    leftFor(state, now, ports),
    issuedFor(state, ports),
  ])
  const about: AboutOpening = {
    skipped: {
      count: skipped.people.length,
      atLeast: skipped.atLeast,
      told: told.length,
      untold: skipped.people.filter((person) => !told.includes(person)),
    },
    reviewers,
    ...defined({ left, credentials }),
  }
  return { listeners, about }
}

async function reachable(people: readonly PersonId[], { accountOf }: AboutPorts): Promise<readonly PersonId[]> {
  const accounts = await Promise.allSettled(people.map((person) => accountOf(person)))
  return people.filter((_, at) => {
    const account = accounts[at]
    return account?.status === 'fulfilled' && account.value !== undefined
  })
}

/** The minutes left in the smallest budget; a drill spends none. A fault here does not stop the card. */
async function leftFor(
  { status, ask }: ApprovalRequest,
  now: NumericDate,
  { requests, policy, log }: AboutPorts,
): Promise<number | undefined> {
  const opening = openingOf(ask)
  if (!openingRulesOf(policy.bundle) || status !== 'approved' || opening?.drill) return undefined
  try {
    const budgets = budgetsLeft(await openings(requests, now), policy.bundle, ask.owner, now).filter((each) => {
      if ('person' in each) return each.person === ask.owner
      if ('profile' in each) return `profile:${each.profile}` === opening?.budgetKey
      return each.action === ask.action && each.resource.id === ask.resource.id
    })
    return Math.min(...budgets.map(({ left }) => left))
  } catch (fault) {
    return unknown(fault, 'budget', ask.id, log)
  }
}

async function issuedFor(state: ApprovalRequest, { ledger, log }: AboutPorts) {
  if (endedAt(state) === undefined) return undefined
  try {
    return credentialsIssued(await ledger.entries(state.ask.id))
  } catch (fault) {
    return unknown(fault, 'record', state.ask.id, log)
  }
}

function unknown(fault: unknown, part: 'budget' | 'record', request: string, log: Log): undefined {
  log.warn('opening_not_read', { request, part, fault: faultName(fault) })
  return undefined
}
