import { start } from '../../support/world.ts'
import { minute, opened, recovery, useScene, why } from '../support/scene.ts'

/** `hotwork break-glass status` and `list`. */

const scene = useScene('break-glass')

test('`status` of a live opening exits with 0, and says how to end it', async () => {
  const id = await opened(scene.jade)
  const { exit, out } = await scene.jade.type('status')
  expect(exit).toBe(0)
  expect(out).toContain(`OPEN  ${id}`)
  expect(out).toContain('when     until 08:30 UTC, in 30 min')
  expect(out).toContain('who      person:jade, for INC-2041: checkout refuses payments')
  expect(out).toContain(`npx --no-install hotwork break-glass end ${id}`)
})

test('`status` of an expired opening exits with 5, and nothing is kept of it', async () => {
  const id = await opened(scene.jade)
  scene.advance(31 * minute)
  const { exit, out } = await scene.jade.type('status', id)
  expect([exit, out]).toEqual([5, expect.stringContaining(`OVER  ${id}`)])
  expect(out).toContain(`npx --no-install hotwork break-glass review ${id}`)
  expect(scene.jade.files()).toEqual([])
})

test('`status` of an opening that another person ended exits with 6', async () => {
  const id = await opened(scene.jade)
  await scene.at('gus').type('end', id)
  const { exit, out } = await scene.jade.type('status')
  expect([exit, out]).toEqual([6, expect.stringContaining(`ENDED by person:gus  ${id}`)])
  expect(scene.jade.files()).toEqual([])
})

test('`status` shows each call, refused ones too, and says if the record does not answer', async () => {
  const id = await opened(scene.jade)
  await scene.jade.type('credentials')
  const call = { id: '1', at: start + 5, service: 'ssm', account: '000000000000', region: 'us-east-1' }
  const name = '/prod/checkout/payment-timeout-ms'
  const { calls, actual } = scene.api.ports
  calls.put(id, { ...call, name: 'PutParameter', resources: [name] })
  calls.put(id, { ...call, id: '2', name: 'DeleteParameter', resources: [], error: 'AccessDenied' })
  const gus = scene.at('gus')
  const { out } = await gus.type('status', id)
  expect(out).toContain(`done     08:00 UTC  ssm:PutParameter  ${name}\n`)
  expect(out).toContain('         08:00 UTC  ssm:DeleteParameter  REFUSED AccessDenied\n')
  calls.isSilent = true
  expect((await gus.type('status', id)).out).toContain('done     CloudTrail of 000000000000 does not answer\n')
  actual.isSilent = true
  expect((await gus.type('status', id)).out).toContain(
    'done     the record of calls does not answer\n         2 credentials issued',
  )
})

test('`status` of an ended opening without a call on record says whether credentials were issued', async () => {
  const unused = await opened(scene.jade)
  await scene.jade.type('end', unused)
  expect((await scene.jade.type('status', unused)).out).toContain('done     nothing: no credential was issued')
  scene.advance(60 * minute)
  const used = await opened(scene.jade, [
    '--profile',
    'checkout-recovery',
    ...why('payments fail again, and the timeout is low again'),
    ...['--minutes', '30'],
  ])
  await scene.jade.type('credentials')
  await scene.jade.type('end', used)
  expect((await scene.jade.type('status', used)).out).toContain(
    'done     no call is on record yet: CloudTrail is minutes late\n         2 credentials issued',
  )
})

test('`start` and `list` name opened resources whole, with account and Region', async () => {
  const { body } = await scene.jade.json('start', ...recovery)
  const listed = await scene.jade.json('list')
  for (const { rights } of [body, listed.body.break_glass[0]]) {
    expect(JSON.stringify(rights)).toContain('arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/*')
    expect(JSON.stringify(rights)).not.toMatch(/[{](partition|region|account)[}]/)
  }
})

test('a drill shows each step against its target', async () => {
  await scene.jade.type('drill', ...recovery)
  const { out } = await scene.jade.type('status')
  expect(out).toMatch(/drill {4}open: met, took [\d.]+ s \(within 5 s\)\n {9}tell: /)
  expect(out).toContain('review: waiting (within 86400 s)')
  expect((await scene.jade.json('status')).body.report).toMatchObject({ drill: true, steps: expect.any(Array) })
})

test('text of a person does not move the cursor or hide', async () => {
  const id = await opened(
    scene.jade,
    recovery.with(3, 'checkout is \u001b[2Jdown \u202eagain\nOPEN bgl_0 putting it back'),
  )
  const { out } = await scene.at('gus').type('status', id)
  expect(out).toContain('checkout is ·[2Jdown ·again·OPEN bgl_0 putting it back')
})

test('`list` has all openings, the reviews that are due, and the minutes left, as a table', async () => {
  await opened(scene.at('kofi'))
  await scene.at('kofi').type('end')
  scene.advance(20 * minute)
  const id = await opened(scene.jade, recovery.with(3, 'payments are refused again, and it is not the timeout'))
  const { exit, out } = await scene.at('gus').type('list')
  const rows = out.split('\n').map((row) => row.split(/ {2,}/))
  expect(exit).toBe(0)
  expect(rows[0]).toEqual(['1 open, 1 to be reviewed'])
  expect(rows[2]).toEqual(['ID', 'WHO', 'WHAT', 'STATE', 'WHEN', 'REVIEW'])
  expect(rows[3]).toEqual([
    ...[id, 'person:jade', 'checkout-recovery', 'OPEN', 'until 08:50 UTC, in 30 min'],
    'due in 24 h',
  ])
  expect(rows[4]?.slice(1, 4)).toEqual(['person:kofi', 'checkout-recovery', 'ENDED by person:kofi'])
  expect(rows).toContainEqual(['person:jade', '210 min', 'of 240'])
  expect(rows).toContainEqual(['checkout-recovery', '210 min', 'of 240'])
})

test('`list --json` is the answer of the API', async () => {
  expect(await scene.jade.json('list')).toEqual({
    exit: 0,
    body: {
      break_glass: [],
      budgets: [
        { person: 'person:jade', budget_minutes: 240, left_minutes: 240 },
        { profile: 'checkout-recovery', budget_minutes: 240, left_minutes: 240 },
      ],
    },
  })
})
