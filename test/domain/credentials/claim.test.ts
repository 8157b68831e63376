import { mostTokens } from '../../../functions/domain/credentials/issue.ts'
import {
  completion,
  credentialId,
  decision,
  eligible,
  failed,
  type flagService,
  forbid,
  intent,
  issuance,
  minutes,
  otherAgent,
  otherKey,
  person,
  revocation,
  sampleAsk,
  submittedAt,
  useBegin,
  useEnd,
  useId,
  withdrawal,
} from '../../support/ask.ts'
import { awsIntent, type Desk, live, type Step, type Story, token } from '../story.ts'

const ask = sampleAsk()
const approve = (name: string) => decision(ask, name, 'approve')
const [first, second, third, fourth] = [credentialId(1), credentialId(2), credentialId(3), credentialId(4)] as const
const withoutAna = { ...eligible, [person('ana')]: [] }

const aws = (after: number, id: typeof first, presented: typeof first): Step[] => [
  [after, awsIntent(id, presented), 'approved'],
  [after, issuance('aws', id, { use: useId(9) }), 'approved'],
]

const stories: readonly Story[] = [
  ['nothing is claimed while the request is pending', 1, [1, intent('access_token', first), '!pending']],
  ['only the key that asked claims', 0, [1, intent('access_token', first, { jkt: otherKey }), '!key_mismatch']],
  ['a foreign request is unknown', 0, [1, intent('access_token', first, { agent: otherAgent }), '!unknown_request']],
  ['nothing is issued without an intent', 0, [1, issuance('access_token', first), '!credential_superseded']],
  [
    'an intent is used once',
    0,
    [1, intent('access_token', first), 'approved'],
    [2, issuance('access_token', first), 'approved'],
    [3, issuance('access_token', first), '!credential_superseded'],
  ],
  [
    'only the newest intent of a kind becomes a credential: what a crashed attempt minted is never answered',
    0,
    [1, intent('access_token', first), 'approved'],
    [2, intent('access_token', second), 'approved'],
    [3, issuance('access_token', first), '!credential_superseded'],
    [4, issuance('access_token', second), 'approved'],
  ],
  [
    'an intent is valid for a minute, the age of its facts',
    0,
    [1, intent('access_token', first), 'approved'],
    [61, issuance('access_token', first), 'approved'],
  ],
  [
    'a later mint is never answered, and a new intent asks policy again',
    0,
    [1, intent('access_token', first), 'approved'],
    [62, issuance('access_token', first), '!credential_superseded'],
    ...token(63, second),
  ],
  [
    'AWS credentials minted later are never answered, and begin no use',
    0,
    ...token(1, first),
    [2, awsIntent(second, first), 'approved'],
    [63, issuance('aws', second, { use: useId(9) }), '!credential_superseded'],
    [64, useBegin(first, 1), 'approved'],
  ],
  [
    'an intent of one kind is not an issue of the other',
    0,
    ...token(1, first),
    [2, awsIntent(second, first), 'approved'],
    [3, issuance('access_token', second), '!credential_superseded'],
  ],
  [
    'a policy that says no at issue refuses the attempt and leaves the grant',
    0,
    [1, intent('access_token', first, { answer: forbid }), '!policy_denied'],
    ...token(2, second),
  ],
  [
    'a policy error at issue refuses the attempt and leaves the grant',
    0,
    [1, intent('access_token', first, { answer: failed }), '!policy_error'],
  ],
  [
    'an approver who lost the right by the time of the issue ends the grant',
    1,
    [1, approve('ana'), 'approved'],
    [2, intent('access_token', first, { eligible: withoutAna }), '!approver_not_eligible'],
    [3, intent('access_token', second), '!revoked'],
  ],
  [
    'an intent from before the end is not issued after it',
    0,
    [1, intent('access_token', first), 'approved'],
    [2, revocation('sam'), 'revoked'],
    [3, issuance('access_token', first), '!revoked'],
  ],
  ['AWS credentials are claimed with the access token in force', 0, ...token(1, first), ...aws(2, second, first)],
  ['AWS credentials need an access token first', 0, [1, awsIntent(second, first), '!credential_superseded']],
  [
    'AWS credentials are not claimed with a replaced access token',
    0,
    ...token(1, first),
    ...token(2, second),
    [3, awsIntent(third, first), '!credential_superseded'],
  ],
  [
    'a second claim of AWS credentials replaces the first and begins no second use',
    0,
    ...token(1, first),
    ...aws(2, second, first),
    ...aws(3, third, first),
  ],
  [
    'an intent is not a use: uses are counted when the credentials are issued, and checked then',
    0,
    ...token(1, first),
    [2, awsIntent(second, first), 'approved'],
    [3, useBegin(first, 1), 'approved'],
    [4, issuance('aws', second, { use: useId(9) }), '!uses_exhausted'],
  ],
  [
    'AWS credentials without a use are not issued',
    0,
    ...token(1, first),
    [2, awsIntent(second, first), 'approved'],
    [3, issuance('aws', second), '!uses_exhausted'],
  ],
  [
    'AWS credentials are not intended once the uses are spent',
    0,
    ...token(1, first),
    [2, useBegin(first, 1), 'approved'],
    [3, awsIntent(second, first), '!uses_exhausted'],
  ],
  ['a mint takes no use', 0, ...token(1, first), ...token(2, second), [3, useBegin(second, 1), 'approved']],
  [
    'a use beyond the budget is refused',
    0,
    ...token(1, first),
    [2, useBegin(first, 1), 'approved'],
    [3, useBegin(first, 2), '!uses_exhausted'],
  ],
  [
    'uses are counted on the grant, not on the credential',
    0,
    ...token(1, first),
    [2, useBegin(first, 1), 'approved'],
    ...token(3, second),
    [4, useBegin(second, 2), '!uses_exhausted'],
  ],
  [
    'the same key of the same tool is the same use',
    0,
    ...token(1, first),
    [2, useBegin(first, 1), 'approved'],
    [3, useBegin(first, 2, { key: 'key-1' }), 'approved'],
  ],
  [
    'a replaced credential is refused at use',
    0,
    ...token(1, first),
    ...token(2, second),
    [3, useBegin(first, 1), '!credential_superseded'],
  ],
  [
    'a policy that says no at use refuses that use and leaves the grant',
    0,
    ...token(1, first),
    [2, useBegin(first, 1, { answer: forbid }), '!policy_denied'],
    [3, useBegin(first, 1), 'approved'],
  ],
  [
    'an approver who lost the right by the time of the use ends the grant',
    1,
    [1, approve('ana'), 'approved'],
    ...token(2, first),
    [3, useBegin(first, 1, { eligible: withoutAna }), '!approver_not_eligible'],
    [4, useBegin(first, 1), '!revoked'],
  ],
  [
    'a use ends once; the same outcome again is the same end',
    0,
    ...token(1, first),
    [2, useBegin(first, 1), 'approved'],
    [3, useEnd(1), 'approved'],
    [4, useEnd(1), 'approved'],
    [5, useEnd(1, { outcome: 'failed' }), '!invalid_task_state'],
  ],
  [
    'a use is ended by the tool that began it',
    0,
    ...token(1, first),
    [2, useBegin(first, 1), 'approved'],
    [3, useEnd(1, { tool: 'tool:other' as typeof flagService }), '!credential_unknown'],
  ],
  ['a use that has not begun does not end', 0, ...token(1, first), [2, useEnd(1), '!credential_unknown']],
  [
    'completion ends the grant and its credentials',
    0,
    ...token(1, first),
    [2, completion(), 'completed'],
    [3, useBegin(first, 1), '!completed'],
    [3, intent('access_token', second), '!completed'],
  ],
  ['completing twice is once', 0, [1, completion(), 'completed'], [2, completion(), 'completed']],
  ['a pending request is not completed', 1, [1, completion(), '!invalid_task_state']],
  ["another agent's request is not completed", 0, [1, completion({ agent: otherAgent }), '!unknown_request']],
  ["another agent's request is not withdrawn", 1, [1, withdrawal({ agent: otherAgent }), '!unknown_request']],
  ['an expired grant is not completed', 0, [minutes(60), completion(), '!invalid_task_state']],
  [
    'a pending request may be withdrawn, also after approvals',
    2,
    [1, approve('ana'), 'pending'],
    [2, withdrawal(), 'withdrawn'],
    [3, approve('cleo'), '!already_settled'],
  ],
  ['a second withdrawal is invalid', 1, [1, withdrawal(), 'withdrawn'], [2, withdrawal(), '!invalid_task_state']],
  ['an approved request is not withdrawn', 0, [1, withdrawal(), '!invalid_task_state']],
  [
    'a revocation ends every credential',
    0,
    ...token(1, first),
    [2, revocation('sam'), 'revoked'],
    [3, useBegin(first, 1), '!revoked'],
  ],
  ['revoking twice is once', 0, [1, revocation('sam'), 'revoked'], [2, revocation('siri'), 'revoked']],
  ['only people that policy permits may revoke', 0, [1, revocation('eve', { answer: forbid }), '!not_permitted']],
  ['a revocation is refused if policy cannot be asked', 0, [1, revocation('sam', { answer: failed }), '!policy_error']],
  ['an ended request is not revoked', 0, [1, completion(), 'completed'], [2, revocation('sam'), '!already_settled']],
]

