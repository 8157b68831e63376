import { minute, opened, recovery, useScene } from '../support/scene.ts'

/** `hotwork break-glass end`, `review` and `vouch`. */

const scene = useScene('break-glass')

test('`end` ends the opening at once and deletes its key, and is idempotent', async () => {
  const id = await opened(scene.jade)
  const { exit, out } = await scene.jade.type('end')
  expect([exit, out]).toEqual([0, expect.stringContaining(`ENDED by person:jade  ${id}`)])
  expect(out).toContain('key      deleted from this machine')
  expect(scene.jade.files()).toEqual([])
  expect(await scene.jade.json('end', id)).toMatchObject({ exit: 0, body: { id, status: 'completed' } })
})

test('`end` of an expired opening exits with 5', async () => {
  const id = await opened(scene.jade)
  scene.advance(31 * minute)
  expect(await scene.jade.json('end', id)).toMatchObject({ exit: 5, body: { status: 'expired' } })
})

test("`end` of another person's opening takes the right to revoke", async () => {
  const id = await opened(scene.jade)
  expect(await scene.at('ana').json('end', id)).toMatchObject({ exit: 4, body: { error: 'not_permitted' } })
  expect(await scene.at('gus').json('end', id)).toMatchObject({ exit: 0, body: { status: 'revoked' } })
  expect((await scene.jade.type('end', id)).exit).toBe(6)
})

test('`review` is for another person, once the opening is over', async () => {
  const id = await opened(scene.jade)
  const words = ['review', id, '--outcome', 'justified', '--note', 'read every call, the timeout was the cause']
  expect(await scene.at('gus').json(...words)).toMatchObject({ exit: 3, body: { error: 'no_review_due' } })
  await scene.jade.type('end')
  expect(await scene.jade.json(...words)).toMatchObject({ exit: 4, body: { error: 'self_review' } })
  const { exit, out } = await scene.at('gus').type(...words)
  expect([exit, out]).toEqual([0, expect.stringContaining('review   justified, says person:gus')])
  expect(out).toContain('read every call, the timeout was the cause')
})

test('a review is given once: the same words again change nothing, other words are refused', async () => {
  const id = await opened(scene.jade)
  await scene.jade.type('end')
  scene.api.nextCalls.push('answer_lost')
  const gus = scene.at('gus')
  const words = ['review', id, '--outcome', 'not_justified', '--note', 'a request would have done: see INC-2042']
  expect(await gus.json(...words)).toMatchObject({
    exit: 0,
    body: { review: { status: 'done', outcome: 'not_justified' } },
  })
  expect(await gus.json(...words.with(3, 'justified'))).toMatchObject({ exit: 4, body: { error: 'already_reviewed' } })
})

test('`vouch` lets a person with an overdue review open', async () => {
  await opened(scene.jade)
  scene.advance(25 * 60 * minute)
  const words = recovery.with(3, 'payments are refused again, and it is not the timeout')
  expect(await scene.jade.json('start', ...words)).toMatchObject({ exit: 4, body: { error: 'review_overdue' } })
  const vouching = ['vouch', '--person', 'person:jade', '--profile', 'checkout-recovery']
  expect(await scene.jade.json(...vouching)).toMatchObject({ exit: 4, body: { error: 'self_review' } })
  const { exit, out } = await scene.at('kofi').type(...vouching)
  expect([exit, out]).toEqual([0, expect.stringContaining('VOUCHED for person:jade')])
  expect(await scene.jade.json('start', ...words)).toMatchObject({ exit: 0, body: { vouched_by: 'person:kofi' } })
})
