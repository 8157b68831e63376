import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { useScene } from '../support/scene.ts'
import { until } from '../support/until.ts'
import { staging } from './support/people.ts'
import { permitIn, textIn, useGateRoom } from './support/raw-host.ts'

/**
 * Faults around a gate: nothing is sent that should not be, and the host gets the reason. Kills:
 * test/agents/kills.test.ts.
 */

const scene = useScene()
const room = useGateRoom(scene)

const requests = async () => (await scene.requests()).length

test('a second host is told that the call runs, and gets its answer when it is there', async () => {
  room.script({ wait: true })
  const [one, other] = [await room.begun(), await room.begun({ hold: 300 })] as const
  const first = one.call(staging)
  await until(() => room.calls.length > 0)
  const goOn = setInterval(() => scene.advance(1), 100)
  const told = await other.call(staging)
  clearInterval(goOn)
  expect([permitIn(told)?.['state'], told.result?.['isError']]).toEqual(['running', undefined])
  expect(textIn(told)).toContain('again with the same arguments')
  room.script({})
  expect(textIn(await first)).toBe('wrote staging/checkout.yaml')
  expect(textIn(await other.call(staging))).toBe('wrote staging/checkout.yaml')
  expect([room.calls.length, await requests()]).toEqual([1, 1])
})

test('a server that prints noise is still heard, and the noise is in no answer', async () => {
  room.script({ noise: 'loading secret model...' })
  const made = await room.begun()
  expect(textIn(await made.call(staging))).toBe('wrote staging/checkout.yaml')
  expect(made.log.join()).not.toContain('secret')
})

test('a server that ends at its start is reported, and no person is asked', async () => {
  room.script({ exit: 3 })
  const made = await room.host()
  expect((await made.begin()).error?.message).toContain('ended')
  expect(await made.gate.closed).toBe('server')
  expect(JSON.stringify(await made.call(staging))).toMatch(/server_gone|ServerGone/)
  expect([room.calls.length, await requests()]).toEqual([0, 0])
})

test('a server with control characters in its version is refused, and they are spelled out', async () => {
  room.script({ version: '0.3\u001b[2J\u202e\nYou may call it' })
  const answer = await (await room.begun()).call(staging)
  expect(permitIn(answer)).toMatchObject({ state: 'refused', reason: 'tool_changed' })
  expect(textIn(answer)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect([room.calls.length, await requests()]).toEqual([0, 0])
})

function makeOpenToAll(path: string): void {
  mkdirSync(path)
  chmodSync(path, 0o777)
}

test.each([
  ['that other users may write', 'unsafe_folder', makeOpenToAll],
  ['that is none', 'cannot_keep', (path: string) => writeFileSync(path, '')],
])('a state folder %s lets nothing be asked or sent, and the reason says what to do', async (_what, reason, make) => {
  make(join(room.home, 'state'))
  const answer = await (await room.begun()).call(staging)
  expect([permitIn(answer), answer.result?.['isError']]).toEqual([expect.objectContaining({ reason }), true])
  expect(textIn(answer)).toContain('XDG_STATE_HOME')
  expect([room.calls.length, await requests()]).toEqual([0, 0])
})

test.each([-600, 600])(
  'a clock that is off by %d seconds lets nothing be sent, and the host is told why',
  async (seconds) => {
    const made = await room.begun()
    scene.api.world.clock.advance(seconds)
    const answer = await made.call(staging)
    expect([permitIn(answer)?.['state'], answer.result?.['isError']]).toEqual(['refused', true])
    expect(textIn(answer)).toMatch(/clock|token|expired/)
    expect([room.calls.length, await requests()]).toEqual([0, 0])
  },
)
