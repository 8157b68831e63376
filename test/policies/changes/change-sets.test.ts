import { Options as DiffOptions, run as diff } from '../../../policy-tools/verbs/diff.ts'
import { Options as ProveOptions, run as prove } from '../../../policy-tools/verbs/prove.ts'
import { addRuns, changeSets, runbook } from '../../support/runs.ts'
import { runVerb } from '../run-verb.ts'
import { Copy, sampleDeployment } from '../sample.ts'

/** Policies that read what a change set does, in `policy diff` and `policy prove`. */

jest.setTimeout(240_000)

/** The sample with change sets: whatever loses data needs the highest tier. */
function copyWith(limit: string): Copy {
  const copy = new Copy()
  addRuns(copy, runbook, changeSets)
  copy.edit(
    'policies/limits.cedar',
    (text) => `${text}
@id("data-needs-security")
forbid (principal, action == Hotwork::Action::"cloudformation:ExecuteChangeSet", resource)
when { context has change && ${limit} && context.approval.tier < 3 };
`,
  )
  return copy
}
const strict = 'context.change.stateful_removed > 0'

async function widenedBy(limit: string) {
  using old = copyWith(strict)
  using now = copyWith(limit)
  const given = { deployment: sampleDeployment, json: true, questions: 400 }
  const { out } = await runVerb(
    { run: diff },
    DiffOptions.parse({ ...given, old: old.at('policies'), new: now.at('policies') }),
  )
  const { widened } = JSON.parse(out) as {
    widened: { file?: string; action?: string; example?: { ask?: { change?: unknown } } }[]
  }
  if (!widened) throw new Error(out)
  return JSON.stringify(widened)
}

test('a limit that starts at two removals that lose data is wider, with a change set as the example', async () => {
  const found = await widenedBy('context.change.stateful_removed > 1')
  expect(found).toContain('cloudformation:ExecuteChangeSet')
  expect(found).toContain('"stateful_removed":1')
})

test('a limit for one type of resource alone is wider', async () => {
  expect(await widenedBy(`${strict} && context.change.types.contains("AWS::S3::Bucket")`)).toContain(
    '"stateful_removed":1',
  )
})

test('the properties of a folder with such a limit hold over random change sets', async () => {
  using copy = copyWith(strict)
  const given = { deployment: sampleDeployment, json: true, sample: 2000, folder: copy.at('policies') }
  const { out, err } = await runVerb({ run: prove }, ProveOptions.parse(given))
  if (err !== '' || !out.includes('properties')) throw new Error(err + out)
  const { properties } = JSON.parse(out) as { properties: { claim: string; outcome: string }[] }
  expect(properties.filter(({ outcome }) => outcome !== 'holds')).toEqual([])
  expect(properties.some(({ claim }) => claim.includes('cloudformation:ExecuteChangeSet'))).toBe(true)
})
