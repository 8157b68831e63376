import { manyOthers, mostListed, wrongPatterns } from '../../../functions/domain/agents/unknown-callers.ts'
import { verifyOther } from '../../../functions/domain/ledger/ledger.ts'
import type { OidcIssuer } from '../../../functions/domain/people/identity-issuer.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import {
  digestOfSubject,
  recordUnknownCallers,
  UnknownCallers,
  unknownCallersNow,
  writeEvery,
} from '../../../functions/operations/agents/unknown-callers.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import { MemoryAgentLives } from '../../support/agents/memory-agent-lives.ts'
import { MemoryUnknownCallers } from '../../support/agents/memory-unknown-callers.ts'
import { withAgent } from '../../support/bundles.ts'
import { agent, sampleBundle, start, World } from '../../support/world.ts'

/** Callers whose tokens verify and who belong to no one: noted, listed and recorded, within bounds. */

const alias = 'workloads'
const acme = (name: string) => ({ alias, subject: `repo:acme/${name}` })
const stranger = { alias, subject: 'repo:stranger/x' }

function bundleOf(expected?: string[]): Bundle {
  const sample = sampleBundle()
  const { issuers } = sample.deployment
  const settings = { ...(issuers[alias] as OidcIssuer), ...(expected ? { expected } : {}) }
  return { ...sample, deployment: { ...sample.deployment, issuers: { ...issuers, [alias]: settings } } }
}

let world: World
let store: MemoryUnknownCallers
let lives: MemoryAgentLives
const use = (bundle = bundleOf(['repo:acme/*'])) => {
  world = new World(bundle)
  lives = new MemoryAgentLives(world.ledger)
  store = new MemoryUnknownCallers()
}
beforeEach(() => use())

const ports = () => ({ ...world.ports, store, unknown: store, lives })
const process = () => new UnknownCallers(ports())
const now = async () => (await unknownCallersNow(ports())).find(({ issuer }) => issuer === alias)
const record = () => recordUnknownCallers(ports())
const entries = () => world.ledger.entries(`issuer:${alias}`)
const alarms = () => world.log.lines.filter(({ message }) => message === 'unknown_callers_flood')

test('a subject that a pattern admits is listed with its times and calls, and all others are one number', async () => {
  const noted = process()
  await noted.note(acme('checkout'))
  world.clock.advance(writeEvery)
  await noted.note(stranger)
  await noted.note({ alias, subject: 'repo:stranger/y' })
  world.clock.advance(writeEvery)
  await noted.note(acme('checkout'))
  expect(await now()).toMatchObject({
    ...{ name: 'https://id.example.org', expected: ['repo:acme/*'], others: 2, flooded: false },
    callers: [{ subject: 'repo:acme/checkout', first: start, last: start + 2 * writeEvery, calls: 2 }],
  })
})

test.each([
  ['without patterns', undefined, 'repo:acme/checkout'],
  ['with a character that cannot be seen', ['*'], 'repo:acme/\u202etuokcehc'],
  ['of over 512 characters', ['*'], `repo:${'a'.repeat(512)}`],
  ['that would be the prototype of the list', ['*'], '__proto__'],
])('a subject %s is only counted', async (_why, expected, subject) => {
  use(bundleOf(expected))
  await process().note({ alias, subject })
  expect(await now()).toMatchObject({ callers: [], others: 1 })
})

test('a name that objects inherit is a subject like any other', async () => {
  use(bundleOf(['*']))
  const noted = process()
  for (const subject of ['constructor', 'toString', 'constructor']) await noted.note({ alias, subject })
  world.clock.advance(writeEvery)
  await noted.note({ alias, subject: 'toString' })
  expect((await now())?.callers.map(({ subject, calls }) => [subject, calls]).toSorted()).toEqual([
    ['constructor', 2],
    ['toString', 2],
  ])
})

test('a subject that is registered by now is no longer listed', async () => {
  const { alias: issuer, subject } = acme('checkout')
  await process().note({ alias: issuer, subject })
  world.policy = new World(withAgent(agent('remediator'), { identities: [{ issuer, subject }] }, bundleOf())).policy
  expect(await now()).toMatchObject({ callers: [] })
})

test('ten thousand unknown subjects a minute cost seven writes of a process, list 200, and raise one alarm', async () => {
  const noted = process()
  for (let call = 0; call <= 10_000; call++) {
    await noted.note(acme(`x${call}`))
    if (call % 500 === 499) world.clock.advance(3)
  }
  expect(store.writes).toBeLessThanOrEqual(7)
  const found = await now()
  expect(found?.callers).toHaveLength(mostListed)
  expect(found).toMatchObject({ flooded: true })
  expect((found?.others ?? 0) + mostListed).toBeGreaterThan(8000)
  expect(alarms()).toMatchObject([{ level: 'error', fields: { issuer: alias } }])
  // One page of memory, however long the flood: the rest is a number.
  expect(JSON.stringify(await store.days([{ issuer: alias, day: '2027-01-15' }])).length).toBeLessThan(50_000)
})

