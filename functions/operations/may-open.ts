import { incidentLooks, type Profile } from '../domain/break-glass/break-glass.ts'
import { factsOfProfile, type OpenedFacts } from '../domain/break-glass/rights.ts'
import type { Bundle } from '../domain/policy/bundle.ts'
import type { PersonId, Seconds } from '../domain/values.ts'
import { couldOpen } from './emergency-questions.ts'
import type { DecidingPorts } from './ports.ts'

/** What a form offers to open: profiles, and single actions of the catalogue by name, with what those may be at most. */
export type Openable = {
  profiles: readonly Profile[]
  actions: readonly string[]
  /** What an incident looks like, in words that go on after "it". */
  incidentLooks: string
  window: Seconds
}

/**
 * What this person can be offered to open: nothing where policy refuses all of it, so that no person fills in a form in
 * vain. Undefined where the deployment has no emergencies. Policy is asked with the incident that the policies have as an
 * example. Without one a policy may rest on an incident that is not known yet: then all is offered, and asked again.
 */
export function mayOpen(
  person: PersonId,
  { policy, clock }: Pick<DecidingPorts, 'policy' | 'clock'>,
): Openable | undefined {
  const { bundle } = policy
  const { breakGlass: glass } = bundle
  if (!glass) return undefined
  const could = (facts: readonly OpenedFacts[]) =>
    couldOpen(policy, person, facts, glass.incidentExample ?? '', clock.now())
  const all = { profiles: glass.profiles, actions: Object.keys(bundle.actions).sort() }
  const permitted = {
    profiles: all.profiles.filter(({ name }) => could(factsOfProfile(bundle, name))),
    actions: all.actions.filter((name) => factsOfName(bundle, name).some((each) => could([each]))),
  }
  const none = permitted.profiles.length + permitted.actions.length === 0
  return {
    ...(none && glass.incidentExample === undefined ? all : permitted),
    incidentLooks: incidentLooks(glass),
    window: glass.action.window,
  }
}

/** What policy would be asked about a single action, on each kind of resource that it may be for. */
function factsOfName({ actions, resources }: Bundle, name: string): readonly OpenedFacts[] {
  const entry = actions[name]
  if (!entry) return []
  const own = resources.filter(({ type }) => type === entry.resource.type)
  return own.map((resource) => ({ action: name, group: entry.group, resource }))
}
