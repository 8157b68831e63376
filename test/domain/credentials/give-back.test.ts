import { deniesOf } from '../../../functions/domain/credentials/denies.ts'
import * as sample from '../../support/ask.ts'
import { awsIntent, awsRole, live, type Story, token } from '../story.ts'

/** An agent gives its access token back early (RFC 7009): the credentials that end, and those that stay. */

const [first, second, session, another] = [
  sample.credentialId(1),
  sample.credentialId(2),
  sample.credentialId(11),
  sample.credentialId(12),
] as const
const stories: readonly Story[] = [
  [
    'a token that was given back is refused',
    0,
    ...token(1, first),
    [2, sample.credentialRevocation(first), 'approved'],
    [3, sample.useBegin(first, 1), '!credential_superseded'],
    [3, awsIntent(session, first), '!credential_superseded'],
  ],
  [
    'an AWS session that is being made with a returned token is never recorded',
    0,
    ...token(1, first),
    [2, awsIntent(session, first), 'approved'],
    [3, sample.credentialRevocation(first), 'approved'],
    [4, sample.issuance('aws', session, { use: sample.useId(9) }), '!credential_superseded'],
  ],
  [
    'a grant outlives its returned token: its key claims again, and its AWS use is the one that was begun',
    0,
    ...token(1, first),
    [2, awsIntent(session, first), 'approved'],
    [2, sample.issuance('aws', session, { use: sample.useId(9) }), 'approved'],
    [3, sample.credentialRevocation(first), 'approved'],
    ...token(4, second),
    [5, awsIntent(another, second), 'approved'],
    [5, sample.issuance('aws', another), 'approved'],
  ],
  [
    'a mint on its way is another token, and succeeds',
    0,
    ...token(1, first),
    [2, sample.intent('access_token', second), 'approved'],
    [3, sample.credentialRevocation(first), 'approved'],
    [4, sample.issuance('access_token', second), 'approved'],
    [5, sample.useBegin(second, 1), 'approved'],
  ],
  [
    'a replaced token that is given back ends nothing',
    0,
    ...token(1, first),
    ...token(2, second),
    [3, sample.credentialRevocation(first), 'approved'],
    [4, sample.useBegin(second, 1), 'approved'],
  ],
  [
    'an agent does not give back a token of another agent',
    0,
    ...token(1, first),
    [2, sample.credentialRevocation(first, { agent: sample.otherAgent }), '!unknown_request'],
    [3, sample.useBegin(first, 1), 'approved'],
  ],
  [
    'a token is not given back after the end',
    0,
    ...token(1, first),
    [2, sample.completion(), 'completed'],
    [3, sample.credentialRevocation(first), 'completed'],
  ],
]

test.each(stories)('%s', (_rule, tier, ...steps) => void live(tier, sample.sampleAsk(), ...steps))

test('a token that is given back twice has one entry, which names it', () => {
  const desk = live(
    0,
    sample.sampleAsk(),
    ...token(1, first),
    [2, sample.credentialRevocation(first), 'approved'],
    [3, sample.credentialRevocation(first), 'approved'],
  )
  expect(desk.types.filter((type) => type === 'CredentialRevoked')).toEqual(['CredentialRevoked'])
  expect(desk.last('CredentialRevoked')).toMatchObject({ credential: first, at: sample.submittedAt + 2 })
})

test('the AWS session of a returned token is denied by its own tag, and a later one is not', () => {
  const desk = live(
    0,
    sample.sampleAsk(),
    ...token(1, first),
    [2, awsIntent(session, first), 'approved'],
    [2, sample.issuance('aws', session, { use: sample.useId(9) }), 'approved'],
    [3, sample.credentialRevocation(first), 'approved'],
    ...token(4, second),
    [5, awsIntent(another, second), 'approved'],
    [5, sample.issuance('aws', another), 'approved'],
  )
  const denies = deniesOf(desk.state, sample.submittedAt + 6).get(awsRole)
  expect(denies?.map(({ tag, value }) => [tag, value])).toEqual([['hotwork:credential', session]])
})
