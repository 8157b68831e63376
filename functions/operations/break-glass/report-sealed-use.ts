// Rules: test/operations/break-glass/sealed-use.test.ts
import { reviewWithin, usesOfOpening } from '../../domain/break-glass/break-glass.ts'
import { reasonDigest } from '../../domain/break-glass/open.ts'
import { anywhere, sealedAction } from '../../domain/break-glass/rights.ts'
import type { SealedUse } from '../../domain/break-glass/sealed-role.ts'
import { longestSealedSession, sealedPersonOf, sealedRole } from '../../domain/break-glass/sealed-role.ts'
import type { BudgetEntry, Opening } from '../../domain/record/opening.ts'
import { decide } from '../../domain/requests/decide.ts'
import { withDigests } from '../../domain/requests/narrow.ts'
import { ok, type PersonId, RequestId, type Result, refuse } from '../../domain/values.ts'
import { commitNew } from '../record/carry-out.ts'
import type { MakingPorts, Stored } from '../record/ports.ts'
import { runAggregate } from '../record/run-aggregate.ts'
import { budgetsOf, keepBudget, written } from './budget.ts'

type Ports = Pick<MakingPorts, 'requests' | 'policy' | 'clock' | 'ids' | 'salts' | 'log'>

const attempts = 8

const unsaid = 'no reason was given: the sealed role was used outside Hotwork'

/**
 * Records a use of a sealed role as an opening whose review is due. The use has already happened, so only an unknown
 * person is refused. A repeat changes nothing.
 */
export async function reportSealedUse(
  use: SealedUse,
  ports: Ports,
): Promise<Result<{ stored: Stored; created: boolean }, 'unknown_target'>> {
  const { policy, requests, clock, log } = ports
  const person = sealedPersonOf(policy.bundle, use)
  if (person === undefined) return refuse('unknown_target')
  const key = `SEALED#${use.eventId}`
  const until = use.at + Math.min(use.seconds, longestSealedSession)
  return runAggregate(use.eventId, attempts, async () => {
    const before = await requests.recall(key)
    const known = before === undefined ? undefined : await requests.load(RequestId.parse(before))
    if (known) return ok({ stored: known, created: false })
    const now = clock.now()
    const ask = askOf(use, person, ports)
    const budgets = await budgetsOf(person, ask.breakGlass, ports)
    const { events } = decide(undefined, { type: 'report_sealed_use', ask, until, bundle: policy.bundle.hash }, now)
    const entry: BudgetEntry = {
      id: ask.id,
      at: use.at,
      until,
      review: now + reviewWithin,
      reason: reasonDigest(`${unsaid} ${use.eventId}`),
    }
    const { stored, result } = await commitNew(events, ports, {
      // Remembered as long as a budget, since AWS may report a use again much later.
      once: [{ key, value: ask.id, expiresAt: now + keepBudget }, ...budgets.map((each) => written(each, entry, now))],
    })
    if (result.outcome === 'committed') {
      log.error('sealed_role_used', { request: ask.id, by: person, role: use.role })
      return ok({ stored, created: true })
    }
    return undefined
  })
}

function askOf({ eventId, user, role, seconds }: SealedUse, person: PersonId, { ids }: Pick<Ports, 'ids'>) {
  const incident = `cloudtrail:${eventId}`
  const window = Math.min(seconds, longestSealedSession)
  const ask = withDigests({
    id: ids.opening(),
    // AWS's own login identified this person, with a second factor.
    agent: { id: person, issuer: 'aws:iam', subject: user },
    owner: person,
    chain: [],
    ancestors: [],
    action: sealedAction,
    arguments: {},
    resource: { type: 'hotwork:sealed-role', id: role },
    environment: anywhere,
    classification: anywhere,
    purpose: 'break-glass',
    parentTask: { id: incident },
    credential: 'sts',
    uses: usesOfOpening,
    claimWithin: window,
    lifetime: window,
    unpinned: ['everything in the catalogue of that account, with any arguments, as often as wanted until it ends'],
    recent: 0,
  })
  const breakGlass: Opening = {
    profile: sealedRole,
    rights: [{ action: sealedAction, resources: [role] }],
    reason: unsaid,
    incident,
    window,
    coolDown: window,
    budgetKey: `sealed:${role}`,
    drill: false,
    sealed: true,
  }
  return { ...ask, breakGlass }
}
