import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recovery, useScene } from '../support/scene.ts'
import type { Terminal } from '../support/terminal.ts'

/** `hotwork receipt`, whose output holds by the keys that the API publishes. */

const scene = useScene()

async function save(terminal: Terminal, name: string, text: string): Promise<void> {
  writeFileSync(join(terminal.home, name), text)
  const jwks = await fetch(`${scene.api.url}/.well-known/jwks.json`)
  writeFileSync(join(terminal.home, 'jwks.json'), await jwks.text())
}

test('a receipt is printed alone, and holds by the published keys and the entries that the API shows', async () => {
  const { ask } = await scene.api.world.approved()
  await scene.api.ports.notary.follow(ask.id)
  const hana = scene.at('hana')
  const { exit, out, err } = await hana.type('receipt', ask.id)
  expect([exit, err, out]).toEqual([0, '', expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)])
  await save(hana, 'receipt.jwt', out)
  writeFileSync(join(hana.home, 'shown.json'), (await hana.type('show', ask.id, '--json')).out)
  hana.now = () => new Date(scene.api.world.clock.now() * 1000)
  const verified = await hana.json('verify', 'receipt.jwt', '--keys', 'jwks.json', '--entries', 'shown.json')
  expect([verified.exit, verified.body.holds]).toEqual([0, true])
})

test('an opening has a receipt too', async () => {
  const made = (await scene.jade.json('break-glass', 'start', ...recovery)).body.id
  await scene.api.ports.notary.follow(made)
  const { exit, body } = await scene.at('hana').json('receipt', made)
  const [, payload = ''] = body.receipt.split('.')
  expect([exit, JSON.parse(Buffer.from(payload, 'base64url').toString())]).toEqual([
    0,
    expect.objectContaining({ sub: made, agent: 'person:jade', status: 'approved' }),
  ])
})

test('`receipt` waits as the API says while the newest entry is not in the log', async () => {
  const { ask } = await scene.api.world.approved()
  const hana = scene.at('hana')
  hana.pausing = () => hana.pauses.length === 3 && scene.api.ports.notary.follow(ask.id)
  expect(await hana.type('receipt', ask.id)).toMatchObject({
    exit: 0,
    err: expect.stringContaining('asking again in 2 s'),
  })
  expect(hana.pauses).toEqual([2, 2, 2])
})

test('`receipt` from a log that stays behind exits with 3', async () => {
  const { ask } = await scene.api.world.approved()
  expect(await scene.at('hana').json('receipt', ask.id)).toMatchObject({ exit: 3, body: { error: 'not_yet_anchored' } })
})

test('a record that does not hold has no receipt, which is a fault', async () => {
  const { world, ports } = scene.api
  const { ask } = await world.approved()
  await ports.notary.follow(ask.id)
  const [first] = await world.ledger.entries(ask.id)
  if (first) world.ledger.replace({ ...first, at: '2020-01-01T00:00:00Z' })
  expect(await scene.at('hana').json('receipt', ask.id)).toMatchObject({ exit: 1, body: { error: 'record_broken' } })
})

test('a person who may read nothing gets no receipt, and an unknown request has none', async () => {
  const { ask } = await scene.api.world.approved()
  expect(await scene.at('stranger').json('receipt', ask.id)).toMatchObject({ exit: 4 })
  expect(await scene.at('hana').json('receipt', 'req_none')).toMatchObject({
    exit: 2,
    body: { error: 'unknown_request' },
  })
})
