import { filledFor, profileCovering } from '../../../functions/domain/break-glass/rights.ts'
import { namedIn, tellOf } from '../../../functions/domain/cards/routing.ts'
import { compileSample } from '../../policies/sample.ts'

/** What a profile covers, where that is, and who is told of it. */

const bundle = compileSample()
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

describe('one action counts against the minutes', () => {
  const covering = (name: string, id: string, account: string | undefined = 'target') =>
    profileCovering({ breakGlass, deployment }, { name, account }, { type: 'any', id })?.name
  const parameter = (name: string) => `arn:aws:ssm:us-east-1:000000000000:parameter${name}`

  test('of the profile that opens it there', () =>
    expect(covering('ssm:PutParameter', parameter('/prod/checkout/url'))).toBe('checkout-recovery'))

  test.each<[why: string, name: string, id: string, account: string | undefined]>([
    ['another resource', 'ssm:PutParameter', parameter('/prod/search/url'), 'target'],
    ['another action', 'ssm:DeleteParameter', parameter('/prod/checkout/url'), 'target'],
    ['an account that is gone', 'ssm:PutParameter', parameter('/prod/checkout/url'), 'gone'],
  ])('of none, being on %s', (_why, name, id, account) => expect(covering(name, id, account)).toBeUndefined())

  test('of none, being in no account or where no folder has profiles', () => {
    const resource = { type: 'any', id: parameter('/prod/checkout/url') }
    expect(profileCovering(bundle, { name: 'ssm:PutParameter' }, resource)).toBeUndefined()
    expect(profileCovering({ deployment }, { name: 'ssm:PutParameter', account: 'target' }, resource)).toBeUndefined()
  })
})

describe('an opening is told', () => {
  test('as the profile says whose minutes it uses, whether the profile or one of its actions was opened', () =>
    expect(tellOf({ breakGlass }, { budgetKey: 'profile:checkout-recovery' })).toEqual(profile.tell))

  test.each(['action:sha-256:abc', 'sealed:arn:aws:iam::000000000000:role/x', 'profile:gone'])(
    'as single actions are, where its minutes are those of no profile: %s',
    (budgetKey) => expect(tellOf({ breakGlass }, { budgetKey })).toEqual(breakGlass.action.tell),
  )

  test('to no channel, where the folder says nothing of break-glass any more', () =>
    expect(tellOf({}, { budgetKey: 'profile:checkout-recovery' })).toBeUndefined())

  test('to the people that it names and to those of the groups, each once', () => {
    const [gus, ...more] = directory.groups['security'] ?? []
    expect(namedIn([gus as string, 'security', 'nowhere'], directory)).toEqual([gus, ...more])
    expect(namedIn([], directory)).toEqual([])
  })
})
