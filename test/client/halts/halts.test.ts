import { readTarget } from '../../../client/halts/halts.ts'
import { prodParameter } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork halt`, `halts` and `lift`. */

const scene = useScene()
const halt = async (...words: string[]) => {
  const { exit, body } = await scene.at('gus').json('halt', ...words, '--reason', 'INC-4822')
  expect([exit, body.detail]).toEqual([0, undefined])
  return body as { id: string; until?: string }
}

test('`halt` stops its target at once and says how it is lifted, and another person lifts it', async () => {
  const { ask } = await scene.api.world.submitted(prodParameter)
  const { exit, out } = await scene.at('gus').type('halt', 'agent:remediator', '--reason', 'INC-4822: it runs wild')
  expect(exit).toBe(0)
  const [, id = ''] = /^HALTED agent:remediator {2}(hlt_\S+)\nuntil {4}a person lifts it$/m.exec(out) ?? []
  expect(out).toContain(`npx --no-install hotwork lift ${id}`)
  expect(await scene.at('ana').json('approve', ask.id)).toMatchObject({ exit: 4 })
  expect(await scene.at('gus').json('lift', id)).toMatchObject({ exit: 4, body: { error: 'self_lift' } })
  const lifted = await scene.at('hana').type('lift', id)
  expect([lifted.exit, lifted.out]).toEqual([0, expect.stringContaining(`LIFTED agent:remediator  ${id}`)])
})

test('a halt whose answer is lost is sent again, and is one halt', async () => {
  scene.api.nextCalls.push('answer_lost')
  const { id } = await halt('agent:remediator')
  const { body } = await scene.at('ana').json('halts')
  expect(body.halts.map((each: { id: string }) => each.id)).toEqual([id])
})

test('a second lift changes nothing, and names the person who lifted the halt: exit 0', async () => {
  const { id } = await halt('all')
  await scene.at('hana').type('lift', id)
  const { exit, out, err } = await scene.at('hana').type('lift', id)
  expect([exit, err]).toEqual([0, 'it is over already\n'])
  expect(out).toContain('lifted by person:hana at 08:00 UTC')
  expect((await scene.at('hana').type('lift', `hlt_${'0'.repeat(26)}`)).exit).toBe(2)
})

test('a halt ends by itself at a time, or after a span', async () => {
  expect((await halt('environment=prod', '--until', '30m')).until).toBe('2027-01-15T08:30:00Z')
  expect((await halt('all', '--until', '2027-01-15T10:00:00+01:00')).until).toBe('2027-01-15T09:00:00Z')
  const past = await scene.at('gus').json('halt', 'all', '--reason', 'x', '--until', '2026-01-01T00:00:00Z')
  expect(past).toMatchObject({ exit: 2, body: { detail: '`until` should be in the future' } })
})

test('`halts` lists halts in force, and with --all ended halts too', async () => {
  const freeze = await halt('environment=prod', '--until', '30m')
  const { id } = await halt('person:ana')
  await scene.at('hana').type('lift', id)
  const ana = scene.at('eve')
  const { out } = await ana.type('halts')
  expect(out).toMatch(
    new RegExp(`^${freeze.id} +environment=prod +08:00 UTC +person:gus +08:30 UTC, in 30 min +INC-4822$`, 'm'),
  )
  expect(out).not.toContain(id)
  const all = await ana.json('halts', '--all')
  expect(all.body.halts.map((each: { id: string }) => each.id).toSorted()).toEqual([freeze.id, id].toSorted())
  scene.advance(3600)
  expect((await ana.type('halts')).out).toBe('nothing is halted\n')
})

test.each([
  ['agent:remediator', { agent: 'agent:remediator' }],
  ['person:ana', { person: 'person:ana' }],
  ['owner=person:dan', { owner: 'person:dan' }],
  ['role=arn:aws:iam::123456789012:role/a=b', { role: 'arn:aws:iam::123456789012:role/a=b' }],
  ['environment=prod', { environment: 'prod' }],
  ['action=ssm:PutParameter', { action: 'ssm:PutParameter' }],
  ['all', { all: true }],
])('`%s` is read as a target', (typed, expected) => {
  expect(readTarget(typed)).toEqual(expected)
})

test.each(['', 'remediator', 'agent:', 'everything=1', 'owner=', 'ALL', 'prod'])(
  '`%s` is no target: wrong usage, with the valid forms',
  async (typed) => {
    const { exit, body } = await scene.at('gus').json('halt', typed, '--reason', 'x')
    expect([exit, body.detail]).toEqual([2, expect.stringContaining('environment=NAME')])
  },
)

test('an unregistered target halts nothing, and a person without the right is refused', async () => {
  expect(await scene.at('gus').json('halt', 'agent:remdiator', '--reason', 'x')).toMatchObject({
    exit: 2,
    body: { error: 'unknown_target' },
  })
  expect(await scene.at('ana').json('halt', 'all', '--reason', 'x')).toMatchObject({
    exit: 4,
    body: { error: 'not_permitted' },
  })
})
