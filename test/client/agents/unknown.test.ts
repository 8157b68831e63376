import { start } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork agents unknown`: callers and roles that belong to no agent. */

const scene = useScene()
const unknown = (who: string, ...words: string[]) => scene.at(who).type('agents', 'unknown', ...words)

test('callers that are not registered are listed by issuer, and all others are a number', async () => {
  const { world, ports } = scene.api
  await ports.notes.note({ alias: 'workloads', subject: 'repo:acme/x' })
  const { exit, out } = await unknown('gus')
  expect([exit, out]).toEqual([0, expect.stringContaining('none is listed')])
  expect(out).toContain('workloads: 1 calls of subjects that are not listed; without `expected`, no subject is listed')
  const seen = { first: start, last: start, calls: 3 }
  const day = {
    key: { issuer: 'people', day: '2027-01-15' },
    value: { listed: { 'job-7': seen }, others: 0 },
    version: 0,
  }
  await world.unknown.saveDay(day, start)
  expect((await unknown('gus')).out).toMatch(/^job-7 +people +3 +/m)
  expect((await scene.at('gus').json('agents', 'unknown')).body).toMatchObject({
    since: '2027-01-09T00:00:00Z',
    issuers: [{ issuer: 'workloads', others: 1 }, { callers: [{ subject: 'job-7', calls: 3 }] }],
  })
})

test('roles that trust an agent platform are listed by account, with what was not looked at', async () => {
  const { world } = scene.api
  expect((await unknown('gus', '--roles')).out).toContain('000000000000: not looked at')
  const forgotten = { arn: 'arn:aws:iam::000000000000:role/forgotten', platforms: ['github' as const] }
  const failed = { why: 'throttled' as const, rolesOf: start }
  await world.agents.savePlatformRoles('000000000000', { at: start, roles: [forgotten], more: 4, unread: 1, failed })
  const { out } = await unknown('gus', '--roles')
  expect(out).toMatch(/^arn:aws:iam::000000000000:role\/forgotten +000000000000 +github$/m)
  expect(out).toContain('the last look failed (throttled); 4 further roles were not kept')
  expect((await scene.at('gus').json('agents', 'unknown', '--roles')).body.accounts[0]).toMatchObject({ more: 4 })
})

test('people who may not inspect are refused, and no agent has a way to ask', async () => {
  for (const words of [[], ['--roles']])
    for (const who of ['ana', 'dan']) expect((await unknown(who, ...words)).exit).toBe(4)
})
