// Rules: test/handlers/people/read-requests.test.ts
import type { Group } from '../../domain/cards/wire/people.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import { letsOpen } from '../../domain/people/group-source.ts'
import { type Bundle, personOf } from '../../domain/policy/bundle.ts'
import { defined, type NumericDate, type PersonId } from '../../domain/values.ts'
import { type Source, sourceOf } from '../../group-sources/kinds.ts'
import type { GroupView } from '../../operations/people/list-groups.ts'
import { timeMember } from './authzen.ts'

/** A group as the API shows it to people (docs/api.md). */
export function groupView(view: GroupView, bundle: Bundle): Said<typeof Group> {
  const { name, people, sourced, members, readAt, holdsUntil, problem } = view
  const who = (person: PersonId, until?: NumericDate) => ({
    person,
    ...defined({ name: personOf(bundle, person)?.name, until: timeMember(until) }),
  })
  return {
    name,
    ...(sourced && {
      source: sourceView(sourceOf(sourced.source)),
      tiers: sourced.tiers,
      ...(letsOpen(sourced) && { break_glass: true }),
    }),
    people: people.map((person) => who(person)),
    ...(sourced && { members: members.map(({ person, until }) => who(person, until)) }),
    ...defined({ read_at: timeMember(readAt), until: timeMember(holdsUntil), problem }),
  }
}

const sourceView = ({ kind, config }: Source) => ({ [kind.name]: config })
