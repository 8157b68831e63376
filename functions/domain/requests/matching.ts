/** `quorum` places, each to be taken by another of `people`. */
type Places = { readonly quorum: number; readonly people: Iterable<string> }

/**
 * Can every place be taken when no person takes two? Two stages that count the same person cannot both have them.
 * Kuhn's bipartite matching.
 */
export function canFill(stages: readonly Places[]): boolean {
  const [only] = stages
  if (only && stages.length === 1) return new Set(only.people).size >= only.quorum
  const choices = stages.flatMap(({ quorum, people }) => Array.from({ length: quorum }, () => [...new Set(people)]))
  const placeOf = new Map<string, number>()

  const seat = (place: number, tried: Set<string>): boolean => {
    for (const person of choices[place] ?? []) {
      if (tried.has(person)) continue
      tried.add(person)
      const taken = placeOf.get(person)
      if (taken === undefined || seat(taken, tried)) {
        placeOf.set(person, place)
        return true
      }
    }
    return false
  }
  return choices.every((_, place) => seat(place, new Set()))
}
