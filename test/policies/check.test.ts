import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import * as check from '../../policy-tools/verbs/check.ts'
import { WrongUsage } from '../../policy-tools/verbs/io.ts'
import { openPolicies } from '../../policy-tools/verbs/open.ts'
import { root } from '../support/repository.ts'
import { sampleBundle } from '../support/world.ts'
import { runVerb } from './run-verb.ts'
import { Copy, sampleDeployment, sampleFolder } from './sample.ts'

/** `hotwork policy check`: the build's verdict, with a deployment file and without. */

const sample = sampleBundle()

const checked = async (folder: string, deployment?: string) => {
  const { exit, out } = await runVerb(check, { folder, deployment, json: true })
  return { exit, body: JSON.parse(out) }
}
const problemsOf = async (change: (copy: Copy) => void, deployment?: string) => {
  using copy = new Copy()
  change(copy)
  const { exit, body } = await checked(copy.at('policies'), deployment)
  expect([exit, body.ok]).toEqual([1, false])
  return body.problems.map((problem: { file: string }) => ({
    ...problem,
    file: problem.file.replace(/.*policies\//, ''),
  }))
}

test('the hash with a deployment file is the hash of the deployed bundle', async () => {
  const { exit, body } = await checked(sampleFolder, sampleDeployment)
  expect({ exit, body }).toEqual({
    exit: 0,
    body: {
      ok: true,
      policies: expect.any(Number),
      actions: Object.keys(sample.actions).length,
      cases: expect.any(Number),
      hash: sample.hash,
      deployment: sampleDeployment,
    },
  })
  expect(Math.min(body.policies, body.cases)).toBeGreaterThan(20)
})

test('the hash without a deployment file differs, and the output says so', async () => {
  const [{ body }, words] = [await checked(sampleFolder), await runVerb(check, { folder: sampleFolder, json: false })]
  expect(body).toMatchObject({ ok: true, actions: Object.keys(sample.actions).length, deployment: null })
  expect(body.hash).not.toBe(sample.hash)
  expect(words).toMatchObject({
    exit: 0,
    out: expect.stringContaining(body.hash),
    err: expect.stringMatching(/made up/),
  })
})

test('a compiled bundle is reported without cases, and with its own deployment alone', async () => {
  using copy = new Copy()
  const file = copy.at('bundle.json')
  writeFileSync(file, JSON.stringify(sample))
  const { exit, body } = await checked(file)
  expect([exit, Object.keys(body), body.hash]).toEqual([0, ['ok', 'policies', 'actions', 'hash'], sample.hash])
  const { out, err } = await runVerb(check, { folder: file, json: false })
  expect([out.includes('cases'), err]).toEqual([false, ''])
})

test('an observed policy is warned of if its answers are recorded nowhere', async () => {
  using copy = new Copy()
  const tried = (id: string, act: string) =>
    `@id("${id}")\n@observe("true")\nforbid (principal, action == Hotwork::Action::"${act}", resource);\n`
  copy.add('policies/tried.cedar', ['lift', 'erase', 'approve'].map((act) => tried(`tried-${act}`, act)).join('\n'))
  const warnings = ['lift', 'erase'].map(
    (act) => `the effect of the observed policy \`tried-${act}\` on \`${act}\` is not recorded`,
  )
  expect(await checked(copy.at('policies'), sampleDeployment)).toMatchObject({ exit: 0, body: { ok: true, warnings } })
  const { err } = await runVerb(check, { folder: copy.at('policies'), deployment: sampleDeployment, json: false })
  expect(err).toBe(warnings.map((warning) => `warning: ${warning}\n`).join(''))
})

test('an undeployed alias counts as declared', () => {
  const opened = openPolicies(join(root, 'examples/cdk-app/policies'))
  expect(opened.ok ? [] : opened.problems).toEqual([])
})

test("an issuer without a subject counts as GitHub's, whose identities are pinned", async () => {
  const identity = (pins: object) => (copy: Copy) =>
    copy.editJson('policies/agents.json', ({ agents }) => {
      agents[0].identities.push({ issuer: 'pipelines', claims: pins })
    })
  const pins = { repository_id: '1', repository_owner_id: '2', job_workflow_ref: 'o/r/w@main', environment: 'release' }
  using copy = new Copy()
  identity(pins)(copy)
  expect((await checked(copy.at('policies'))).exit).toBe(0)
  const { environment: _, ...fewer } = pins
  expect(await problemsOf(identity(fewer))).toMatchObject([
    { file: 'agents.json', message: expect.stringContaining('`environment`') },
  ])
})

test('a tier that wants a live parent task counts as having an incident service', async () => {
  expect(openPolicies(sampleFolder, { evenIfCasesFail: true }).ok).toBe(true)
  using copy = new Copy()
  copy.editJson('deployment.json', (deployment) => delete deployment.incidents)
  expect(await checked(sampleFolder, copy.at('deployment.json'))).toMatchObject({
    exit: 1,
    body: { ok: false, problems: [{ file: expect.stringMatching(/ladder\.json$/) }] },
  })
})

test('a problem is printed with its file, its line and the fix', async () => {
  const spoiled = (copy: Copy) =>
    copy.edit('policies/resources.json', (text) => text.replace('"group": "sre"', '"group": "sreee"'))
  using copy = new Copy()
  spoiled(copy)
  const line = copy.lineOf('policies/resources.json', '"group": "sreee"')
  expect(await problemsOf(spoiled)).toEqual([
    {
      file: 'resources.json',
      line,
      message: 'group `sreee` is not in directory.json',
      fix: expect.stringContaining('`sre`'),
    },
  ])
  const { exit, out, err } = await runVerb(check, { folder: copy.at('policies'), json: false })
  expect([exit, out, err]).toEqual([
    1,
    expect.stringContaining(`resources.json:${line}: group \`sreee\``),
    expect.stringMatching(/^1 problem .*--deployment FILE/),
  ])
})

const spoil = (copy: Copy) =>
  copy.edit('policies/agents.cedar', (text) => text.replace('context.approval.tier >= 2', 'context.approval.tier >= 1'))

test('a folder with failing cases has problems', async () => {
  const problems = await problemsOf(spoil)
  expect(problems[0]).toMatchObject({
    file: expect.stringMatching(/^cases\//),
    message: expect.stringMatching(/fails/),
  })
})

test('a folder with failing cases is opened on demand, with the failures', () => {
  using copy = new Copy()
  spoil(copy)
  const opened = openPolicies(copy.at('policies'), { evenIfCasesFail: true })
  expect(opened.ok && opened.failing.length).toBeGreaterThan(0)
})

describe('a bundle in place of a folder', () => {
  const copy = new Copy()
  afterAll(() => copy[Symbol.dispose]())
  const bundleFile = (change: (bundle: Bundle) => unknown = () => {}) => {
    const bundle = structuredClone(sample)
    change(bundle)
    const file = copy.at('bundle.json')
    writeFileSync(file, JSON.stringify(bundle))
    return file
  }

  test('a bundle is opened as it was compiled, with an index of its policies', () => {
    const opened = openPolicies(bundleFile())
    const folder = openPolicies(sampleFolder, { deployment: sampleDeployment })
    if (!opened.ok || !folder.ok) throw new Error('it is not opened')
    expect(opened.bundle).toEqual(sample)
    const named = ({ windows, ...reads }: (typeof opened.index)[string]['reads']) => ({
      ...reads,
      windows: { ...windows, named: windows.named.map(({ name }) => name) },
    })
    const facts = (index: typeof opened.index) =>
      Object.entries(index)
        .map(([id, { effect, actions, reads }]) => ({ id, effect, actions: [...actions].sort(), reads: named(reads) }))
        .sort((one, other) => (one.id < other.id ? -1 : 1))
    expect(facts(opened.index)).toEqual(facts(folder.index))
  })

  test.each([
    ['changed', (bundle: Bundle) => (bundle.agents = []), /hash/],
    ['incomplete', (bundle: Bundle) => Object.assign(bundle, { ladder: undefined }), /`ladder` is missing/],
  ])('a bundle that is %s is refused', (_what, change, words) => {
    const opened = openPolicies(bundleFile(change))
    expect(opened.ok ? [] : opened.problems.map(({ message }) => message)).toEqual([expect.stringMatching(words)])
  })

  test('a bundle of invalid JSON is refused', () => {
    writeFileSync(copy.at('no.json'), '{')
    expect(openPolicies(copy.at('no.json')).ok).toBe(false)
  })
})

test('a path without a file is wrong usage', () => {
  expect(() => openPolicies('nowhere')).toThrow(WrongUsage)
})
