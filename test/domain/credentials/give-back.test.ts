import { deniesOf } from '../../../functions/domain/credentials/denies.ts'
import {
  completion,
  credentialId,
  credentialRevocation,
  intent,
  issuance,
  minutes,
  otherAgent,
  sampleAsk,
  submittedAt,
  useBegin,
  useId,
} from '../../support/ask.ts'
import { live, type Step, type Story } from '../story.ts'

/** An agent gives its access token back before its time (RFC 7009): what ends, and what does not. */

const [first, second, session, another] = [
  credentialId(1),
  credentialId(2),
  credentialId(11),
  credentialId(12),
] as const
type Id = typeof first
const role = 'arn:aws:iam::000000000000:role/hotwork/target'
const token = (after: number, id: Id): Step[] => [
  [after, intent('access_token', id), 'approved'],
  [after, issuance('access_token', id), 'approved'],
]
const awsIntent = (id: Id, presented: Id) =>
  intent('aws', id, { presented, session: { role, endsAt: submittedAt + minutes(20) } })

const stories: readonly Story[] = [
  [
    'a token that was given back opens nothing any more',
    0,
    [
      ...token(1, first),
      [2, credentialRevocation(first), 'approved'],
      [3, useBegin(first, 1), '!credential_superseded'],
      [3, awsIntent(session, first), '!credential_superseded'],
    ],
  ],
  [
    'an AWS session that is being made with it is never recorded',
    0,
    [
      ...token(1, first),
      [2, awsIntent(session, first), 'approved'],
      [3, credentialRevocation(first), 'approved'],
      [4, issuance('aws', session, { use: useId(9) }), '!credential_superseded'],
    ],
  ],
  [
    'the grant lives on: its key claims again, and its AWS use is the one that was begun',
    0,
    [
      ...token(1, first),
      [2, awsIntent(session, first), 'approved'],
      [2, issuance('aws', session, { use: useId(9) }), 'approved'],
      [3, credentialRevocation(first), 'approved'],
      ...token(4, second),
      [5, awsIntent(another, second), 'approved'],
      [5, issuance('aws', another), 'approved'],
    ],
  ],
  [
    'a mint that is on its way is another token, and comes through',
    0,
    [
      ...token(1, first),
      [2, intent('access_token', second), 'approved'],
      [3, credentialRevocation(first), 'approved'],
      [4, issuance('access_token', second), 'approved'],
      [5, useBegin(second, 1), 'approved'],
    ],
  ],
  [
    'one that was replaced takes nothing with it',
    0,
    [
      ...token(1, first),
      ...token(2, second),
      [3, credentialRevocation(first), 'approved'],
      [4, useBegin(second, 1), 'approved'],
    ],
  ],
  [
    'nobody gives back what is another’s',
    0,
    [
      ...token(1, first),
      [2, credentialRevocation(first, { agent: otherAgent }), '!unknown_request'],
      [3, useBegin(first, 1), 'approved'],
    ],
  ],
  [
    'after the end there is nothing to give back',
    0,
    [...token(1, first), [2, completion(), 'completed'], [3, credentialRevocation(first), 'completed']],
  ],
]

test.each(stories)('%s', (_rule, tier, steps) => {
  live(tier, steps, sampleAsk())
})

test('given back twice is given back once, and is one entry that names it', () => {
  const desk = live(0, [
    ...token(1, first),
    [2, credentialRevocation(first), 'approved'],
    [3, credentialRevocation(first), 'approved'],
  ])
  expect(desk.types.filter((type) => type === 'CredentialRevoked')).toEqual(['CredentialRevoked'])
  expect(desk.last('CredentialRevoked')).toMatchObject({ credential: first, at: submittedAt + 2 })
})

test('its AWS session is denied by its own tag from then on, and what is claimed later is not', () => {
  const desk = live(0, [
    ...token(1, first),
    [2, awsIntent(session, first), 'approved'],
    [2, issuance('aws', session, { use: useId(9) }), 'approved'],
    [3, credentialRevocation(first), 'approved'],
    ...token(4, second),
    [5, awsIntent(another, second), 'approved'],
    [5, issuance('aws', another), 'approved'],
  ])
  const denies = deniesOf(desk.state, submittedAt + 6).get(role)
  expect(denies?.map(({ tag, value }) => [tag, value])).toEqual([['hotwork:credential', session]])
})