test.each(stories)('%s', (_rule, tier, ...steps) => void live(tier, ask, ...steps))

test('AWS credentials are for actions whose credential is `sts`', () => {
  const gated = sampleAsk({ credential: 'token' })
  live(0, gated, ...token(1, first), [2, awsIntent(second, first), '!wrong_credential_kind'])
})

const claimed = (count: number) => {
  const ids = Array.from({ length: count }, (_, n) => credentialId(n + 1))
  return { last: ids.at(-1) ?? first, steps: ids.flatMap((id, n) => token(n + 1, id)) }
}
const next = credentialId(501)

test('a grant has at most a hundred access tokens, by any key: the last one works on, and the grant can be ended', () => {
  const { last, steps } = claimed(mostTokens)
  const desk = live(
    0,
    ask,
    ...steps,
    [200, intent('access_token', next), '!too_many_sessions'],
    [201, intent('access_token', next, { jkt: otherKey, mayRebind: true }), '!too_many_sessions'],
    ...aws(202, second, last),
    [203, revocation('sam'), 'revoked'],
  )
  // Two entries for each, twenty refusals of one actor at most.
  expect(desk.events.length).toBeLessThan(2 * mostTokens + 20)
})

test('access tokens that were lost on their way count too', () => {
  const lost = Array.from(
    { length: mostTokens },
    (_, n): Step => [n + 1, intent('access_token', credentialId(n + 1)), 'approved'],
  )
  live(0, ask, ...lost, [200, intent('access_token', next), '!too_many_sessions'])
})

