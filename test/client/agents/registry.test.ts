import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { governDeployer } from '../../support/agents/governed.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork registry`. Dan asks; Ben receives an agent; others decide. */

const scene = useScene()
const entry = {
  ...{ id: 'agent:deployer', description: 'deploys', owner: 'person:dan', autonomy: 'supervised' },
  ...{ identities: [{ issuer: 'workloads', subject: 'agent-deployer' }], runsOn: { other: 'a desk' } },
  recertifyBy: '2027-02-01',
}
const why = ['--reason', 'replaces the old job'] as const
function dan(file: unknown = entry) {
  const at = scene.at('dan')
  writeFileSync(join(at.home, 'deployer.json'), typeof file === 'string' ? file : JSON.stringify(file))
  return at
}

function govern(): void {
  governDeployer(scene.api.world)
  scene.advance(5)
}

test('`registry register` prints the entry, the tier, who decides, the id and how to follow it', async () => {
  const { exit, out } = await dan().type('registry', 'register', 'deployer.json', ...why)
  expect(exit).toBe(0)
  const id = /^ASKED {2}(req_\w+)$/m.exec(out)?.[1]
  expect(out).toMatch(/^ +owner {2}\(none\) -> "person:dan"$/m)
  expect(out).toMatch(/tier +[1-9]/)
  expect(out).toMatch(/decide +\S.*: 0 of [12] approved/)
  expect(out).toContain(`next     npx --no-install hotwork show ${id}`)
})

test('`show` of a change has the entry before and after, and neither a record nor a host', async () => {
  const { body } = await dan().json('registry', 'register', 'deployer.json', ...why)
  expect(body).toMatchObject({
    ...{ status: 'pending', agent: 'person:dan', action: 'hotwork:RegisterAgent' },
    ...{ registry: { agent: 'agent:deployer' }, preview: { before: {}, after: { owner: 'person:dan' } } },
  })
  const { out } = await scene.at('ana').type('show', body.id)
  expect(out).toMatch(/agent +agent:deployer/)
  expect(out).toMatch(/runsOn {2}\(none\) -> \{"other":"a desk"\}/)
  expect(out).toContain('THE WORDS OF THE PERSON WHO ASKS')
  expect(out).toContain('why      replaces the old job')
  for (const not of ['its host', '30 days', 'not pinned', 'credential']) expect(out).not.toContain(not)
  expect(out).toMatch(/person:dan {2}asked, tier 1/)
  expect(out).toMatch(/may not decide person:dan: they ask/)
  for (const verb of ['revise', 'question', 'narrow']) expect(out).not.toContain(`hotwork ${verb} `)
})

test.each([
  ['a file that is not there', ['registry', 'register', 'none.json', ...why], 'cannot be read'],
  ['no reason', ['registry', 'register', 'deployer.json'], '--reason'],
  ['another id', ['registry', 'change', 'agent:deployer', '--set', 'id=agent:x', ...why], 'an id cannot be changed'],
  ['a member without a value', ['registry', 'change', 'agent:deployer', '--set', 'owner', ...why], '--set'],
])('%s is wrong usage, and nothing is asked: exit 2', async (_, words, told) => {
  const { exit, err } = await dan().type(...words)
  expect([exit, err]).toEqual([2, expect.stringContaining(told)])
  expect(scene.api.calls.filter((call) => call.startsWith('POST'))).toEqual([])
})

test.each([
  ['no JSON', 'id: agent:deployer', 'no JSON object'],
  ['an unknown owner', { ...entry, owner: 'person:none' }, 'person:none'],
  [
    'an identity of another agent',
    { ...entry, identities: [{ issuer: 'workloads', subject: 'agent-builder' }] },
    'identit',
  ],
  ['a host of no kind', { ...entry, runsOn: { cloud: 'x' } }, 'runsOn'],
])('an entry with %s is refused with the member', async (_, file, told) => {
  const { exit, err } = await dan(file).type('registry', 'register', 'deployer.json', ...why)
  expect(exit === 2 || exit === 4).toBe(true)
  expect(err).toContain(told)
})

test('a reason of one word is refused with its member', async () => {
  const { exit, err } = await dan().type('registry', 'register', 'deployer.json', '--reason', 'because')
  expect([exit, err]).toEqual([2, expect.stringContaining('write three words or more')])
})

test('`registry change` takes values as JSON or text, and null removes a member', async () => {
  govern()
  const set = ['--set', 'description=null', '--set', 'recertifyEvery=P90D', '--set', 'runsOn={"other":"a shelf"}']
  const { exit, body } = await dan().json('registry', 'change', 'agent:deployer', ...set, ...why)
  expect([exit, body]).toEqual([0, expect.anything()])
  expect(body.arguments).toEqual({
    id: 'agent:deployer',
    ...{ description: null, recertifyEvery: 'P90D', runsOn: { other: 'a shelf' } },
  })
})

test('`registry transfer` waits for its new owner, who accepts it once', async () => {
  govern()
  const to = ['--to', 'person:ben', '--backup', 'person:eve']
  const asked = await dan().type('registry', 'transfer', 'agent:deployer', ...to, ...why)
  const id = /req_\w+/.exec(asked.out)?.[0] ?? ''
  expect(asked.out).toMatch(/now +WAITING for person:ben to accept it/)
  expect(asked.out).toContain(`registry accept ${id}`)
  expect(await scene.at('ana').type('registry', 'accept', id)).toMatchObject({ exit: 4 })
  const accepted = await scene.at('ben').type('registry', 'accept', id)
  expect([accepted.exit, accepted.out]).toEqual([0, expect.stringMatching(/person:ben accepted it at/)])
  expect((await scene.at('ben').json('registry', 'accept', id)).body.registry.accepted_at).toBeDefined()
})

test('`registry retire` asks to end an agent of the policy folder too', async () => {
  const { exit, out } = await dan().type('registry', 'retire', 'agent:remediator', ...why)
  expect([exit, out]).toEqual([0, expect.stringMatching(/status {2}"active" -> "retired"/)])
})

test('`registry list` and `show` have the entries and the version', async () => {
  const none = await scene.at('ana').type('registry')
  expect(none.out).toContain('version 0')
  govern()
  expect((await scene.at('ana').type('registry', 'list')).out).toMatch(/agent:deployer +person:dan/)
  const { out } = await scene.at('ana').type('registry', 'show', 'agent:deployer')
  expect(out).toMatch(/^agent:deployer {2}active$/m)
  expect(out).toMatch(/owner +person:dan/)
  const { exit, err } = await scene.at('ana').type('registry', 'show', 'agent:builder')
  expect([exit, err]).toEqual([2, expect.stringContaining('agents show agent:builder')])
})
