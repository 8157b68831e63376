import { Options as DiffOptions, run as diff } from '../../../policy-tools/verbs/diff.ts'
import { runVerb } from '../run-verb.ts'
import { Copy, sampleDeployment, sampleFolder } from '../sample.ts'

/** Policies that read what a change set does, in `policy diff`. prove.test.ts proves the sample's. */

const strict = 'context.change.stateful_removed > 0'

async function widenedBy(limit: string): Promise<string> {
  using now = new Copy()
  now.edit('policies/limits.cedar', (text) => text.replace(strict, limit))
  const given = { deployment: sampleDeployment, json: true, questions: 400, old: sampleFolder, new: now.at('policies') }
  const { out } = await runVerb({ run: diff }, DiffOptions.parse(given))
  const { widened } = JSON.parse(out) as { widened?: object[] }
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
