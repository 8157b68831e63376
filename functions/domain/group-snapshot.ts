import * as z from 'zod'
import { Alias } from './ladder.ts'
import { NumericDate, PersonId } from './values.ts'

/**
 * Who was in a Slack user group when Slack was asked last. Whoever may edit such a group may put themselves into it, so
 * it is worth little: it helps to decide requests of low tiers, and nothing else.
 */
export const GroupSnapshot = z.strictObject({
  /** By the directory's name of the group: the people of the directory among its members. */
  groups: z.record(Alias, z.array(PersonId)),
  at: NumericDate,
})
export type GroupSnapshot = z.infer<typeof GroupSnapshot>

/** The highest tier at which membership in a Slack user group counts. */
export const highestTierBySlack = 1
/** How old a snapshot may be. Seconds: longer than Slack is silent for a moment, shorter than anybody would forget. */
export const freshFor = 900

/** The groups that somebody is in by Slack, as far as that counts for a request of this tier now. */
export function groupsBySlack(
  snapshot: GroupSnapshot | undefined,
  person: PersonId,
  tier: number,
  now: NumericDate,
): readonly string[] {
  // Asked this way round, a time or a tier that is none counts for nothing.
  if (!snapshot || !(tier <= highestTierBySlack) || !(now - snapshot.at < freshFor)) return []
  return Object.keys(snapshot.groups).filter((group) => snapshot.groups[group]?.includes(person))
}
