import { insufficientLogin, refusalProblem } from '../../functions/adapters/http/problem.ts'
import { whatCameOf } from '../../functions/adapters/pages/words.ts'

const weakStandIn = 'the stand-in was given with a login that is too weak for this stage'

/** RFC 9470: the challenge to a client with a login that is too weak or too old. */

const challengeOf = (wanted: Parameters<typeof insufficientLogin>[0]) => {
  const { status, headers } = insufficientLogin(wanted).problem
  return [status, headers?.['www-authenticate']]
}

test('a stage that wants a strong and a new login names both at once, so that one more login is enough', () =>
  expect(challengeOf({ acr: 'strong', maxAge: 900 })).toEqual([
    401,
    'Bearer error="insufficient_user_authentication", acr_values="strong", max_age="900"',
  ]))

test.each([
  ['only how strong', { acr: 'urn:mace:incommon:iap:silver' }, 'acr_values="urn:mace:incommon:iap:silver"'],
  ['only how new', { maxAge: 300 }, 'max_age="300"'],
])('a stage that wants %s names that alone', (_what, wanted, parameter) =>
  expect(challengeOf(wanted)).toEqual([401, `Bearer error="insufficient_user_authentication", ${parameter}`]),
)

test.each([
  ['a strength', 'strong', 'acr_values="strong"'],
  ['an age', '900', 'max_age="900"'],
])('a bare refusal with %s as its detail names that', (_what, detail, parameter) =>
  expect(refusalProblem('insufficient_login', detail).problem.headers?.['www-authenticate']).toContain(parameter),
)

test('a stand-in by a weak login is refused without a challenge, because another login would not help', () => {
  const { status, headers = {}, detail } = refusalProblem('insufficient_login', weakStandIn).problem
  expect([status, headers['www-authenticate']]).toEqual([403, undefined])
  expect(detail).toContain(weakStandIn)
  expect(whatCameOf('insufficient_login', weakStandIn)).toContain('can end it and name you again')
})
