import fc from 'fast-check'
import {
  canCoincide,
  Identity,
  type ProvenIdentity,
  withIdentity,
} from '../../../functions/domain/people/organisation.ts'

const proven: ProvenIdentity = { issuer: 'ci', subject: 'job', claims: { repository_id: '7', environment: 'prod' } }
const isKnown = (identity: object, token = proven, now = 100) =>
  withIdentity([{ identities: [{ issuer: 'ci', subject: 'job', ...identity }] }], token, now) !== undefined

test.each<[rule: string, identity: object, known: boolean]>([
  ['is its issuer and subject', {}, true],
  ['differs from the same subject at another issuer', { issuer: 'people' }, false],
  ['differs from another subject', { subject: 'jobs' }, false],
  ['is known by its claims alone, if it pins no subject', { subject: undefined, claims: { repository_id: '7' } }, true],
  ['needs every claim that it pins', { claims: { repository_id: '7', environment: 'staging' } }, false],
  ['needs a claim that the token lacks', { claims: { ref: 'main' } }, false],
  ['is not moved by a member of every object', { claims: { constructor: 'x' } }, false],
  ['begins with its first second', { validFrom: 100 }, true],
  ['is unknown before it', { validFrom: 101 }, false],
  ['lasts to its last second', { validUntil: 101 }, true],
  ['is unknown after it', { validUntil: 100 }, false],
])('an identity %s', (_rule, identity, known) => {
  expect(isKnown(identity)).toBe(known)
})

test.each([{ issuer: 'ci' }, { issuer: 'ci', claims: {} }])(
  'an identity that pins nothing is refused: %j',
  (nothing) => {
    expect(Identity.safeParse(nothing)).toMatchObject({ success: false })
    expect(Identity.safeParse({ ...nothing, subject: 'job' })).toMatchObject({ success: true })
  },
)

test('an identity is handed over without a gap and without two at once', () => {
  const agent = {
    identities: [
      { issuer: 'ci', subject: 'old', validUntil: 200 },
      { issuer: 'ci', subject: 'new', validFrom: 150 },
    ],
  }
  const at = (now: number) =>
    ['old', 'new'].filter((subject) => withIdentity([agent], { ...proven, subject }, now) !== undefined)
  expect([149, 150, 199, 200].map(at)).toEqual([['old'], ['old', 'new'], ['old', 'new'], ['new']])
})

const few = fc.constantFrom('a', 'b', 'A', 'a/')
const claims = fc.dictionary(fc.constantFrom('x', 'y'), few, { maxKeys: 2 })
const time = fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined })
const identity: fc.Arbitrary<Identity> = fc
  .record({ issuer: few, subject: fc.option(few, { nil: undefined }), claims, validFrom: time, validUntil: time })
  .map((members) => JSON.parse(JSON.stringify(members)))

test('two identities coincide exactly if a token can match both at some time', () => {
  const all = ['a', 'b', 'A', 'a/']
  const tokens = all.flatMap((issuer) =>
    all.flatMap((subject) =>
      all.flatMap((x) => all.map((y): ProvenIdentity => ({ issuer, subject, claims: { x, y } }))),
    ),
  )
  const isBoth = (a: Identity, b: Identity) =>
    tokens.some((token) =>
      [0, 1, 2, 3, 4, 5, 6].some((now) =>
        [a, b].every((one) => withIdentity([{ identities: [one] }], token, now) !== undefined),
      ),
    )
  fc.assert(
    fc.property(identity, identity, (a, b) => {
      expect(canCoincide(a, b)).toBe(isBoth(a, b))
    }),
    { numRuns: 300 },
  )
})
