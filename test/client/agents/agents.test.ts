import { useScene } from '../support/scene.ts'

/** `hotwork agents`, `agents show` and `agents recertify`. */

const scene = useScene()
const recertify = (who: string, id: string) => scene.at(who).json('agents', 'recertify', id, '--reason', 'still needed')

test('agents has all, with who answers for each, until when, and why one is suspended', async () => {
  const { exit, out } = await scene.at('ana').type('agents')
  expect(exit).toBe(0)
  expect(out).toMatch(/^agent:remediator +person:dan +autonomous +active +/m)
  expect(out).toMatch(/ 31 Dec 2030 00:00 UTC /)
  expect(out).toMatch(/^agent:librarian +person:mia +supervised +suspended \(recertification\) +/m)
})

test('show has one agent whole, with its live grants and what its host could do', async () => {
  const { ask } = await scene.api.world.approved()
  const { exit, out } = await scene.at('ana').type('agents', 'show', 'agent:remediator')
  expect(exit).toBe(0)
  expect(out).toContain('agent:remediator  active')
  expect(out).toContain(`${ask.id} ssm:PutParameter`)
  expect(out).toContain('kubernetesServiceAccount prod/agents/remediator')
  expect(out).toContain('by 31 Dec 2030 00:00 UTC, in 1446 days')
  expect(out).toContain('record   not summed up yet')
  expect(out).toMatch(
    /^its host never looked at: of \d+ actions it is not known whether it could do them\n +Hotwork asks no cluster/m,
  )
  const { body } = await scene.at('ana').json('agents', 'show', 'agent:remediator')
  expect(body).toMatchObject({
    owner: 'person:dan',
    status: 'active',
    counts: { days_30: { asked: 0 }, days_90: { extra_calls: 0 } },
    live_grants: [{ request: ask.id, action: 'ssm:PutParameter' }],
    recertification: { due: '2030-12-31T00:00:00Z' },
    ambient: { actions: { 'ssm:PutParameter': 'unknown' } },
  })
  expect((await scene.at('ana').json('agents', 'show', 'agent:none')).exit).toBe(2)
})

test('a suspended agent is recertified by a person who does not answer for it, and is active at once', async () => {
  expect(await recertify('ana', 'agent:librarian')).toMatchObject({ exit: 4, body: { error: 'not_permitted' } })
  for (const who of ['mia', 'lena'])
    expect(await recertify(who, 'agent:librarian')).toMatchObject({ exit: 4, body: { error: 'own_recertification' } })
  const { exit, out } = await scene
    .at('gus')
    .type('agents', 'recertify', 'agent:librarian', '--reason', 'read its counts')
  expect([exit, out]).toEqual([0, expect.stringContaining('RECERTIFIED agent:librarian\nuntil')])
  const { body } = await scene.at('ana').json('agents', 'show', 'agent:librarian')
  expect(body).toMatchObject({
    status: 'active',
    recertification: { due: '2027-07-14T08:00:00Z', by: 'person:gus', at: '2027-01-15T08:00:00Z' },
  })
})

test('a recertification whose answer was lost is sent again, and is one', async () => {
  scene.api.nextCalls.push('answer_lost')
  expect(await recertify('gus', 'librarian')).toMatchObject({ exit: expect.any(Number) })
  await recertify('gus', 'agent:librarian')
  const types = await scene.api.world.story('agent:librarian')
  expect(types.filter((type) => type === 'Recertified')).toHaveLength(1)
})

test('what has no date is nothing to recertify, and a word that is none of the kinds is wrong usage', async () => {
  expect(await recertify('gus', 'group:sre')).toMatchObject({ exit: 2 })
  expect(await recertify('gus', 'tool:flag-service')).toMatchObject({ exit: 2, body: { error: 'usage' } })
})
