import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CedarPolicy } from '../../../functions/adapters/cedar/cedar-policy.ts'
import { cedar } from '../../../functions/adapters/cedar/compile-cedar.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { PolicyCase, runCase } from '../../../functions/domain/policy/policy-case.ts'
import { policyReads } from '../../../policy-tools/cedar/policy-reads.ts'
import { pointsOfCases } from '../../../policy-tools/change/case-points.ts'
import { diffFiles } from '../../../policy-tools/change/diff-files.ts'
import { examplesOfFiles } from '../../../policy-tools/change/file-examples.ts'
import { sampleFolder } from '../sample.ts'
import { changed, files, type Row, sample } from './file-differences.ts'

const folder = join(sampleFolder, 'cases')
const cases = readdirSync(folder).flatMap((file): PolicyCase[] =>
  JSON.parse(readFileSync(join(folder, file), 'utf8')).cases.map((each: unknown) => PolicyCase.parse(each)),
)

/** With the schema that its catalogue makes. */
function sideOf({ schema: text, ...rest }: Bundle) {
  const schema = cedar.withActions(text, Object.values(rest.actions))
  const bundle = { ...rest, schema }
  const policy = new CedarPolicy(bundle)
  const reads = policyReads(bundle.policies)
  return { bundle, reads, ...pointsOfCases(bundle, cases), ask: policy.ask.bind(policy) }
}

const old = sideOf(sample)

function changesOf(change: Row[1]) {
  const side = sideOf(changed(change))
  return { side, changes: diffFiles(sample, side.bundle, { exampleOf: examplesOfFiles({ old, new: side }) }) }
}

/** Of which no case can tell. */
const without = new Set([
  'open_per_agent',
  'rate',
  'group',
  'group_source',
  'group_source_tiers',
  'group_source_break_glass',
  'issuer',
])

const rows = files.flatMap(([, all]) => all.filter(([, , { widened = [] }]) => widened.length > 0))

describe('what widens has an example that holds as a case of the new folder', () => {
  test.each(rows)('%s', (_rule, change) => {
    const { side, changes } = changesOf(change)
    const examples = changes.widened.flatMap(({ example }) => example ?? [])
    expect(changes.widened.filter((each) => !each.example && !without.has(each.kind))).toEqual([])
    for (const example of examples) expect(runCase(side.bundle, side.ask, PolicyCase.parse(example))).toBeUndefined()
  })
})
