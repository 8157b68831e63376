import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { defined } from '../../functions/domain/values.ts'
import type { ProveFile } from '../proof/property.ts'
import type { Change, Changes, Direction } from './change.ts'
import { comparable } from './comparable.ts'
import { type Difference, differencesOf } from './compare.ts'
import { diffResources } from './diff-resources.ts'
import { type ExampleOfFile, type Judged, unordered } from './judge.ts'
import { ruleFor } from './rules-of-files.ts'
import { kindOf, sayText, subjectOf, textsOf } from './words-of-files.ts'

type Options = {
  deployment?: boolean
  exampleOf?: ExampleOfFile
  fileOf?: (action: string) => string | undefined
  prove?: ProveFiles
}
/** What `prove.json` of both folders says. A bundle has none. */
export type ProveFiles = { old: ProveFile; new: ProveFile }

/**
 * Everything of two bundles that Cedar does not decide, each difference once. What cannot be ordered is `other`, and
 * nothing is silent.
 *
 * @param deployment whether both sides have one of their own
 * @param fileOf where an action stands
 */
export function diffFiles(
  old: Bundle,
  next: Bundle,
  { deployment = true, exampleOf = () => undefined, fileOf = () => undefined, prove }: Options = {},
): Changes {
  const sides = [
    { ...comparable(old), ...defined({ prove: prove?.old }) },
    { ...comparable(next), ...defined({ prove: prove?.new }) },
  ] as const
  const found = differencesOf(...sides)
    .filter(({ path }) => deployment || path[0] !== 'deployment')
    .flatMap((difference) => changesOf(difference, (name) => [old, next].some((bundle) => names(bundle, name))))
  const all = [...found, ...diffResources(old, next)]
  const told = ({ change, ...judged }: Judged): Change => ({
    ...change,
    file: (change.action && fileOf(change.action)) ?? change.file,
    ...defined({ example: exampleOf({ change, ...judged }) }),
  })
  const those = (wanted: Direction) => all.filter(({ direction }) => direction === wanted).map(told)
  return { widened: those('widened'), narrowed: those('narrowed'), other: those('other') }
}

/** Whether a policy names it, such as a freeze. */
const names = ({ policies }: Bundle, name: string): boolean =>
  Object.values(policies).some((slice) => Object.values(slice).some((text) => text.includes(`"${name}"`)))

function changesOf(difference: Difference, isNamed: (name: string) => boolean): readonly Judged[] {
  const { path, from, to } = difference
  const { kind, judge } = ruleFor(path) ?? { kind: kindOf(difference), judge: unordered }
  const texts = path[0] === 'schema' ? { from: sayText(from, to), to: sayText(to, from) } : textsOf(difference)
  const isIdle = path[1] === 'freezes' && !isNamed(path[2] ?? '')
  const order = isIdle ? 'other' : judge.order(difference)
  const directions = order === 'both' ? (['widened', 'narrowed'] as const) : [order]
  return directions.map((direction) => ({ direction, change: { kind, ...subjectOf(path), ...texts }, difference }))
}
