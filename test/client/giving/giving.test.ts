import { flag } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork permits`, `stand-ins` and `groups`. */

const scene = useScene()
async function approved(): Promise<string> {
  const request = await scene.api.world.submitted(flag())
  await scene.api.world.decide(request, 'ben')
  return request.ask.id
}
const give = async (...words: string[]) => scene.at('ben').json('permits', 'give', await approved(), ...words)

test('`permits give --set` gives a permit by shape, after it has said what it would have covered', async () => {
  const id = await approved()
  const { exit, out, err } = await scene.at('ben').type('permits', 'give', id, '--set', 'flag=express-*', '--yes')
  expect([exit, err]).toEqual([0, expect.stringMatching(/would have covered 1 of 1 requests/)])
  expect(out).toMatch(/^stp_\S+ {2}live$/m)
  expect(out).toContain('flag "express-*"')
  expect(await scene.api.world.submitted(flag('express-lane'))).toMatchObject({ status: 'approved' })
  expect(await scene.api.world.submitted(flag('new-basket'))).toMatchObject({ status: 'pending' })
})

test('`permits give` without `--set` gives a permit for the same ask alone', async () => {
  expect(await give('--uses', '2', '--for', '30m')).toMatchObject({
    exit: 0,
    body: { uses: 2, until: '2027-01-15T08:30:00Z' },
  })
  expect(await scene.api.world.submitted(flag('express-lane'))).toMatchObject({ status: 'pending' })
  expect(await scene.api.world.submitted(flag())).toMatchObject({ status: 'approved' })
})

test('a shape that does not fit is refused with its argument: exit 2, and nothing is given', async () => {
  expect(await give('--set', 'flag=exp*')).toMatchObject({
    exit: 2,
    body: { error: 'invalid_shape', detail: expect.stringContaining('shape.flag') },
  })
  expect((await scene.at('ana').json('permits')).body.standing_permits).toEqual([])
})

test('a person at a terminal who does not answer yes gives nothing', async () => {
  const id = await approved()
  const ben = scene.at('ben')
  ben.answers = ['n']
  expect(await ben.type('permits', 'give', id)).toMatchObject({ exit: 2 })
  expect((await ben.json('permits')).body.standing_permits).toEqual([])
})

test('`permits list` and `show` have a permit with what ended it', async () => {
  const { body } = await give('--set', 'flag=express-*')
  const { ask } = await scene.api.world.submitted(flag('new-basket'))
  await scene.at('ana').type('deny', ask.id, '--reason', 'not today')
  const { out } = await scene.at('eve').type('permits', 'show', body.id)
  expect(out).toContain(`${body.id}  ended`)
  expect(out).toContain(`was denied: ${ask.id}`)
  expect((await scene.at('eve').type('permits', 'list')).out).toMatch(/ended {2}/)
  expect(await scene.at('eve').json('permits', 'show', `stp_${'0'.repeat(26)}`)).toMatchObject({ exit: 2 })
})

test('`permits revoke` revokes it, by its giver and not by a person who may not', async () => {
  const { body } = await give()
  expect(await scene.at('eve').json('permits', 'revoke', body.id)).toMatchObject({ exit: 4 })
  expect(await scene.at('ben').json('permits', 'revoke', body.id)).toMatchObject({
    exit: 0,
    body: { status: 'revoked' },
  })
})

test('`stand-ins` names, lists and ends a stand-in', async () => {
  const { body } = await scene.at('ben').json('stand-ins', 'name', 'person:chloe', '--until', '7d')
  expect(body).toMatchObject({ for: 'person:ben', by: 'person:chloe', until: '2027-01-22T08:00:00Z' })
  expect((await scene.at('eve').type('stand-ins')).out).toMatch(/in_force +person:ben +person:chloe/)
  expect((await scene.at('chloe').type('stand-ins', 'end', body.id)).out).toContain('by person:chloe')
  const too = await scene.at('ben').json('stand-ins', 'name', 'person:chloe', '--until', '31d')
  expect(too).toMatchObject({ exit: 4, body: { error: 'stand_in_refused' } })
})

test('`groups` lists people by group, and one group by name', async () => {
  const { out } = await scene.at('eve').type('groups', 'sre')
  expect(out).toMatch(/sre +person:eve +the file/)
  expect(out).not.toContain('security')
  expect(await scene.at('eve').json('groups', 'nobodies')).toMatchObject({ exit: 2 })
})
