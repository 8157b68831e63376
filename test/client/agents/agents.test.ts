import { CedarPolicy } from '../../../functions/adapters/cedar/cedar-policy.ts'
import { CurrentPolicy } from '../../../functions/operations/agents/current-policy.ts'
import { governDeployer } from '../../support/agents/governed.ts'
import { withPerson } from '../../support/bundles.ts'
import { person, start } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork agents`, `agents show` and `agents recertify`. */

const scene = useScene()
const evidence = async (id: string): Promise<string> =>
  (await scene.at('ana').json('agents', 'show', id)).body.evidence_digest ?? `sha-256:${'0'.repeat(43)}`
const recertify = async (who: string, id: string) =>
  scene.at(who).json('agents', 'recertify', id, '--evidence', await evidence(id), '--reason', 'still needed')

test('`agents` lists each agent with its owner, its date, and why it is suspended', async () => {
  const { exit, out } = await scene.at('ana').type('agents')
  expect(exit).toBe(0)
  expect(out).toMatch(/^agent:remediator +person:dan +autonomous +active +/m)
  expect(out).toMatch(/ 29 May 00:00 UTC /)
  expect(out).toMatch(/^agent:librarian +person:mia +supervised +suspended \(recertification\) +/m)
})

const withLeaving = (id: string, changes: object) => {
  const { world } = scene.api
  world.policy = new CedarPolicy(withPerson(person(id), changes, world.policy.bundle))
}

test('`agents` lists first the agents whose owner left or leaves, with the next step', async () => {
  withLeaving('mia', { leavesOn: start + 86_400 })
  const { out } = await scene.at('ana').type('agents')
  expect(out).toMatch(/^ID.+\nagent:librarian .+suspended \(recertification\), owner leaves /)
  expect(out).toContain('next     agent:librarian: name another owner in agents.json, and deploy')
  const { body } = await scene.at('ana').json('agents', 'show', 'agent:librarian')
  expect(body.leaving).toEqual({ on: '2027-01-16T08:00:00Z', answers: 'person:lena', entry: 'folder' })
  withLeaving('mia', { status: 'inactive' })
  expect((await scene.at('ana').type('agents', 'show', 'agent:nightly')).out).toMatch(
    /^agent:nightly {2}orphaned \(owner_inactive\), owner left$/m,
  )
})

test('the next step for an agent of the registry is a transfer', async () => {
  const { world } = scene.api
  governDeployer(world)
  const leaving = withPerson(person('dan'), { leavesOn: start + 86_400 }, world.policy.bundle)
  world.policy = new CurrentPolicy(new CedarPolicy(leaving), world)
  await world.policy.look?.([])
  expect((await scene.at('ana').type('agents')).out).toMatch(
    /^next +npx --no-install hotwork registry transfer agent:deployer --to PERSON --reason TEXT/m,
  )
})

test('`agents --owner` lists the agents for which a person answers', async () => {
  const { body } = await scene.at('ana').json('agents', '--owner', 'person:lena')
  expect(body.agents.map(({ id }: { id: string }) => id)).toEqual(['agent:builder', 'agent:planner', 'agent:librarian'])
  expect((await scene.at('ana').type('agents', '--owner', 'person:zoe')).out).toBe('none\n')
})

test('`agents show` has an agent with its live grants and the rights of its host', async () => {
  const { ask } = await scene.api.world.approved()
  const { exit, out } = await scene.at('ana').type('agents', 'show', 'agent:remediator')
  expect(exit).toBe(0)
  expect(out).toContain('agent:remediator  active')
  expect(out).toContain(`${ask.id} ssm:PutParameter`)
  expect(out).toContain('awsRole arn:aws:iam::000000000000:role/remediator')
  expect(out).toContain('by 29 May 00:00 UTC, in 134 days')
  expect(out).toContain('record   not summed up yet')
  expect(out).toMatch(/^its host never looked at: for \d+ actions the answer is unknown$/m)
  const { body } = await scene.at('ana').json('agents', 'show', 'agent:remediator')
  expect(body).toMatchObject({
    owner: 'person:dan',
    status: 'active',
    counts: { days_30: { asked: 0 }, days_90: { extra_calls: 0 } },
    live_grants: [{ request: ask.id, action: 'ssm:PutParameter' }],
    recertification: { due: '2027-05-29T00:00:00Z' },
    ambient: { actions: { 'ssm:PutParameter': 'unknown' } },
  })
  expect((await scene.at('ana').json('agents', 'show', 'agent:none')).exit).toBe(2)
})

test('a suspended agent is recertified by a person outside its owners, and is active at once', async () => {
  expect(await recertify('ana', 'agent:librarian')).toMatchObject({ exit: 4, body: { error: 'not_permitted' } })
  for (const who of ['mia', 'lena'])
    expect(await recertify(who, 'agent:librarian')).toMatchObject({ exit: 4, body: { error: 'own_recertification' } })
  const shown = await evidence('agent:librarian')
  const { exit, out } = await scene
    .at('gus')
    .type('agents', 'recertify', 'agent:librarian', '--evidence', shown, '--reason', 'read its counts')
  expect([exit, out]).toEqual([0, expect.stringContaining('RECERTIFIED agent:librarian\nuntil')])
  const { body } = await scene.at('ana').json('agents', 'show', 'agent:librarian')
  expect(body).toMatchObject({
    status: 'active',
    recertification: { due: '2027-07-14T08:00:00Z', by: 'person:gus', at: '2027-01-15T08:00:00Z' },
  })
})

test('`agents recertify --retire` answers no: the agent is retired, and cannot be recertified again', async () => {
  const words = ['agents', 'recertify', 'agent:librarian', '--retire', '--reason', 'no longer needed', '--evidence']
  const { exit, out } = await scene.at('gus').type(...words, await evidence('agent:librarian'))
  expect([exit, out]).toEqual([
    0,
    expect.stringMatching(/^RETIRED agent:librarian\nby +person:gus\nevidence +sha-256:/),
  ])
  scene.api.world.clock.advance(2)
  const { body } = await scene.at('ana').json('agents', 'show', 'agent:librarian')
  expect(body).toMatchObject({ status: 'retired', because: 'retired' })
  expect(await recertify('hana', 'agent:librarian')).toMatchObject({ exit: 4, body: { error: 'already_retired' } })
})

test('people, groups and sealed roles are not retired', async () => {
  const words = ['agents', 'recertify', 'person:ben', '--retire', '--reason', 'gone', '--evidence']
  const none = `sha-256:${'0'.repeat(43)}`
  expect(await scene.at('gus').json(...words, none)).toMatchObject({ exit: 2, body: { error: 'usage' } })
})

test('`agents recertify` sends the evidence that was read, and is refused if it has changed', async () => {
  const words = ['agents', 'recertify', 'agent:librarian', '--reason', 'still needed']
  const stale = await scene.at('gus').json(...words, '--evidence', `sha-256:${'0'.repeat(43)}`)
  expect(stale).toMatchObject({ body: { error: 'stale_digest' } })
  expect(await scene.at('gus').json(...words, '--evidence', 'seen')).toMatchObject({ exit: 2 })
  expect(await scene.at('gus').json(...words)).toMatchObject({ exit: 2 })
  expect(await scene.api.world.story('agent:librarian')).toEqual([])
})

test('`agents show` has the evidence for a person who is to be recertified', async () => {
  const { world } = scene.api
  world.policy = new CedarPolicy(withPerson(person('ben'), { recertifyBy: start - 1 }, world.policy.bundle))
  const { exit, out } = await scene.at('ana').type('agents', 'show', 'person:ben')
  expect([exit, out]).toEqual([0, expect.stringContaining('person:ben\nrecertify')])
  expect(out).toMatch(/^evidence +sha-256:/m)
  expect(await recertify('gus', 'person:ben')).toMatchObject({ exit: 0, body: { subject: 'person:ben' } })
})

test('a break-glass profile is recertified on its rights, by a person who may not open it', async () => {
  const { out } = await scene.at('ana').type('agents', 'show', 'profile:checkout-recovery')
  expect(out).toMatch(/^rights +\[\{"action":"ssm:PutParameter"/m)
  expect(await recertify('jade', 'profile:checkout-recovery')).toMatchObject({ exit: 4 })
  const done = await recertify('gus', 'profile:checkout-recovery')
  expect(done).toMatchObject({ exit: 0, body: { subject: 'profile:checkout-recovery' } })
})

test('a recertification whose answer was lost is sent again, and counts once', async () => {
  const words = ['agents', 'recertify', 'librarian', '--evidence', await evidence('agent:librarian')]
  scene.api.nextCalls.push('answer_lost')
  expect(await scene.at('gus').json(...words, '--reason', 'needed')).toMatchObject({ exit: expect.any(Number) })
  await recertify('gus', 'agent:librarian')
  const types = await scene.api.world.story('agent:librarian')
  expect(types.filter((type) => type === 'Recertified')).toHaveLength(1)
})

test('a group without a date is not recertified, and a tool is wrong usage', async () => {
  expect(await recertify('gus', 'group:none')).toMatchObject({ exit: 2 })
  expect(await recertify('gus', 'tool:flag-service')).toMatchObject({ exit: 2, body: { error: 'usage' } })
})
