import { cedar } from '../../../functions/adapters/cedar/compile-cedar.ts'
import type { Problem } from '../../../functions/adapters/policy-folder/json-document.ts'
import { PolicyCase, runCase } from '../../../functions/domain/policy/policy-case.ts'
import { openPolicies } from '../../../policy-tools/verbs/open.ts'
import { Options, run } from '../../../policy-tools/verbs/prove.ts'
import { findPrograms } from '../../../tools/prove/tools.ts'
import { cases } from '../../support/deep.ts'
import { runVerb } from '../run-verb.ts'
import { Copy, sampleDeployment, sampleFolder } from '../sample.ts'
import { faults } from './faults.ts'

/**
 * The findings of `policy prove` for the sample and for faults in it: by random questions, and by proof if the tools
 * are on the PATH.
 */

// A proof of the sample takes a minute on a busy machine.
jest.setTimeout(600_000)

const programs = findPrograms()
Object.assign(process.env, programs)

const ways = [
  { by: 'random questions', asked: { sample: cases(2_000, 8_000) }, briefly: { sample: cases(1_000, 3_000) } },
  ...(programs ? [{ by: 'proof', asked: {}, briefly: {} }] : []),
] as const

async function prove(folder: string, asked: object) {
  const { exit, out, err } = await runVerb(
    { run },
    Options.parse({ deployment: sampleDeployment, json: true, ...asked, folder }),
  )
  if (err !== '') throw new Error(err)
  const said = JSON.parse(out) as { properties: Judged[]; problems: Problem[] }
  return { exit, ...said }
}
type Judged = { claim: string; kind: string; outcome: string; why?: string; counterexample?: { case?: object } }

const failing = ({ properties }: { properties: readonly Judged[] }) =>
  properties.filter(({ outcome }) => outcome !== 'holds')

describe.each(ways)('by $by', ({ by, asked, briefly }) => {
  test('every property of the sample holds, and each kind of property was asked', async () => {
    const { exit, properties } = await prove(sampleFolder, asked)
    expect(failing({ properties })).toEqual([])
    expect(exit).toBe(0)
    const kinds = Object.groupBy(properties, ({ kind }) => kind)
    // Eleven actions on four tiers.
    expect(kinds['more_approval']).toHaveLength(33)
    expect(kinds['people']).toHaveLength(11)
    expect(kinds['left_open']?.length).toBeGreaterThan(0)
    expect(kinds['decides']?.length).toBeGreaterThan(30)
  })

  test('a permit at a lower tier is wider, with a case, and the sample is no wider than itself', async () => {
    using copy = new Copy()
    copy.edit('policies/agents.cedar', (text) => text.replace(/("prod-release"[^;]*)tier >= 2/, '$1tier >= 1'))
    const than = async (folder: string, old: string) =>
      (await prove(folder, { ...briefly, than: old })).properties.filter(({ kind }) => kind === 'no_wider')
    const wider = failing({ properties: await than(copy.at('policies'), sampleFolder) })
    expect(wider.length).toBeGreaterThan(0)
    for (const { claim, counterexample } of wider) {
      expect(claim).toMatch(/: nothing is permitted that OLD refuses$/)
      expect(counterexample?.case).toMatchObject({ expect: { tier: 1 } })
    }
    expect(failing({ properties: await than(sampleFolder, copy.at('policies')) })).toEqual([])
  })

  test.each(faults)('$rule is found', async ({ file, from, to, caught }) => {
    using copy = new Copy()
    copy.edit(`policies/${file}`, (text) => text.replace(from, to))
    const found = await prove(copy.at('policies'), briefly)
    expect(found.exit).toBe(1)
    const fault = failing(found).find(({ claim }) => claim === caught.claim)
    // A dead policy can only be found by a proof.
    const isProvable = by === 'proof' || !/it is dead|shadowed/.test(caught.why.source)
    expect(fault).toMatchObject({ outcome: isProvable ? 'fails' : 'unproved' })
    if (isProvable) expect(fault?.why).toMatch(caught.why)
    if (!caught.example) return

    const example = PolicyCase.parse(fault?.counterexample?.case)
    const opened = openPolicies(copy.at('policies'), { deployment: sampleDeployment, evenIfCasesFail: true })
    if (!opened.ok) throw new Error(JSON.stringify(opened.problems))
    const { bundle } = opened
    const policy = cedar.open(bundle)
    expect(runCase(bundle, (question) => policy.ask(question), example)).toBeUndefined()
  })
})

test('the same seed asks the same questions, and another seed others', async () => {
  const claims = async (seed: number) =>
    JSON.stringify(
      (await prove(sampleFolder, { sample: 8, seed })).properties.map(({ claim, outcome, why }) => [
        claim,
        outcome,
        why,
      ]),
    )
  const [first, again, other] = [await claims(7), await claims(7), await claims(70)]
  expect(again).toBe(first)
  expect(other).not.toBe(first)
})

test('prove.json may only name environments and policies of the folder', async () => {
  using copy = new Copy()
  copy.add('policies/prove.json', '{ "people": ["production"], "standby": ["no-such-policy"] }')
  const { exit, problems } = await prove(copy.at('policies'), { sample: 1 })
  expect(exit).toBe(1)
  expect(problems).toMatchObject([
    { line: 1, message: expect.stringMatching(/no environment `production`/), fix: expect.stringMatching(/`prod`/) },
    { line: 1, message: expect.stringMatching(/no policy `no-such-policy`/) },
  ])
})
