import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { registryView } from '../../functions/adapters/http/registry-view.ts'
import { type GovernedRegistry, nothingGoverned } from '../../functions/domain/agents/governed-registry.ts'
import type { Agent } from '../../functions/domain/people/organisation.ts'
import { agentOf } from '../../functions/domain/policy/bundle.ts'
import type { ToolId } from '../../functions/domain/values.ts'
import * as check from '../../policy-tools/verbs/check.ts'
import * as diff from '../../policy-tools/verbs/diff.ts'
import { openPolicies } from '../../policy-tools/verbs/open.ts'
import * as plan from '../../policy-tools/verbs/plan.ts'
import { read } from '../support/repository.ts'
import { agent, person, sampleBundle } from '../support/world.ts'
import { runVerb } from './run-verb.ts'
import { Copy, sampleFolder } from './sample.ts'

/** registry.json, which `hotwork policy pull` writes: the tools know its agents, and Lambdas read them at run time. */

const sample = sampleBundle()
const known = agentOf(sample, agent('remediator')) as Agent
const today = Math.floor(Date.now() / 86_400_000) * 86_400
const [issuer] = known.identities.map((each) => each.issuer) as [string]
const fresh: Agent = {
  ...known,
  id: agent('fresh'),
  identities: [{ issuer, subject: 'agent-fresh' }],
  recertifyBy: today + 90 * 86_400,
}
const pulled = (...agents: readonly Agent[]): GovernedRegistry => ({
  ...nothingGoverned,
  version: 3,
  agents: [...agents],
  changed: { [fresh.id]: today },
  former: [{ agent: fresh.id, identity: { issuer, subject: 'agent-older' }, until: today + 86_400 }],
})

let copy: Copy
beforeEach(() => {
  copy = new Copy()
})
afterEach(() => copy[Symbol.dispose]())

const add = (registry: GovernedRegistry) =>
  copy.add('policies/registry.json', JSON.stringify(registryView(registry), null, 2))
const checked = async (out?: string) => {
  const ran = await runVerb(check, {
    folder: copy.at('policies'),
    deployment: copy.at('deployment.json'),
    json: true,
    out,
  })
  return { ...ran, body: JSON.parse(ran.out) }
}

test('the tools know an agent of the registry, and the compiled bundle does not have it', async () => {
  add(pulled(fresh))
  const out = copy.at('bundle.json')
  expect((await checked(out)).body).toMatchObject({ ok: true, hash: sample.hash })
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(sample)
  const opened = openPolicies(copy.at('policies'), { deployment: copy.at('deployment.json') })
  expect(opened.ok && agentOf(opened.bundle, fresh.id)).toEqual(fresh)
})

test('`policy plan` predicts a request of an agent of the registry', async () => {
  add(pulled(fresh))
  const ask = JSON.parse(read('examples/requests/staging-payment-timeout.json'))
  ask.subject.id = fresh.id
  const file = copy.at('ask.json')
  writeFileSync(file, JSON.stringify(ask))
  const options = {
    file,
    policies: copy.at('policies'),
    deployment: copy.at('deployment.json'),
    recent: 0,
    host: 'denied' as const,
    json: true,
  }
  const { exit, out } = await runVerb(plan, options)
  expect([exit, JSON.parse(out).tier]).toEqual([0, 0])
})

test('`policy diff` shows an agent that the registry has and the other folder has not', async () => {
  add(pulled(fresh))
  const options = { old: sampleFolder, new: copy.at('policies'), deployment: copy.at('deployment.json') }
  const { out } = await runVerb(diff, { ...options, accept: true, json: true })
  expect(out).toContain('agent:fresh')
})

test.each<[problem: string, registry: GovernedRegistry, says: RegExp]>([
  ['an owner who is not in directory.json', pulled({ ...fresh, owner: person('zoe') }), /owner `person:zoe` is not in/],
  ['a name of agents.json', pulled(known), /is in agents\.json: change it there/],
  ['a retired name of agents.json', pulled({ ...known, status: 'retired' }), /was retired in the registry, for good/],
  ['an identity of agents.json', pulled({ ...fresh, identities: known.identities }), /is `agent:remediator` already/],
  ['a date that is too late', pulled({ ...fresh, recertifyBy: today + 400 * 86_400 }), /`recertifyBy` is too late/],
])('%s in registry.json is a problem of the folder, at its line', async (_, registry, says) => {
  add(registry)
  const { exit, body } = await checked()
  expect([exit, body.ok]).toEqual([1, false])
  expect(body.problems).toContainEqual({
    ...{ file: join(copy.at('policies'), 'registry.json'), line: 4 },
    ...{ message: expect.stringMatching(says), fix: expect.stringContaining('hotwork policy pull') },
  })
})

test('an agent of registry.json whose owner is leaving is a problem of the folder', async () => {
  copy.editJson('policies/directory.json', ({ people }) => {
    for (const each of people) if (each.id === fresh.owner) each.leavesOn = '2099-01-01'
  })
  add(pulled(fresh))
  const { exit, body } = await checked()
  expect([exit, body.problems]).toMatchObject([
    1,
    [{ message: expect.stringMatching(/`agent:fresh`: `\S+` is leaving/) }],
  ])
})

test.each([
  ['an agent', agent('long-gone')],
  ['a tool', 'tool:long-gone' as ToolId],
])('an identity of agents.json that %s had within a year is a problem, and no longer after it', async (_, holder) => {
  const had = (until: number) =>
    add({ ...pulled(), former: [{ agent: holder, identity: known.identities[0] as never, until }] })
  had(today + 86_400)
  const { exit, body } = await checked()
  expect([exit, body.problems]).toMatchObject([
    1,
    [
      {
        ...{ file: join(copy.at('policies'), 'registry.json'), line: expect.any(Number) },
        ...{ message: expect.stringMatching(/^`agent:remediator`: .* is `\w+:long-gone` already/) },
        fix: 'give `agent:remediator` an identity that no other party had within a year',
      },
    ],
  ])
  had(today)
  expect((await checked()).body).toMatchObject({ ok: true })
})

test('an agent that was retired at run time may leave agents.json', async () => {
  add({ ...pulled(), retired: [{ id: agent('long-gone'), at: today }] })
  expect((await checked()).body).toMatchObject({ ok: true })
})

test('a registry of another form is a problem', async () => {
  copy.add('policies/registry.json', '{ "version": "three" }')
  expect((await checked()).body).toMatchObject({ ok: false })
})
