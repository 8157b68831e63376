import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cedar } from '../../functions/adapters/cedar/compile-cedar.ts'
import { openFolder } from '../../functions/adapters/policy-folder/compile-folder.ts'
import * as exportVerb from '../../policy-tools/verbs/export.ts'
import { WrongUsage } from '../../policy-tools/verbs/io.ts'
import { addCluster } from '../targets/kubernetes/reach-bundle.ts'
import { runVerb } from './run-verb.ts'
import { Copy } from './sample.ts'

/** `hotwork policy export`: test/targets/kubernetes/export.test.ts has the rules of what the files say. */

function cluster() {
  const copy = new Copy()
  addCluster(copy, { server: 'https://cluster.example.org' })
  const options = {
    ...{ kind: 'kubernetes' as const, target: 'cluster', issuer: 'https://hotwork.example/', out: copy.at('out') },
    ...{ policies: copy.at('bundle.json'), deployment: copy.at('deployment.json'), json: true },
  }
  const compile = () => {
    const opened = openFolder(copy.at('policies'), copy.at('deployment.json'), cedar)
    if (!opened.ok) throw new Error(JSON.stringify(opened.problems))
    copy.add('bundle.json', JSON.stringify(opened.bundle))
  }
  compile()
  const run = async (more: object = {}) => {
    const { exit, out } = await runVerb(exportVerb, { ...options, ...more })
    return { exit, told: JSON.parse(out) }
  }
  return { copy, compile, run, [Symbol.dispose]: () => copy[Symbol.dispose]() }
}

test('the check says which files are missing or differ, and writes none', async () => {
  using it = cluster()
  const { exit, told } = await it.run({ check: true })
  expect([exit, told.ok, new Set(told.files.map(({ state }: { state: string }) => state))]).toEqual([
    ...[1, false, new Set(['missing'])],
  ])
  const written = await it.run()
  expect([written.exit, written.told.files.length, written.told.hash]).toEqual([0, told.files.length, told.hash])
  expect(await it.run({ check: true })).toMatchObject({ exit: 0, told: { ok: true } })

  const [first = '', second = ''] = written.told.files
  rmSync(first)
  writeFileSync(second, `${readFileSync(second, 'utf8')}\n`)
  const again = await it.run({ check: true })
  expect(again.exit).toBe(1)
  const wrong = again.told.files.filter(({ state }: { state: string }) => state !== 'current')
  expect(wrong).toEqual([
    { file: first, state: 'missing' },
    { file: second, state: 'different' },
  ])
  expect(readdirSync(it.copy.at('out'))).toHaveLength(told.files.length - 1)
})

test('an entry that changed makes the files differ, though no one touched them', async () => {
  using it = cluster()
  await it.run()
  it.copy.editJson('policies/actions/k8s.labeldeployment.json', (entry) => {
    entry.kubernetes.fields = { 'metadata.labels["squad"]': '{arguments.team}' }
  })
  it.compile()
  const { exit, told } = await it.run({ check: true })
  const different = told.files.filter(({ state }: { state: string }) => state === 'different')
  expect([exit, different.map(({ file }: { file: string }) => file)]).toEqual([
    1,
    expect.arrayContaining([join(it.copy.at('out'), '2-admission.yaml')]),
  ])
})

test.each(['target', 'elsewhere'])('the export of `%s`, which is no cluster, is refused', async (target) => {
  using it = cluster()
  await expect(it.run({ target })).rejects.toThrow(WrongUsage)
})
