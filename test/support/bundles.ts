import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { AskerId, PersonId } from '../../functions/domain/values.ts'
import { sampleBundle } from './world.ts'

export const withAgent = (id: AskerId, changes: object, bundle: Bundle = sampleBundle()): Bundle => ({
  ...bundle,
  agents: bundle.agents.map((each) => (each.id === id ? { ...each, ...changes } : each)),
})

export const withPerson = (id: PersonId, changes: object, bundle: Bundle = sampleBundle()): Bundle => ({
  ...bundle,
  directory: {
    ...bundle.directory,
    people: bundle.directory.people.map((each) => (each.id === id ? { ...each, ...changes } : each)),
  },
})

/** A bundle whose people and groups need no recertification, for a clock that goes on for a year. */
export const withoutDates = (bundle: Bundle = sampleBundle()): Bundle => {
  const { recertifyGroups: _, ...directory } = bundle.directory
  return {
    ...bundle,
    directory: { ...directory, people: directory.people.map(({ recertifyBy: _date, ...each }) => each) },
  }
}

/** A bundle with other members of some groups. */
export const withGroups = (groups: { [group: string]: PersonId[] }, bundle: Bundle = sampleBundle()): Bundle => ({
  ...bundle,
  directory: { ...bundle.directory, groups: { ...bundle.directory.groups, ...groups } },
})

/** A bundle with one more policy about an action. */
export const withPolicy = (action: string, id: string, text: string, bundle: Bundle = sampleBundle()): Bundle => ({
  ...bundle,
  policies: { ...bundle.policies, [action]: { ...bundle.policies[action], [id]: `@id("${id}") ${text}` } },
})

/** Forbids everything, as a policy that came since. */
export const frozen = (action: string, bundle: Bundle = sampleBundle()): Bundle =>
  withPolicy(action, 'freeze', 'forbid (principal, action, resource);', bundle)
