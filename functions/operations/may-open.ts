import { incidentLooks, type Profile, profileResource } from '../domain/break-glass.ts'
import { factsOfProfile } from '../domain/emergency.ts'
import type { PersonId, Seconds } from '../domain/values.ts'
import { askAboutEmergency, unopened } from './emergency-questions.ts'
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
 * What this person can be offered to open; undefined where nobody can open anything. Policy is asked without an incident,
 * which is not known yet, so where it permits none of the profiles that way all are offered: it is asked again.
 */
export function mayOpen(
  person: PersonId,
  { policy, clock }: Pick<DecidingPorts, 'policy' | 'clock'>,
): Openable | undefined {
  const { breakGlass: glass, actions } = policy.bundle
  if (!glass) return undefined
  const permitted = glass.profiles.filter((profile) => {
    const { name, rights } = profile
    const [facts] = factsOfProfile(policy.bundle, name)
    if (!facts) return false
    const breakGlass = { profile: name, rights, incident: '', drill: false }
    const opened = { id: unopened, action: facts.action, arguments: {}, resource: profileResource(name), breakGlass }
    return askAboutEmergency(policy, 'breakGlass', person, opened, 'request', clock.now()).permit
  })
  return {
    profiles: permitted.length === 0 ? glass.profiles : permitted,
    actions: Object.keys(actions).sort(),
    incidentLooks: incidentLooks(glass),
    window: glass.action.window,
  }
}
