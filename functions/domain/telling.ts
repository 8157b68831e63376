import type { BreakGlassPolicy, Emergency } from './break-glass.ts'
import type { Bundle } from './bundle.ts'
import type { Directory } from './organisation.ts'
import { PersonId } from './values.ts'

type Tell = BreakGlassPolicy['action']['tell']

/**
 * Where an opening is announced, and to whom by name, as the folder says now: as the profile does whose minutes it uses,
 * and where none covers it as single actions do. Undefined where the folder says nothing of emergencies any more.
 */
export const tellOf = (
  { breakGlass }: Pick<Bundle, 'breakGlass'>,
  { budgetKey }: Pick<Emergency, 'budgetKey'>,
): Tell | undefined =>
  (breakGlass?.profiles.find(({ name }) => `profile:${name}` === budgetKey) ?? breakGlass?.action)?.tell

/** The people whom it names, and those of the groups that it names, each once. */
export const namedIn = ({ people = [] }: Tell, { groups }: Pick<Directory, 'groups'>): readonly PersonId[] => [
  ...new Set(
    people.flatMap((name) => {
      const person = PersonId.safeParse(name)
      return person.success ? [person.data] : (groups[name] ?? [])
    }),
  ),
]
