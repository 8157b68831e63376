// Rules: test/operations/break-glass/break-glass.test.ts
import { factsOfAction, factsOfProfile, factsOfSealed, type OpenedFacts } from '../break-glass/rights.ts'
import { groupsBySource, type Readings } from '../people/group-source.ts'
import { groupsOf } from '../people/organisation.ts'
import { findActionFacts } from '../policy/assess.ts'
import { personOf } from '../policy/bundle.ts'
import { askAll } from '../policy/observed.ts'
import { type Answer, type Moment, openingActs, type PolicyAnswers } from '../policy/question.ts'
import type { Opening } from '../record/opening.ts'
import type { Ask } from '../record/request.ts'
import { type NumericDate, type PersonId, RequestId } from '../values.ts'

type AskedOpening = Pick<Ask, 'id' | 'action' | 'arguments' | 'resource'> & {
  breakGlass?: Pick<Opening, 'profile' | 'rights' | 'incident' | 'drill' | 'sealed'> | undefined
}

export const unopened = RequestId.parse(`bgl_${'0'.repeat(26)}`)

/**
 * Whether this person may use break-glass for all rights of the opening, by the present facts. One denial denies all.
 */
export function askAboutOpening(
  policy: PolicyAnswers,
  action: (typeof openingActs)[number],
  person: PersonId,
  opened: AskedOpening,
  moment: Moment,
  now: NumericDate,
  readings?: Readings,
): Answer {
  const { bundle } = policy
  const known = personOf(bundle, person)
  if (known?.status !== 'active') return { permit: false, policies: [] }
  const { breakGlass } = opened
  const facts = factsOfOpening(policy, opened)
  if (!breakGlass || facts.length === 0) return { permit: false, policies: [], detail: 'the facts are gone' }
  // Hotwork issues nothing for a use of a sealed role, even if policy permits.
  if (breakGlass.sealed && action !== 'review')
    return { permit: false, policies: [], detail: 'the sealed role is used outside Hotwork' }
  // Tools ignore drills.
  if (breakGlass.drill && moment === 'use') return { permit: false, policies: [], detail: 'this is a drill' }
  const bySource = groupsBySource(bundle.directory, person, { action }, { readings }, now)
  const groups = groupsOf(bundle.directory, person, bySource)
  const asked = { kind: 'person', action, person: { id: person, groups }, now } as const
  const own = { id: opened.id, incident: breakGlass.incident, moment, drill: breakGlass.drill }
  return askAll(
    policy,
    facts.map((each) => ({ ...asked, opening: { ...each, ...own } })),
  )
}

/** Whether a person may vouch: they must be able to open the same, or to review it. */
export const askAboutVoucher = (
  policy: PolicyAnswers,
  person: PersonId,
  { facts, ...opened }: Pick<Opening, 'profile' | 'rights'> & { facts: Omit<AskedOpening, 'id' | 'breakGlass'> },
  now: NumericDate,
): readonly Answer[] =>
  openingActs.map((act) => {
    const about = { ...facts, id: unopened, breakGlass: { ...opened, incident: 'vouching', drill: false } }
    return askAboutOpening(policy, act, person, about, 'request', now)
  })

/** The facts for policy, one for each right. A profile opens only rights that it had at the opening and still has. */
export function factsOfOpening(
  { bundle }: PolicyAnswers,
  { action, arguments: args, resource, breakGlass }: AskedOpening,
): readonly OpenedFacts[] {
  if (breakGlass?.sealed) return [factsOfSealed(resource)]
  if (breakGlass?.profile === undefined) {
    const found = findActionFacts(bundle, { action, arguments: args, resource })
    return found.ok ? [factsOfAction(found.value)] : []
  }
  const now = factsOfProfile(bundle, breakGlass.profile)
  const still = (right: string, pattern: string) =>
    now.some((each) => each.action === right && each.resource.id === pattern)
  const kept = breakGlass.rights.every((right) => right.resources.every((pattern) => still(right.action, pattern)))
  return kept ? now : []
}
