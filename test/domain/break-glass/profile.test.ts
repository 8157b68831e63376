import { filledFor, profileCovering } from '../../../functions/domain/break-glass/rights.ts'
import { namedIn, tellOf } from '../../../functions/domain/cards/routing.ts'
import { sampleBundle } from '../../support/world.ts'

/** The resources of a profile, their accounts, and the people and channels that are told. */

const bundle = sampleBundle()
const [profile] = bundle.breakGlass?.profiles ?? []
if (!profile || !bundle.breakGlass) throw new Error('the sample has no profile')
const { breakGlass, deployment, directory } = bundle
const pattern = 'arn:{partition}:ssm:{region}:{account}:parameter/prod/checkout/*'

test.each<[what: string, action: string, shown: string]>([
  ['in the account of its action', 'ssm:PutParameter', 'arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/*'],
  ['as it is, where its action is in no account', 'flags:set', pattern],
  ['as it is, where its action is gone', 'ssm:DeleteParameter', pattern],
])('a pattern of resources is shown %s', (_what, action, shown) =>
  expect(filledFor(action, pattern, bundle)).toBe(shown),
)

const covering = (name: string, id: string, account: string | undefined = 'target') =>
  profileCovering({ breakGlass, deployment }, { name, account }, { type: 'any', id })?.name
const parameter = (name: string) => `arn:aws:ssm:us-east-1:000000000000:parameter${name}`

test('an action counts against the minutes of the profile that opens it there', () =>
  expect(covering('ssm:PutParameter', parameter('/prod/checkout/url'))).toBe('checkout-recovery'))

test.each<[why: string, name: string, id: string, account: string | undefined]>([
  ['another resource', 'ssm:PutParameter', parameter('/prod/search/url'), 'target'],
  ['another action', 'ssm:DeleteParameter', parameter('/prod/checkout/url'), 'target'],
  ['an account that is gone', 'ssm:PutParameter', parameter('/prod/checkout/url'), 'gone'],
])('an action on %s counts against no profile', (_why, name, id, account) =>
  expect(covering(name, id, account)).toBeUndefined(),
)

test('an action without an account, or without profiles, counts against no profile', () => {
  const resource = { type: 'any', id: parameter('/prod/checkout/url') }
  expect(profileCovering(bundle, { name: 'ssm:PutParameter' }, resource)).toBeUndefined()
  expect(profileCovering({ deployment }, { name: 'ssm:PutParameter', account: 'target' }, resource)).toBeUndefined()
})

test('an opening of a profile is told as the profile says', () =>
  expect(tellOf({ breakGlass }, { budgetKey: 'profile:checkout-recovery' })).toEqual(profile.tell))

test.each(['action:sha-256:abc', 'sealed:arn:aws:iam::000000000000:role/x', 'profile:gone'])(
  'an opening without a profile is told as a single action: %s',
  (budgetKey) => expect(tellOf({ breakGlass }, { budgetKey })).toEqual(breakGlass.action.tell),
)

test('an opening is told in no channel once the folder has no break-glass', () =>
  expect(tellOf({}, { budgetKey: 'profile:checkout-recovery' })).toBeUndefined())

test('an opening is told to the named people and the members of the groups, each once', () => {
  const [gus, ...more] = directory.groups['security'] ?? []
  expect(namedIn([gus as string, 'security', 'nowhere'], directory)).toEqual([gus, ...more])
  expect(namedIn([], directory)).toEqual([])
})
