import type { Opening } from '../../domain/break-glass/break-glass.ts'
import { factsOfAction, factsOfProfile, factsOfSealed, type OpenedFacts } from '../../domain/break-glass/rights.ts'
import { groupsOf } from '../../domain/people/organisation.ts'
import { findActionFacts } from '../../domain/policy/assess.ts'
import { personOf } from '../../domain/policy/bundle.ts'
import type { Answer, Moment, PersonAction } from '../../domain/policy/question.ts'
import type { Ask } from '../../domain/requests/request.ts'
import { type NumericDate, type PersonId, RequestId } from '../../domain/values.ts'
import type { Policy } from '../policy/ports.ts'

type Opened = Pick<Ask, 'id' | 'action' | 'arguments' | 'resource'> & {
  breakGlass?: Pick<Opening, 'profile' | 'rights' | 'incident' | 'drill' | 'sealed'> | undefined
}

/** The id of what is only asked about: nobody has opened it. */
export const unopened = RequestId.parse(`bgl_${'0'.repeat(26)}`)

/**
 * The one question about an emergency: whether this person may break the glass for all that is opened, as the facts are
 * now. One no is a no.
 */
export function askAboutOpening(
  policy: Policy,
  action: Extract<PersonAction, 'breakGlass' | 'review'>,
  person: PersonId,
  opened: Opened,
  moment: Moment,
  now: NumericDate,
): Answer {
  const { bundle } = policy
  const known = personOf(bundle, person)
  if (known?.status !== 'active') return { permit: false, policies: [] }
  const { breakGlass } = opened
  const facts = factsOf(policy, opened)
  if (!breakGlass || facts.length === 0) return { permit: false, policies: [], detail: 'the facts are gone' }
  // Hotwork gives nothing for what was opened outside it, whatever policy says.
  if (breakGlass.sealed && action !== 'review')
    return { permit: false, policies: [], detail: 'the sealed role is used outside Hotwork' }
  // A drill goes the whole way, and does nothing at its end: no tool acts on it.
  if (breakGlass.drill && moment === 'use') return { permit: false, policies: [], detail: 'this is a drill' }
  const answers = facts.map((each) =>
    policy.ask({
      kind: 'person',
      action,
      person: { id: person, groups: groupsOf(bundle.directory, person) },
      emergency: { ...each, id: opened.id, incident: breakGlass.incident, moment, drill: breakGlass.drill },
      now,
    }),
  )
  const no = answers.find(({ permit }) => !permit)
  return no ?? { permit: true, policies: [...new Set(answers.flatMap(({ policies }) => policies))] }
}

/** Whether policy could let this person open all of these, in earnest or as a drill, for such an incident. */
export function couldOpen(
  policy: Policy,
  person: PersonId,
  facts: readonly OpenedFacts[],
  incident: string,
  now: NumericDate,
): boolean {
  const groups = groupsOf(policy.bundle.directory, person)
  const asked = { kind: 'person', action: 'breakGlass', person: { id: person, groups }, now } as const
  const permits = (each: OpenedFacts, drill: boolean) =>
    policy.ask({ ...asked, emergency: { ...each, id: unopened, incident, moment: 'request', drill } }).permit
  return facts.length > 0 && [false, true].some((drill) => facts.every((each) => permits(each, drill)))
}

/** What policy is asked about, one by one. What a profile opens is what it opened then, and still opens. */
export function factsOf(
  { bundle }: Policy,
  { action, arguments: args, resource, breakGlass }: Opened,
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
