import * as z from 'zod'
import { parseBody } from '../../functions/adapters/http/authzen.ts'
import { PermitBody, permitView } from '../../functions/adapters/http/permit-view.ts'
import { permitQuery } from '../../functions/adapters/http/queries.ts'
import { personView } from '../../functions/adapters/http/views.ts'
import { givePermit } from '../../functions/operations/permits/standing-permits.ts'
import { person, sampleBundle, World } from '../support/world.ts'

/** The wire form of a standing permit, and the mark on a request drawn from one. */

const flag = {
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'express-checkout', value: false },
  resource: { type: 'flags:flag', id: 'prod/express-checkout' },
}

test('a standing permit is shown with its agent, terms, giver, uses and end', async () => {
  const world = new World(sampleBundle())
  const request = await world.submitted(flag)
  await world.decide(request, 'ben')
  const until = world.clock.now() + 3600
  const terms = { request: request.ask.id, person: person('ben'), login: {}, uses: 1, until }
  const given = await givePermit(terms, { ...world.ports, permits: world.permits })
  if (!given.ok) throw new Error(given.code)
  expect(permitView(given.value, world.clock.now())).toMatchObject({
    id: given.value.id,
    status: 'live',
    request: request.ask.id,
    agent: 'agent:remediator',
    action: 'flags:set',
    arguments: flag.arguments,
    by: 'person:ben',
    uses: 1,
    until: '2027-01-15T09:00:00Z',
    drawn: [],
  })
  const drawn = await world.submitted(flag)
  expect(personView(drawn, sampleBundle())).toMatchObject({ status: 'approved', standing: given.value.id })
  expect(personView(request, sampleBundle())).not.toHaveProperty('standing')
  const stored = await world.permits.load(given.value.id)
  if (!stored) throw new Error('no permit')
  expect(permitView(stored.permit, world.clock.now())).toMatchObject({ status: 'used_up', drawn: [drawn.ask.id] })
  expect(permitView(stored.permit, until)).toMatchObject({ status: 'expired' })
  const { ended, ...shaped } = {
    ...{ ended: { request: drawn.ask.id, at: until, by: 'deny' as const }, uses: 2 },
    shape: { arguments: { flag: { like: 'express-*' }, value: { is: false } }, classification: 'internal' },
  }
  expect(permitView({ ...stored.permit, ...shaped, ended }, world.clock.now())).toMatchObject({
    ...{ status: 'ended', shape: { flag: 'express-*', value: false }, classification: 'internal' },
    ended: { request: drawn.ask.id, because: 'deny' },
  })
  const revoked = { ...stored.permit, revoked: { by: person('gus'), at: until - 1, reason: 'taken back' } }
  expect(permitView(revoked, until)).toMatchObject({ status: 'revoked', revoked: { by: 'person:gus' } })
})

test.each<[what: string, body: unknown]>([
  ['no end', { uses: 3 }],
  ['no uses', { until: '2027-01-15T09:00:00Z' }],
  ['a use and a half', { uses: 1.5, until: '2027-01-15T09:00:00Z' }],
  ['too many uses', { uses: 51, until: '2027-01-15T09:00:00Z' }],
  ['an invalid end', { uses: 3, until: 'tomorrow' }],
  ['more than twenty uses with a shape', { uses: 21, until: '2027-01-15T09:00:00Z', shape: {} }],
  ['arguments of its own', { uses: 3, until: '2027-01-15T09:00:00Z', arguments: {} }],
])('a permit with %s is refused', (_what, body) => {
  expect(() => parseBody(PermitBody, body as never)).toThrow(expect.objectContaining({ name: 'BadRequest' }))
})

test.each([
  ['a lone surrogate', '{"a":"\\ud800"}'],
  ['the name of a prototype', '{"a":{"__proto__":1}}'],
  ['a list', '[]'],
  ['half a text', '{"a":'],
])('a shape in an address with %s is refused', (_what, text) => {
  expect(z.object(permitQuery).safeParse({ shape: text }).success).toBe(false)
})
