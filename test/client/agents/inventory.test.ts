import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostKinds as hostWords } from '../../../client/agents/hosts.ts'
import { drawInventory } from '../../../client/agents/picture.ts'
import { mapView } from '../../../functions/adapters/http/map-view.ts'
import { noCounts } from '../../../functions/domain/agents/activity.ts'
import { hostKinds } from '../../../functions/domain/people/host-kinds.ts'
import type { Agent } from '../../../functions/domain/people/organisation.ts'
import { agent, start, World } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork agents inventory`: hosts that allow without asking what their agents ask for. */

const scene = useScene()
const role = 'arn:aws:iam::000000000000:role/nightly-jobs'
const wide = { name: 'everything-of-staging', action: 'ssm:*', resource: 'arn:aws:ssm:*:*:parameter/staging/*' }
const attach = (...policies: Parameters<typeof scene.api.ports.simulator.attach>[1][]) =>
  scene.api.ports.simulator.attach(role, ...policies)
const inventory = (...words: string[]) => scene.at('ana').type('agents', 'inventory', ...words)

test('an inventory of one agent looks at its host: what it could do, and what to detach', async () => {
  attach(wide)
  const { exit, out } = await inventory('agent:nightly')
  expect(exit).toBe(0)
  expect(out).toMatch(/agent:nightly +person:mia +supervised +active +arn:aws:iam::000000000000:role\/nightly-jobs/)
  expect(out).toContain(
    'agent:nightly could do ssm:PutParameter on arn:*:ssm:*:*:parameter/staging/*: detach everything-of-staging (role)',
  )
  expect(out).toContain('npx --no-install hotwork agents guardrail agent:nightly')
})

test('a second look within a minute asks IAM nothing', async () => {
  attach(wide)
  await inventory('agent:nightly')
  const { asked } = scene.api.ports.simulator
  expect(asked).toBeGreaterThan(0)
  await inventory('agent:nightly')
  expect(scene.api.ports.simulator.asked).toBe(asked)
  scene.advance(60)
  await inventory('agent:nightly')
  expect(scene.api.ports.simulator.asked).toBe(2 * asked)
})

test('an inventory of all agents has the earlier looks, and says how to look at a host in words', async () => {
  attach(wide)
  await inventory('agent:nightly')
  const { out } = await inventory()
  const [head, ...rows] = out.split('\n')
  expect(head).toMatch(/^AGENT +OWNER +AUTONOMY +STATUS +RUNS ON +ALLOWED +DENIED +UNKNOWN +LOOKED AT$/)
  expect(rows.filter((row) => row.startsWith('agent:nightly '))).toHaveLength(1)
  expect(out).toMatch(/agent:builder +person:lena .* never/)
  expect(out).toContain('agent:planner: Hotwork knows nothing of this host.')
})

test('a host whose right is denied is no way round', async () => {
  attach(wide, { ...wide, name: 'hotwork-guardrail', effect: 'Deny' })
  const { out } = await inventory('agent:nightly')
  expect(out).toContain('NO WAY ROUND was found')
})

test.each([
  ['throttled', 'AWS asked Hotwork to wait'],
  ['not_permitted', 'deploy the target stack of its account'],
] as const)("an inventory without IAM's answer (%s) knows nothing, and says what to do", async (why, words) => {
  attach(wide)
  scene.api.world.agents.firstLook = () => undefined
  scene.api.ports.simulator.unseen = why
  const { out } = await inventory('agent:nightly')
  expect(out).toContain(words)
  const { body } = await scene.at('ana').json('agents', 'inventory', 'agent:nightly')
  expect(Object.values(body.agents[0].ambient.actions)).not.toContain('denied')
})

test('an inventory says that a role is missing', async () => {
  const { out } = await inventory('agent:nightly')
  expect(out).toContain('the role is not there')
})

test("an inventory lists where an agent's record contradicts its class", async () => {
  await scene.api.world.agents.saveActivity(agent('assistant'), {
    at: scene.api.world.clock.now(),
    days30: { ...noCounts, asked: 3, approved: 3, night: 3 },
    days90: noCounts,
    lastUse: {},
  })
  expect((await inventory()).out).toContain('agent:assistant is declared assistive, and asked 3 times at night')
})

test('an inventory with --json is one document, with each way round', async () => {
  attach(wide)
  const { body } = await scene.at('ana').json('agents', 'inventory', 'agent:nightly')
  expect(body.ways_round).toEqual([
    {
      ...{ agent: 'agent:nightly', action: 'ssm:PutParameter', by: ['everything-of-staging (role)'] },
      resource: 'arn:*:ssm:*:*:parameter/staging/*',
    },
  ])
})

test('an inventory with --picture is drawn too', async () => {
  attach(wide)
  const at = scene.at('ana')
  const { exit } = await at.type('agents', 'inventory', 'agent:nightly', '--picture', 'inventory.svg')
  expect(exit).toBe(0)
  const text = readFileSync(join(at.folder, 'inventory.svg'), 'utf8')
  expect(text).toContain('1 agent, 1 way round Hotwork')
  expect(text).toContain('▲ could do ssm:PutParameter')
})

test('a name is nothing but text in the picture', () => {
  const hostile = '<script>alert("x")</script>\u202e'
  const text = drawInventory([
    {
      ...{ id: hostile, owner: hostile, autonomy: hostile, status: 'active', findings: [] },
      runs_on: { other: hostile },
      ambient: { actions: { [hostile]: 'allowed' }, resources: {} },
    },
  ])
  expect(text).not.toContain('<script')
  expect(text).not.toContain('\u202e')
})

test('the command line has words for each kind of host on which an agent may run', () => {
  expect([...hostWords.keys()].toSorted()).toEqual(Object.keys(hostKinds).toSorted())
})

test('a picture has the map for people who may inspect, and says that it lacks it for others', async () => {
  await scene.api.world.agents.saveLooked(agent('nightly'), {
    ...{ at: scene.api.world.clock.now(), role, actions: {}, roles: [{ arn: role, via: 'host' }] },
    secrets: [{ kind: 'secret', name: 'prod/database', role }],
  })
  const drawn = async (who: string, ...words: string[]) => {
    const terminal = scene.at(who)
    const { exit, err } = await terminal.type('agents', 'inventory', '--picture', `${who}.svg`, ...words)
    return { exit, err, text: readFileSync(join(terminal.folder, `${who}.svg`), 'utf8') }
  }
  const { exit, err, text } = await drawn('gus')
  expect([exit, err]).toEqual([0, 'the picture is in gus.svg\n'])
  expect(text).toContain('secret prod/database')
  expect((await drawn('hana', '--fold', 'owner')).text).toContain('1 secret or parameter')
  const without = await drawn('ana')
  expect(without.err).toContain('without the map, since policy lets you inspect no agent')
  expect(without.text).not.toContain('prod/database')
})

const seenBy = (agents: readonly Agent[]) =>
  agents.map(
    (each) => ({ agent: each, status: 'active', recertifyBy: start, file: {}, grants: [], allGrants: true }) as const,
  )

test('the map of the API has every agent that a person may inspect, page by page', async () => {
  const { world } = scene.api
  const [first] = world.policy.bundle.agents
  if (!first) throw new Error('the sample has an agent')
  const agents = Array.from({ length: 201 }, (_, n) => ({ ...first, id: agent(`a-${String(n).padStart(3, '0')}`) }))
  world.policy = new World({ ...world.policy.bundle, agents }).policy
  const terminal = scene.at('gus')
  await terminal.type('agents', 'inventory', 'agent:a-200', '--picture', 'one.svg')
  expect(readFileSync(join(terminal.folder, 'one.svg'), 'utf8')).toContain('agent:a-200')
  const { api } = scene
  expect(readFileSync(join(terminal.folder, 'one.svg'), 'utf8')).toContain('1 agent: who owns')
  const pages = await Promise.all(
    ['', 'agent:a-199'].map(async (after) => mapView(seenBy(api.world.policy.bundle.agents), start, { after })),
  )
  expect(pages.map(({ agents: page, next }) => [page.length, next])).toEqual([
    [200, 'agent:a-199'],
    [1, undefined],
  ])
})
