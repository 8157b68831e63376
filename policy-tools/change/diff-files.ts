// Rules: test/policies/changes/diff-files.test.ts
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { defined, type JsonObject } from '../../functions/domain/values.ts'
import type { ProveFile } from '../proof/property.ts'
import { type Changes, changesOf, type Directed } from './change.ts'
import { comparable } from './comparable.ts'
import { type Difference, differencesOf } from './compare.ts'
import { resourcesApart } from './diff-resources.ts'
import { howJudged, isWhole } from './rules-of-files.ts'
import { subjectOf, textsOf } from './words-of-files.ts'

type Options = {
  /** True if both sides have a deployment file of their own. */
  deployment?: boolean
  /** The file of an action. */
  fileOf?: (action: string) => string | undefined
  prove?: ProveFiles
}
/** The `prove.json` of both folders. A bundle has none. */
export type ProveFiles = { old: ProveFile; new: ProveFile }

/**
 * Everything in two bundles that Cedar does not decide, as the difference of two JSON documents, each place once. Every
 * difference is listed; one without an order is `other`.
 */
export function diffFiles(
  old: Bundle,
  next: Bundle,
  { deployment = true, fileOf = () => undefined, prove }: Options = {},
): Changes {
  const resources = resourcesApart(old, next)
  const documents = [
    { ...comparable(old), ...defined({ resources: resources?.before, prove: prove?.old }) },
    { ...comparable(next), ...defined({ resources: resources?.after, prove: prove?.new }) },
  ] as const satisfies readonly JsonObject[]
  const found = differencesOf(...documents, isWhole).filter(({ path }) => deployment || path[0] !== 'deployment')
  const tell = (difference: Difference): readonly Directed[] => {
    const { path, lists } = difference
    const { kind, judge } = howJudged(path, lists !== undefined)
    const { file, ...subject } = subjectOf(path)
    const own = (subject.action && fileOf(subject.action)) ?? file
    const change = { kind, file: own, ...subject, ...textsOf(difference) }
    const order = judge(difference, [old, next])
    return order === 'both'
      ? [
          { direction: 'widened', change },
          { direction: 'narrowed', change },
        ]
      : [{ direction: order, change }]
  }
  return changesOf(
    found,
    ({ path }) => path,
    (alike) => alike.flatMap(tell),
  )
}
