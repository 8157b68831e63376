import { longest } from '../../../client/agents/guardrail.ts'
import { agent } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork agents guardrail`: the policies that close the way round, for the roles of one host. */

const scene = useScene()
const role = 'arn:aws:iam::000000000000:role/nightly-jobs'
const wide = { name: 'everything-of-staging', action: 'ssm:*', resource: 'arn:aws:ssm:*:*:parameter/staging/*' }
const guardrail = { name: 'hotwork-guardrail', effect: 'Deny', action: '*', resource: '*' } as const
const attach = (...policies: Parameters<typeof scene.api.ports.simulator.attach>[1][]) =>
  scene.api.ports.simulator.attach(role, ...policies)
const typed = (who: string, ...words: string[]) => scene.at(who).type('agents', 'guardrail', 'agent:nightly', ...words)

test('a guardrail is a policy for the role, and nothing else is on standard output', async () => {
  const { exit, out, err } = await typed('ana')
  expect(exit).toBe(0)
  const { Statement } = JSON.parse(out)
  expect(Statement).toMatchObject([{ Effect: 'Deny', Action: expect.arrayContaining(['ssm:PutParameter']) }])
  expect(err).toContain('aws iam put-role-policy --role-name nightly-jobs')
})

test('a guardrail for a GitHub host names the condition of a trust policy, and one for a host in words is wrong usage', async () => {
  const { exit, out, err } = await scene.at('ana').type('agents', 'guardrail', 'agent:builder')
  expect(exit).toBe(0)
  expect(JSON.parse(out).Statement[0].Action).toContain('ssm:PutParameter')
  expect(err).toContain('"token.actions.githubusercontent.com:sub": "repo:example-org/checkout:environment:ANOTHER"')
  const refused = await scene.at('ana').type('agents', 'guardrail', 'agent:planner')
  expect(refused.exit).toBe(2)
  expect(refused.err).toContain('an unknown kind of host')
})

test('a guardrail is attached once IAM denies each action, and until then the open ones are listed', async () => {
  const check = () => typed('ana', '--check')
  attach(wide)
  const before = await check()
  expect(before.exit).toBe(4)
  expect(before.out).toContain('ssm:PutParameter on arn:*:ssm:*:*:parameter/staging/*: allowed')
  attach(wide, guardrail)
  scene.advance(60)
  const after = await check()
  expect([after.exit, after.out]).toEqual([0, expect.stringContaining('ATTACHED')])
})

test('a guardrail is not called attached where the role only has no right', async () => {
  const exact = 'arn:aws:ssm:us-east-1:000000000000:parameter/staging/checkout/payment-timeout-ms'
  attach({ ...wide, resource: exact })
  const { exit, out } = await typed('ana', '--check')
  expect([exit, out]).toEqual([4, expect.stringMatching(/^NOT ATTACHED: .* is denied, but not by a guardrail\n/)])
})

test('a guardrail is unknown if the look did not end, with the time of the last one', async () => {
  attach(wide, guardrail)
  expect((await typed('ana', '--check')).exit).toBe(0)
  scene.advance(180)
  jest.spyOn(scene.api.world.agents, 'saveLooked').mockResolvedValue(false)
  const { exit, out } = await typed('ana', '--check')
  expect([exit, out]).toEqual([4, expect.stringMatching(/^UNKNOWN: [\s\S]*the last look was at [\s\S]*its log/)])
})

test('a guardrail is not called attached if one action was not asked about', async () => {
  attach(wide, guardrail)
  await typed('ana', '--check')
  const { looked } = await scene.api.world.agents.host(agent('nightly'))
  if (!looked) throw new TypeError('the host was looked at')
  const { 'ecs:UpdateService': _, ...actions } = looked.actions
  await scene.api.world.agents.saveLooked(agent('nightly'), { ...looked, at: looked.at + 1, actions })
  const { exit, out } = await typed('ana', '--check')
  expect([exit, out]).toEqual([4, expect.stringContaining('ecs:UpdateService on *: unknown')])
})

test('a guardrail is not called attached on the answers of an earlier look', async () => {
  attach(wide, guardrail)
  const check = () => typed('ana', '--check')
  expect((await check()).exit).toBe(0)
  attach(wide)
  scene.advance(60)
  scene.api.ports.simulator.unseen = 'throttled'
  const { exit, out } = await check()
  expect([exit, out]).toEqual([4, expect.stringMatching(/^NOT ATTACHED.+AWS asked Hotwork to wait/s)])
})

describe('a permissions boundary', () => {
  const boundary = 'arn:aws:iam::000000000000:policy/hotwork-guardrail-nightly'

  test('a guardrail as a boundary allows the rest, denies what would take it off, and fits', async () => {
    const { exit, out, err } = await typed('hana', '--form', 'boundary')
    expect(exit).toBe(0)
    const { Statement } = JSON.parse(out)
    expect(Statement).toMatchObject([
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: expect.arrayContaining(['ssm:PutParameter']) },
      { Effect: 'Deny', Action: expect.arrayContaining(['iam:Delete*', 'iam:Put*', 'iam:Create*']) },
    ])
    expect(out.length).toBeLessThan(longest.boundary)
    expect(err).toContain(`put-role-permissions-boundary --role-name nightly-jobs --permissions-boundary ${boundary}`)
  })

  test('a boundary is attached once the role has it and IAM denies each action', async () => {
    attach(wide)
    const before = await typed('hana', '--form', 'boundary', '--check')
    expect([before.exit, before.out]).toEqual([4, expect.stringMatching(/^NOT ATTACHED: [\s\S]*boundary is none\n/)])
    expect(before.out).toContain('ssm:PutParameter on arn:*:ssm:*:*:parameter/staging/*: allowed')
    scene.api.ports.simulator.boundaries.set(role, boundary)
    scene.advance(60)
    expect((await typed('hana', '--form', 'boundary', '--check')).out).toMatch(/^NOT ATTACHED/)
    attach(wide, guardrail)
    scene.advance(60)
    const after = await typed('hana', '--form', 'boundary', '--check')
    expect([after.exit, after.out]).toEqual([0, expect.stringMatching(/^ATTACHED/)])
  })

  test('another boundary is named, since the guardrail would replace it', async () => {
    attach(guardrail)
    scene.api.ports.simulator.boundaries.set(role, 'arn:aws:iam::000000000000:policy/platform')
    expect((await typed('hana', '--form', 'boundary', '--check')).out).toContain('its boundary is arn:aws:iam::')
    expect((await typed('hana', '--form', 'boundary')).err).toContain(
      'it replaces arn:aws:iam::000000000000:policy/platform',
    )
  })

  test('a boundary that this person may not see is unknown, and not attached', async () => {
    attach(guardrail)
    const { exit, out } = await typed('ana', '--form', 'boundary', '--check')
    expect([exit, out]).toEqual([4, expect.stringMatching(/^UNKNOWN: [\s\S]*you may not inspect it/)])
  })
})

describe('a service control policy', () => {
  test('a guardrail as an SCP denies the roles of the host alone, and fits', async () => {
    const { exit, out, err } = await typed('hana', '--form', 'scp')
    expect(exit).toBe(0)
    const { Statement } = JSON.parse(out)
    expect(Statement).toHaveLength(2)
    for (const each of Statement)
      expect(each).toMatchObject({ Effect: 'Deny', Condition: { ArnEquals: { 'aws:PrincipalArn': [role] } } })
    expect(out.length).toBeLessThan(longest.scp)
    expect(err).toContain('aws organizations attach-policy --policy-id ID --target-id 000000000000')
  })

  test('an SCP is unknown, since only the management account may read it', async () => {
    attach(guardrail)
    const { exit, out } = await typed('hana', '--form', 'scp', '--check')
    expect([exit, out]).toEqual([4, expect.stringMatching(/^UNKNOWN: [\s\S]*management account/)])
  })

  test('an SCP for a host whose roles are not known is wrong usage', async () => {
    await scene.api.world.agents.saveLooked(agent('builder'), {
      ...{ at: scene.api.world.clock.now(), role: 'example-org/checkout#release', actions: {}, roles: [] },
    })
    const { exit, err } = await scene.at('hana').type('agents', 'guardrail', 'agent:builder', '--form', 'scp')
    expect([exit, err]).toEqual([2, expect.stringContaining('no role is known that this host reaches')])
  })
})
