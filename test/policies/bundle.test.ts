import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { type Asked, findFacts, questionOf } from '../../functions/domain/policy/assess.ts'
import { Bundle } from '../../functions/domain/policy/bundle.ts'
import { type CatalogueEntry, deriveResource, titleOf } from '../../functions/domain/policy/catalogue.ts'
import type { AgentId } from '../../functions/domain/values.ts'
import { sampleBundle } from '../support/world.ts'
import { Copy, sampleDeployment, sampleFolder } from './sample.ts'

const now = 1_800_000_000
const sample = sampleBundle()

/** Run as the constructs run it. */
const check = (options: { folder: string; deployment: string; out?: string; writeSchema?: boolean }) =>
  spawnSync(
    process.execPath,
    [join(__dirname, '../../policy-tools/policy.ts'), JSON.stringify({ verb: 'check', json: false, ...options })],
    { encoding: 'utf8' },
  )

test('a bundle survives being written and read', () =>
  expect(Bundle.parse(JSON.parse(JSON.stringify(sample)))).toEqual(sample))

test('the same folder has the same hash, and a change to it another', () => {
  using copy = new Copy()
  expect(copy.compile()).toMatchObject({ bundle: { hash: sample.hash } })
  copy.editJson('policies/directory.json', ({ people }) => {
    people[11].name = 'Lena'
  })
  const changed = copy.compile()
  expect(changed.ok && changed.bundle.hash).toMatch(/^sha-256:/)
  expect(changed.ok && changed.bundle.hash).not.toBe(sample.hash)
})

test('another deployment of the same folder has another hash', () => {
  using copy = new Copy()
  copy.editJson('deployment.json', ({ accounts }) => {
    accounts.target.accountId = '111111111111'
  })
  const changed = copy.compile()
  expect(changed.ok && changed.bundle.hash).not.toBe(sample.hash)
})

test('a policy is in the slice of each action that it can affect, and in no other', () => {
  const slicesWith = (id: string) =>
    Object.keys(sample.policies).filter((action) => id in (sample.policies[action] ?? {}))
  expect(slicesWith('prod-flags')).toEqual(['flags:set'])
  expect(slicesWith('no-self-approval')).toEqual(['approve'])
  expect(slicesWith('hotwork-guards-itself').toSorted()).toEqual(Object.keys(sample.actions).toSorted())
})

test('an action is asked of its own eight policies among five hundred', () => {
  using copy = new Copy()
  const [template = ''] = readFileSync(copy.at('policies/actions/flags.set.json'), 'utf8').split('\0')
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  const names = Array.from({ length: 60 }, (_, n) => `many:set${letters[n % 26]}${letters[Math.floor(n / 26)]}`)
  const cases: unknown[] = []
  for (const [n, name] of names.entries()) {
    const entry = { ...JSON.parse(template), name, group: 'many', mutates: false }
    copy.add(`policies/actions/many-${n}.json`, JSON.stringify(entry))
    const policies = Array.from({ length: 8 }, (_, at) => `p${n}-${at}`)
    const text = policies.map(
      (id, at) =>
        `@id("${id}")\npermit (principal, action == Hotwork::Action::"${name}", resource) when { context.approval.tier >= ${at % 4} };`,
    )
    copy.add(`policies/many-${n}.cedar`, text.join('\n'))
    const ask = {
      agent: 'agent:remediator',
      action: name,
      purpose: 'x',
      arguments: { environment: 'prod', flag: 'a', value: 1 },
    }
    cases.push({ name, ask, expect: { tier: 0, policies: [`p${n}-0`, `p${n}-4`] } })
  }
  copy.add('policies/cases/many.json', JSON.stringify({ cases }))
  const wrote = check({ folder: copy.at('policies'), deployment: copy.at('deployment.json'), writeSchema: true })
  expect(wrote).toMatchObject({ status: 0, stderr: '' })

  const compiled = copy.compile()
  if (!compiled.ok) throw new Error(compiled.problems[0]?.message)
  const { bundle } = compiled
  expect(new Set(Object.values(bundle.policies).flatMap((slice) => Object.keys(slice))).size).toBeGreaterThan(500)
  for (const name of names) expect(Object.keys(bundle.policies[name] ?? {})).toHaveLength(8)

  const asked: Asked = {
    agent: 'agent:remediator' as AgentId,
    action: names[59] ?? '',
    purpose: 'x',
    arguments: { environment: 'prod', flag: 'a', value: 1 },
  }
  const facts = findFacts(bundle, asked, now)
  if (!facts.ok) throw new Error(facts.detail)
  const answer = new CedarPolicy(bundle).ask(questionOf(facts.value, asked, { moment: 'use', tier: 3, now }))
  expect(answer.policies).toHaveLength(8)
}, 60_000)

test('an argument may be named as MCP servers name theirs, or by a word of Cedar', () => {
  using copy = new Copy()
  const {
    preview: _,
    example: _1,
    ...flag
  } = JSON.parse(readFileSync(copy.at('policies/actions/flags.set.json'), 'utf8'))
  const properties = { repo_path: flag.arguments.properties.flag, in: flag.arguments.properties.environment }
  const args = { repo_path: 'shop', in: 'prod' }
  const checkout = {
    ...flag,
    name: 'git:checkout',
    title: 'Check out {arguments.repo_path} in {arguments.in}',
    arguments: { ...flag.arguments, properties, required: ['repo_path', 'in'] },
    resource: { type: 'git:branch', id: '{arguments.in}/{arguments.repo_path}' },
  }
  copy.add('policies/actions/git.checkout.json', JSON.stringify(checkout))
  const ask = { agent: 'agent:remediator', action: 'git:checkout', purpose: 'x', arguments: args }
  const unmet = { name: 'no policy permits it', ask, expect: { refused: 'policy_denied' } }
  copy.add('policies/cases/git.json', JSON.stringify({ cases: [unmet] }))
  const wrote = check({ folder: copy.at('policies'), deployment: copy.at('deployment.json'), writeSchema: true })
  expect(wrote).toMatchObject({ status: 0, stderr: '' })
  const compiled = copy.compile()
  if (!compiled.ok) throw new Error(compiled.problems[0]?.message)
  const entry = compiled.bundle.actions['git:checkout'] as CatalogueEntry
  expect(titleOf(entry, args)).toBe('Check out shop in prod')
  expect(deriveResource(entry, args, undefined).id).toBe('prod/shop')
})

test('`policy check` writes the bundle', () => {
  using copy = new Copy()
  const out = copy.at('bundle.json')
  expect(check({ folder: sampleFolder, deployment: sampleDeployment, out })).toMatchObject({ status: 0, stderr: '' })
  expect(Bundle.parse(JSON.parse(readFileSync(out, 'utf8')))).toEqual(sample)
})

test('`policy check` prints every problem as `file:line: message` with the fix, exits 1 and writes nothing', () => {
  using copy = new Copy()
  copy.editJson('policies/agents.json', ({ agents }) => {
    agents[0].owner = 'person:zoe'
    agents[1].owner = 'person:yan'
  })
  const [policies, out] = [copy.at('policies'), copy.at('bundle.json')]
  const ran = check({ folder: policies, deployment: copy.at('deployment.json'), out })
  expect(ran.status).toBe(1)
  const line = copy.lineOf('policies/agents.json', '"owner": "person:zoe"')
  expect(ran.stdout).toContain(
    `${policies}/agents.json:${line}: owner \`person:zoe\` is not in directory.json\n    there are:`,
  )
  expect(ran.stdout).toContain('person:yan')
  expect(() => readFileSync(out)).toThrow('ENOENT')
})
