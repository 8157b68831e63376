import { rmSync } from 'node:fs'
import { cedar } from '../../../functions/adapters/cedar/compile-cedar.ts'
import { openFolder } from '../../../functions/adapters/policy-folder/compile-folder.ts'
import { formatProblem } from '../../../functions/adapters/policy-folder/json-document.ts'
import { PolicyCase, runCase } from '../../../functions/domain/policy/policy-case.ts'
import { policyReads } from '../../../policy-tools/cedar/policy-reads.ts'
import type { Asker } from '../../../policy-tools/change/asking.ts'
import { pointsOfCases } from '../../../policy-tools/change/case-points.ts'
import type { Changes } from '../../../policy-tools/change/change.ts'
import { diffBundles } from '../../../policy-tools/change/diff.ts'
import { seeded } from '../../../policy-tools/change/random.ts'
import { cases } from '../../support/deep.ts'
import { Copy } from '../sample.ts'
import { rewrites } from './harmless-rewrites.ts'
import { kinds, type Weakening } from './weakenings.ts'

const seed = 15
const count = cases(kinds.length, 60)
/** The most examples run as cases. */
const shown = 3
/** The most questions for each action. */
const most = 80

/** One of each kind in turn, picked by the seed, none twice. */
function choose(): readonly Weakening[] {
  const random = seeded(seed)
  const left = kinds.map(({ ways }) => [...ways])
  const chosen: Weakening[] = []
  for (let at = 0; chosen.length < count; at++) {
    const ways = left[at % left.length] ?? []
    if (ways.length > 0) chosen.push(...ways.splice(Math.floor(random() * ways.length), 1))
  }
  return chosen
}

function open(copy: Copy): Asker {
  const opened = openFolder(copy.at('policies'), copy.at('deployment.json'), cedar)
  if (!opened.ok) throw new Error(opened.problems.map(formatProblem).join('\n'))
  const { bundle, index, folder } = opened
  const cases = folder.cases.flatMap(({ value }) => value.cases)
  return {
    bundle,
    reads: policyReads(bundle.policies),
    ask: cedar.open(bundle).ask,
    fileOf: (id) => index[id]?.file,
    ...pointsOfCases(bundle, cases),
  }
}

const sample = new Copy()
const old = open(sample)
afterAll(() => sample[Symbol.dispose]())

/** Compares the sample without its cases: the sample's own questions are known, and some cases would fail. */
function diffWith(apply: (copy: Copy) => void): { changes: Changes; now: Asker } {
  using copy = new Copy()
  rmSync(copy.at('policies/cases'), { recursive: true })
  apply(copy)
  const now = { ...open(copy), known: old.known, acts: old.acts }
  return { changes: diffBundles({ old, new: now, seed, most }, { deployment: true }), now }
}

test.each(choose())(
  'a weaker folder is told, with an example that holds as a case: $name',
  ({ apply, isOfPolicies = false }) => {
    const { changes, now } = diffWith(apply)
    expect(changes.widened.length).toBeGreaterThan(0)
    const examples = changes.widened.flatMap(({ example }) => example ?? [])
    expect(examples.length > 0 || !isOfPolicies).toBe(true)
    for (const example of examples.slice(0, shown)) {
      expect(runCase(now.bundle, now.ask, PolicyCase.parse(example))).toBeUndefined()
    }
  },
)

test.each(rewrites)('a mere rewrite neither widens nor narrows: $name', ({ apply }) => {
  const { changes } = diffWith(apply)
  expect(changes).toMatchObject({ widened: [], narrowed: [] })
})

test('a folder does not differ from itself', () => {
  expect(diffBundles({ old, new: old, seed, most }, { deployment: true })).toEqual({
    widened: [],
    narrowed: [],
    other: [],
  })
})
