import type { Bundle } from '../policy/bundle.ts'
import { defined } from '../values.ts'
import type { Changes, Direction } from './change.ts'
import { comparable } from './comparable.ts'
import { type Difference, differencesOf } from './compare.ts'
import { diffResources } from './diff-resources.ts'
import { type ExampleOfFile, type Judged, unordered } from './judge.ts'
import { ruleFor } from './rules-of-files.ts'
import { kindOf, sayText, subjectOf, textsOf } from './words-of-files.ts'

/**
 * Everything of two bundles that Cedar does not decide, each difference once. What cannot be ordered is `other`, and
 * nothing is silent.
 *
 * @param deployment whether both sides have one of their own
 */
export function diffFiles(
  old: Bundle,
  next: Bundle,
  { deployment = true, exampleOf = () => undefined }: { deployment?: boolean; exampleOf?: ExampleOfFile } = {},
): Changes {
  const found = differencesOf(comparable(old), comparable(next))
    .filter(({ path }) => deployment || path[0] !== 'deployment')
    .flatMap((difference) => changesOf(difference, (name) => [old, next].some((bundle) => names(bundle, name))))
  const all = [...found, ...diffResources(old, next)]
  const those = (wanted: Direction) =>
    all.flatMap((judged) =>
      judged.direction === wanted ? [{ ...judged.change, ...defined({ example: exampleOf(judged) }) }] : [],
    )
  return { widened: those('widened'), narrowed: those('narrowed'), other: those('other') }
}

/** Whether a policy names it, such as a freeze. */
const names = ({ policies }: Bundle, name: string): boolean =>
  Object.values(policies).some((slice) => Object.values(slice).some((text) => text.includes(`"${name}"`)))

function changesOf(difference: Difference, isNamed: (name: string) => boolean): readonly Judged[] {
  const { path, from, to } = difference
  const { kind, judge } = ruleFor(path) ?? { kind: kindOf(difference), judge: unordered }
  const texts =
    path[0] === 'schema' ? { from: sayText(from, to), to: sayText(to, from) } : textsOf(difference, judge.say)
  const isIdle = path[1] === 'freezes' && !isNamed(path[2] ?? '')
  const order = isIdle ? 'other' : judge.order(difference)
  const directions = order === 'both' ? (['widened', 'narrowed'] as const) : [order]
  return directions.map((direction) => ({ direction, change: { kind, ...subjectOf(path), ...texts }, difference }))
}
