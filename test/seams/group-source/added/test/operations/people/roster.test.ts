import { groupView } from '../../../functions/adapters/http/group-view.ts'
import { groupsPage } from '../../../functions/adapters/pages/groups-page.ts'
import { readRoster } from '../../../functions/adapters/roster/read-roster.ts'
import { onCallSentence, onCallView } from '../../../functions/domain/cards/on-call-view.ts'
import { isEverMember } from '../../../functions/domain/people/group-source.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { listGroups } from '../../../functions/operations/people/list-groups.ts'
import { findOnCall } from '../../../functions/operations/people/on-call.ts'
import { refreshGroups } from '../../../functions/operations/people/refresh-groups.ts'
import { Copy } from '../../policies/sample.ts'
import { useServer } from '../../support/http-server.ts'
import { MemoryGroupReadings } from '../../support/people/memory-group-readings.ts'
import { person, sampleBundle, type What, World } from '../../support/world.ts'

/** The toy: a source of groups, by one row, one reader and the lines of two registries. */

const file = 'policies/directory.json'
const withRoster = (roster: object) => {
  using copy = new Copy()
  copy.editJson(file, ({ groups }) => {
    groups['on-call-now'] = { source: { roster }, tiers: 1, breakGlass: true }
  })
  return copy.compile()
}

/** Tier 1: one of those on duty. */
const flag: What = {
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'shed-load', value: true },
  resource: { type: 'flags:flag', id: 'prod/shed-load' },
}
let says: object | undefined
const origin = useServer((_, response) => {
  response.writeHead(says ? 200 : 503).end(JSON.stringify(says ?? {}))
})
let bundle: Bundle
let world: World
beforeEach(() => {
  const sample = sampleBundle()
  const source = { roster: { url: `${origin()}/duty` } }
  const sources = { 'on-call-now': { source, tiers: 1, breakGlass: true } }
  bundle = { ...sample, directory: { ...sample.directory, sources } }
  world = new World(bundle)
  const until = world.clock.now() + 600
  says = { shifts: [{ person: 'person:jade', until }], people: ['person:jade', 'person:kofi', 'person:gone'] }
})
const refresh = () =>
  refreshGroups(bundle.directory, {
    readers: { roster: readRoster },
    readings: new MemoryGroupReadings(world.requests),
    clock: world.clock,
    log: world.log,
  })

test("a roster's config is checked at compile, with the field and the fix", () => {
  expect(withRoster({ url: 'https://duty.example/roster.json' })).toMatchObject({
    ok: true,
    bundle: {
      directory: { sources: { 'on-call-now': { source: { roster: { url: 'https://duty.example/roster.json' } } } } },
    },
  })
  expect(withRoster({ url: 'http://duty.example/roster.json' })).toMatchObject({
    ok: false,
    problems: [
      {
        file,
        message: '`groups.on-call-now.source.roster.url`: use https; http only on loopback',
        fix: expect.stringContaining('change it'),
      },
    ],
  })
  expect(withRoster({})).toMatchObject({
    problems: [
      { message: '`groups.on-call-now.source.roster.url` is missing', fix: expect.stringContaining('add it') },
    ],
  })
})

test('a refresh reads the people on duty, and a member decides where another person may not', async () => {
  const request = await world.submitted(flag)
  expect(await world.decide(request, 'jade')).toMatchObject({ ok: false, code: 'stage_not_open' })
  await refresh()
  expect(await world.decide(request, 'kofi')).toMatchObject({ ok: false, code: 'stage_not_open' })
  expect(await world.decide(request, 'jade')).toMatchObject({ ok: true, value: { state: { status: 'approved' } } })
})

test("a roster's answer expires after the shift, and after it no longer answers", async () => {
  const request = await world.submitted(flag)
  await refresh()
  world.clock.advance(600)
  expect(await world.decide(request, 'jade')).toMatchObject({ ok: false, code: 'stage_not_open' })
  says = { shifts: [{ person: 'person:jade' }], people: ['person:jade'] }
  await refresh()
  says = undefined
  await expect(refresh()).rejects.toThrow('the roster does not say who is on duty')
  world.clock.advance(899)
  const again = await world.submitted({ ...flag, arguments: { ...flag.arguments, value: false } })
  world.clock.advance(1)
  expect(await world.decide(again, 'jade')).toMatchObject({ ok: false, code: 'stage_not_open' })
})

test('a person off duty is in the group for its recertification', async () => {
  await refresh()
  const { readings } = await world.requests.dependencies([], [], { groups: ['on-call-now'] })
  const isIn = (name: string) =>
    isEverMember(bundle.directory, 'group:on-call-now', person(name), { readings }, world.clock.now())
  expect([isIn('jade'), isIn('kofi'), isIn('lena')]).toEqual([true, true, false])
})

test("a roster's words appear where the source of a group is shown", async () => {
  await refresh()
  const listed = await listGroups({ person: person('ana') }, world.ports)
  const groups = listed.ok ? listed.value : []
  const now = world.clock.now()
  const shown = groupsPage({ groups, directory: bundle.directory, reader: { name: 'Ana', csrf: 'x' }, now })
  expect(shown).toMatch(
    /From the roster at <code>http:\/\/[^<]+\/duty<\/code>\. It counts up to tier 1, and for break-glass/,
  )
  expect(shown).toContain('its source names person:gone')
  expect(groups.filter(({ sourced }) => sourced).map((group) => groupView(group, bundle))).toMatchObject([
    {
      name: 'on-call-now',
      source: { roster: { url: expect.stringMatching(/\/duty$/) } },
      members: [{ name: 'Jade Jones' }],
    },
  ])
  const [onCall] = await findOnCall(await world.submitted(flag), world.ports)
  expect(onCall && onCallSentence(onCallView(onCall, bundle.directory))).toEqual(
    expect.arrayContaining(['. On call now: ', { bold: 'Jade Jones (person:jade)' }]),
  )
})