const grantOf = (desk: Desk) => ('grant' in desk.state ? desk.state.grant : undefined)

test('a new credential names the one that it replaces, which is dead', () => {
  const desk = live(0, ask, ...token(1, first), ...token(2, second))
  expect(desk.last('CredentialIssued')).toMatchObject({ credential: second, replaces: first })
  expect(grantOf(desk)?.credentials).toMatchObject({ access_token: { id: second } })
  expect(grantOf(desk)?.intents).toEqual({})
})

test('the first AWS credentials begin the one use, on the record beside them', () => {
  const desk = live(0, ask, ...token(1, first), ...aws(2, second, first), ...aws(3, third, first))
  expect(grantOf(desk)?.uses).toMatchObject([{ id: useId(9), tool: 'aws', credential: second }])
  expect(desk.types.slice(-4)).toEqual(['CredentialIssued', 'UseBegun', 'CredentialIntended', 'CredentialIssued'])
})

test('a session is remembered from its intent on, since it may exist without an answer', () => {
  const desk = live(
    0,
    ask,
    ...token(1, first),
    [2, awsIntent(second, first), 'approved'],
    [3, awsIntent(third, first), 'approved'],
  )
  expect(grantOf(desk)?.sessions.map(({ credential }) => credential)).toEqual([second, third])
})

test('a session is forgotten once it cannot be alive', () => {
  const lasting = sampleAsk({ lifetime: minutes(50) })
  const desk = live(0, lasting, ...token(1, first), ...aws(2, second, first), [
    minutes(20),
    awsIntent(fourth, first),
    'approved',
  ])
  expect(grantOf(desk)?.sessions.map(({ credential }) => credential)).toEqual([fourth])
})

test('the end of a use is remembered with its outcome', () => {
  const desk = live(
    0,
    ask,
    ...token(1, first),
    [2, useBegin(first, 1), 'approved'],
    [3, useEnd(1, { note: 'set' }), 'approved'],
  )
  expect(grantOf(desk)?.uses).toMatchObject([{ ended: { at: submittedAt + 3, outcome: 'succeeded', note: 'set' } }])
})

test('a grant is kept after its end, so that its sessions can be denied', () => {
  const desk = live(0, ask, ...token(1, first), ...aws(2, second, first), [
    3,
    completion({ outcome: 'failed', note: 'no' }),
    'completed',
  ])
  expect(desk.state).toMatchObject({ outcome: 'failed', note: 'no', grant: { sessions: [{ credential: second }] } })
})
