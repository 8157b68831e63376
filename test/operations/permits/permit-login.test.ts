import { insufficientLogin } from '../../../functions/adapters/http/problem.ts'
import { loginToAllow } from '../../../functions/domain/permits/permit.ts'
import { unwrap } from '../../support/unwrap.ts'
import { flag, person, sampleBundle, start, World, withTerms } from '../../support/world.ts'

/** A permit makes one approval many, so giving one takes the login that the stage of that approval asks for. */

const sample = sampleBundle()
const strict = withTerms(sample, 'owner', { acr: 'strong', maxAge: 600 })
type Login = { acr?: string; at?: number }
const strongAt = (at: number): Login => ({ acr: 'strong', at })

/** A flag that ben approved with a strong login, where the owners' stage asks for one. */
async function approved(bundle = strict) {
  const world = new World(bundle)
  const request = await world.submitted(flag())
  await world.decide(request, 'ben', 'approve', { login: strongAt(start) })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved', tier: 1 })
  const give = (login: Login) => {
    return world.givePermit(request, 'ben', { login, uses: 50 })
  }
  return { world, request, give }
}

test.each<[login: string, given: Login, lacks: string]>([
  ['no strong login', {}, 'strong'],
  ['a weaker login', { acr: 'weak', at: start }, 'strong'],
  ['a login that is too old', strongAt(start - 601), '600'],
])('with %s a standing permit is refused, and the refusal is on record', async (_login, given, detail) => {
  const { world, give } = await approved()
  expect(await give(given)).toMatchObject({ ok: false, code: 'insufficient_login', detail })
  expect(await world.ledger.entries('person:ben')).toMatchObject([
    { type: 'Refused', facts: { attempted: 'allow_standing', code: 'insufficient_login' } },
  ])
  expect(await world.submitted(flag())).toMatchObject({ status: 'pending' })
})

test('with the login that its stage asks for a permit is given, and the login is on its record', async () => {
  const { world, give } = await approved()
  const given = unwrap(await give(strongAt(start)))
  expect(await world.ledger.entries(given.id)).toMatchObject([{ facts: { login: strongAt(start) } }])
  expect(await world.submitted(flag())).toMatchObject({ status: 'approved' })
})

test('the stage asks on its terms of today, not on those the approval was given on', async () => {
  const { world, give } = await approved(sample)
  world.policy = new World(strict).policy
  expect(await give({})).toMatchObject({ code: 'insufficient_login' })
  expect(await give(strongAt(start))).toMatchObject({ ok: true })
})

test('a permit that a weak login gave is worth nothing once its stage asks for a strong one', async () => {
  const { world, give } = await approved(sample)
  expect(await give({})).toMatchObject({ ok: true })
  expect(await world.submitted(flag())).toMatchObject({ status: 'approved' })
  world.policy = new World(strict).policy
  expect(await world.submitted(flag())).toMatchObject({ status: 'pending' })
})

test('the API’s challenge names all that the stage asks for, so that one more login is enough', async () => {
  const { world, request } = await approved()
  const wanted = loginToAllow(await world.state(request.ask.id), person('ben'), strict.ladder)
  expect(insufficientLogin(wanted).problem.headers?.['www-authenticate']).toBe(
    'Bearer error="insufficient_user_authentication", acr_values="strong", max_age="600"',
  )
})
