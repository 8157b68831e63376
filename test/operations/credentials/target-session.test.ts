import fc from 'fast-check'
import { AgentId, CredentialId, type Json, PersonId, RequestId } from '../../../functions/domain/values.ts'
import { sessionOf, type Target } from '../../../functions/targets/aws/reach.ts'
import { anyCharacter } from '../../support/any-character.ts'
import { credentialId, requestId, sampleAsk } from '../../support/ask.ts'
import { sampleBundle } from '../../support/world.ts'

const bundle = sampleBundle()
const target = {
  entry: bundle.actions['ssm:PutParameter'],
  account: bundle.deployment.accounts['target'],
  role: 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target',
} as Target

/** Characters with a meaning for IAM, and any text. */
const hostile = fc.oneof(
  fc.constantFrom('*', '?', `\${aws:PrincipalTag/team}`, `\${*}`, 'a,b', '"', '\0', '../x'),
  fc.string({ unit: anyCharacter, maxLength: 300 }),
)
/** Ids as they are made, and pairs that differ in the last letter alone, which a cut would make equal. */
const id = <T>(prefix: string, schema: { parse: (text: string) => T }) =>
  fc
    .tuple(fc.constantFrom('0'.repeat(25), 'z'.repeat(25)), fc.constantFrom(...'0123456789abcdefghjkmnpqrstvwxyz'))
    .map(([most, last]) => schema.parse(`${prefix}_${most}${last}`))
const longest = 'a'.repeat(63)

test('a session has the name of its request, which STS takes whole, so that no two requests share one', () => {
  fc.assert(
    fc.property(id('req', RequestId), id('req', RequestId), id('crd', CredentialId), (one, other, credential) => {
      const named = (request: RequestId) => sessionOf(sampleAsk({ id: request }), credential, target).sessionName
      expect(named(one)).toMatch(/^[\w+=,.@-]{2,64}$/)
      expect(named(one) === named(other)).toBe(one === other)
    }),
  )
})

test('a session is told from another one of its request by its tag', () => {
  const tagsOf = (n: number) => sessionOf(sampleAsk(), credentialId(n), target).tags
  expect(tagsOf(1)['hotwork:request']).toBe(tagsOf(2)['hotwork:request'])
  expect(tagsOf(1)['hotwork:credential']).not.toBe(tagsOf(2)['hotwork:credential'])
})

test('a session has no name that an agent wrote into the request', () => {
  const asked = fc.record({
    purpose: hostile,
    justification: hostile,
    arguments: fc.dictionary(hostile, hostile) as fc.Arbitrary<{ [name: string]: Json }>,
    resource: fc.record({ type: hostile, id: hostile }),
    parentTask: fc.record({ id: hostile, url: hostile }),
    environment: hostile,
    classification: hostile,
  })
  const tame = sessionOf(sampleAsk(), credentialId(1), target)
  fc.assert(
    fc.property(asked, (changes) => {
      // The session has only the digest of the ask.
      const { tags, ...rest } = sessionOf(sampleAsk(changes), credentialId(1), target)
      const { tags: tameTags, ...tameRest } = tame
      expect(rest).toEqual(tameRest)
      expect({ ...tags, 'hotwork:digest': '' }).toEqual({ ...tameTags, 'hotwork:digest': '' })
      expect(tags['hotwork:digest']).toMatch(/^sha-256:[\w-]{43,64}$/)
    }),
  )
})

test('a session has tags that IAM takes to the letter, with the longest names that it may have', () => {
  const agent = { ...sampleAsk().agent, id: AgentId.parse(`agent:${longest}`) }
  const ask = sampleAsk({ id: requestId(7), agent, owner: PersonId.parse(`person:${longest}`) })
  const { tags } = sessionOf(ask, credentialId(7), target)
  for (const text of [...Object.keys(tags), ...Object.values(tags)]) {
    expect(text).toMatch(/^[\w.:/=+@-]+$/)
    expect(text.length).toBeLessThanOrEqual(128)
  }
})

test('a session of an opening has its id, and the person as who asks and who owns', () => {
  const [breakGlass, jade] = [RequestId.parse(`bgl_${'0'.repeat(25)}7`), PersonId.parse('person:jade')]
  const ask = sampleAsk({ id: breakGlass, agent: { ...sampleAsk().agent, id: jade }, owner: jade })
  expect(sessionOf(ask, credentialId(1), target)).toMatchObject({
    sessionName: breakGlass,
    sourceIdentity: breakGlass,
    tags: { 'hotwork:request': breakGlass, 'hotwork:agent': jade, 'hotwork:owner': jade },
  })
})
