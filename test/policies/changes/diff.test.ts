import { writeFileSync } from 'node:fs'
import * as diff from '../../../functions/bin/policy/diff.ts'
import { runVerb } from '../run-verb.ts'
import { Copy, compileSample, sampleDeployment, sampleFolder } from '../sample.ts'

/** `hotwork policy diff`: its exit codes, its document, and what is told where a side is not a folder. */

const lowerTier = (copy: Copy) =>
  copy.edit('policies/agents.cedar', (text) => text.replace(/("prod-release"[^;]*)tier >= 2/, '$1tier >= 1'))

async function compared(change: (copy: Copy) => void, options: { accept?: boolean; json?: boolean } = {}) {
  using copy = new Copy()
  change(copy)
  const now = copy.at('policies')
  const given = { old: sampleFolder, new: now, deployment: sampleDeployment, accept: false, json: true, ...options }
  const { exit, out, err } = await runVerb(diff, given)
  return { exit, out, err, body: given.json ? JSON.parse(out) : undefined }
}

test('what widens exits 6, tells the policy and an example, and NEW is compared though its cases fail', async () => {
  const { exit, body } = await compared(lowerTier)
  expect(exit).toBe(6)
  expect(Object.keys(body)).toEqual(['widened', 'narrowed', 'other', 'cases'])
  expect(body.widened).toContainEqual({
    kind: 'tier_fell',
    file: 'agents.cedar',
    policy: 'prod-release',
    agent: 'agent:builder',
    action: 'ssm:PutParameter',
    from: 'tier 2 (two pairs of eyes)',
    to: 'tier 1 (owner)',
    example: expect.objectContaining({ ask: expect.anything(), expect: expect.objectContaining({ tier: 1 }) }),
  })
  expect(body.narrowed).toEqual([])
  expect(body.cases).toContainEqual(expect.objectContaining({ file: expect.stringMatching(/^cases\//) }))
})

test('--accept says that it is meant', async () => {
  expect(await compared(lowerTier, { accept: true })).toMatchObject({ exit: 0 })
})

test('a person reads headings, the policy, who it is about, and an example to paste', async () => {
  const { exit, out, err } = await compared(lowerTier, { json: false })
  expect(exit).toBe(6)
  expect(out).toMatch(/^Widened\n {2}agents\.cedar: prod-release: agent:builder.* for .*ssm:PutParameter/m)
  expect(out).toMatch(/^ {4}tier 2 \(two pairs of eyes\) → tier 1 \(owner\)\n {4}\{"name":/m)
  expect(out).toMatch(/^Cases of NEW that fail\n/m)
  expect(err).toMatch(/--accept/)
})

test('the reverse is narrowed, and exits 0', async () => {
  using copy = new Copy()
  lowerTier(copy)
  const given = { old: copy.at('policies'), new: sampleFolder, deployment: sampleDeployment, accept: false, json: true }
  const { exit, out } = await runVerb(diff, given)
  expect({ exit, ...JSON.parse(out) }).toMatchObject({
    exit: 0,
    widened: [],
    narrowed: expect.arrayContaining([expect.objectContaining({ kind: 'tier_rose', policy: 'prod-release' })]),
    cases: [],
  })
})

test('a side that does not compile is named, with its problems', async () => {
  const { exit, err } = await compared((copy) => copy.remove('policies/ladder.json'), { json: false })
  expect(exit).toBe(1)
  expect(err).toMatch(/^NEW does not compile:\n.*ladder\.json/)
})

test('a bundle that was compiled is compared with a folder', async () => {
  using copy = new Copy()
  lowerTier(copy)
  const old = copy.at('bundle.json')
  writeFileSync(old, JSON.stringify(compileSample()))
  const { exit, out } = await runVerb(diff, { old, new: copy.at('policies'), accept: false, json: true })
  const { widened } = JSON.parse(out)
  expect([exit, new Set(widened.map(({ policy }: { policy?: string }) => policy))]).toEqual([
    6,
    new Set(['prod-release']),
  ])
})

test('a policy without an answer that differs is told under other, also one that is only renamed', async () => {
  const { exit, body } = await compared((copy) =>
    copy.edit('policies/people.cedar', (text) =>
      text
        .replace('@id("security-lifts")', '@id("security-may-lift")')
        .replace(
          'context.stage == "owner" && principal in resource.ownedBy',
          'principal in resource.ownedBy && context.stage == "owner"',
        ),
    ),
  )
  expect(exit).toBe(0)
  expect(body).toMatchObject({
    widened: [],
    narrowed: [],
    other: [
      { kind: 'policy_renamed', file: 'people.cedar', policy: 'security-may-lift', from: '`security-lifts`' },
      { kind: 'policy_written_otherwise', file: 'people.cedar', policy: 'owners-decide-on-what-is-theirs' },
    ],
  })
})