test('a flood of strangers writes numbers alone, and raises an alarm once a day', async () => {
  const noted = process()
  const flood = async () => {
    for (let call = 0; call < manyOthers; call++) await noted.note(stranger)
    world.clock.advance(writeEvery)
    await noted.note(stranger)
  }
  await flood()
  await flood()
  expect(alarms()).toHaveLength(1)
  expect(store.writes).toBeLessThanOrEqual(4)
  world.clock.advance(86_400)
  await flood()
  expect(alarms()).toHaveLength(2)
  expect(await now()).toMatchObject({ callers: [] })
})

test('many processes that write at once lose no more than their last seconds, and none writes more often', async () => {
  const all = Array.from({ length: 20 }, process)
  for (let round = 0; round < 5; round++) {
    await Promise.all(all.map((each) => each.note(stranger)))
    world.clock.advance(writeEvery)
  }
  expect(store.writes).toBeLessThanOrEqual(20 * 5 * 2)
  for (let round = 0; round < 2; round++)
    for (const each of all) {
      world.clock.advance(writeEvery)
      await each.note(stranger)
    }
  expect(await now()).toMatchObject({ others: 140 })
})

test('a store that fails is not asked again by each call, and the calls are added later', async () => {
  const noted = process()
  store.fault = new StoreUnavailable('down')
  for (let call = 0; call < 50; call++) await noted.note(acme('checkout'))
  expect(world.log.lines.map(({ message }) => message)).toEqual(['unknown_caller_not_kept'])
  store.fault = undefined
  world.clock.advance(writeEvery)
  await noted.note(acme('checkout'))
  expect(await now()).toMatchObject({ callers: [{ calls: 51 }] })
})

test('a row goes 90 days after its last write', async () => {
  await process().note(stranger)
  expect(store.expiries).toEqual([start + 90 * 86_400])
})

test('the record has one entry a day for each listed subject, and one after the day for the number of others', async () => {
  const noted = process()
  for (const each of [acme('checkout'), acme('checkout'), acme('billing'), stranger]) await noted.note(each)
  world.clock.advance(writeEvery)
  await noted.note(stranger)
  expect([await record(), await record()]).toEqual([2, 0])
  world.clock.advance(86_400)
  await noted.note(acme('checkout'))
  expect([await record(), await record()]).toEqual([2, 0])
  const chain = await entries()
  expect(chain.map(({ type, actor, facts }) => [type, actor.id, facts])).toEqual([
    ['UnknownCaller', 'hotwork', { issuer: alias, day: '2027-01-15', subject: digestOfSubject('repo:acme/checkout') }],
    ['UnknownCaller', 'hotwork', { issuer: alias, day: '2027-01-15', subject: digestOfSubject('repo:acme/billing') }],
    ['UnknownCaller', 'hotwork', { issuer: alias, day: '2027-01-16', subject: digestOfSubject('repo:acme/checkout') }],
    ['UnknownCaller', 'hotwork', { issuer: alias, day: '2027-01-15', calls: 2 }],
  ])
  expect(verifyOther(`issuer:${alias}`, chain)).toMatchObject({ state: { refused: 0 } })
  expect(verifyOther(`issuer:${alias}`, chain)?.broken).toBeUndefined()
})

test('a full day is recorded completely, and once', async () => {
  const noted = process()
  for (let call = 0; call < 500; call++) await noted.note(acme(`x${call}`))
  world.clock.advance(writeEvery)
  await noted.note(stranger)
  expect([await record(), await record()]).toEqual([mostListed, 0])
  expect(new Set((await entries()).map(({ facts }) => facts['subject'])).size).toBe(mostListed)
})

test('a fault about one issuer is logged, and the next run records it', async () => {
  await process().note(acme('checkout'))
  store.fault = new StoreUnavailable('down')
  expect(await record()).toBe(0)
  expect(world.log.lines.at(-1)).toMatchObject({ level: 'error', message: 'look_after_failed' })
  store.fault = undefined
  expect(await record()).toBe(1)
})

const github = (expected?: string[]) =>
  ({
    ...{ kind: 'github', issuer: 'https://token.actions.githubusercontent.com', audience: '{issuer}' },
    ...{ algorithms: ['RS256'], ...(expected ? { expected } : {}) },
  }) as const as Parameters<typeof wrongPatterns>[0]

test.each([
  ['GitHub’s with one owner', github(['repo:acme/*', 'repo:acme@65410/*']), 0],
  ['GitHub’s with a whole subject', github(['repo:acme/checkout:environment:production']), 0],
  ['GitHub’s without patterns', github(), 1],
  ['GitHub’s with everyone', github(['*', 'repo:*', 'repo:acme*', 'repo:*/checkout']), 4],
  ['an enterprise’s own at GitHub', { ...github(), issuer: 'https://token.actions.githubusercontent.com/acme' }, 0],
  ['GitLab’s without patterns', { ...github(), kind: 'oidc', issuer: 'https://gitlab.com/' }, 1],
  ['a company’s own', { ...github(['*']), kind: 'oidc', issuer: 'https://id.acme.example' }, 0],
])('the patterns of %s issuer are checked at the build', (_whose, issuer, count) => {
  const wrong = wrongPatterns(issuer as Parameters<typeof wrongPatterns>[0])
  expect(wrong).toHaveLength(count)
  for (const { message, fix } of wrong) expect(`${message} ${fix}`).toContain('acme/*')
})
