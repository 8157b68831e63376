import { longestCredential } from '../../../functions/domain/break-glass/break-glass.ts'
import { credentialsIssued } from '../../../functions/domain/credentials/issue.ts'
import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import type { Command } from '../../../functions/domain/record/commands.ts'
import { evolve } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import { defined, rfc3339 } from '../../../functions/domain/values.ts'
import {
  credentialId,
  intent,
  issuance,
  jade,
  minutes,
  opening,
  openingAsk,
  permit,
  submittedAt,
  useBegin,
  useEnd,
  useId,
} from '../../support/ask.ts'
import { Desk } from '../story.ts'

/** The record of an intent and of an issue. */

const [token, aws] = [credentialId(1), credentialId(2)]
const role = 'arn:aws:iam::000000000000:role/hotwork/target'
const session = { role, endsAt: submittedAt + minutes(20) }

test('the record has each credential with its kind, its times and its role', () => {
  const entry = (type: string, facts: object, at = submittedAt) =>
    ({ type, at: rfc3339(at), facts }) as unknown as Entry
  const entries = [
    entry('Submitted', { credential: token }),
    entry('CredentialIntended', { credential: token, claim: 'access_token' }),
    entry('CredentialIssued', { credential: token, claim: 'access_token', expiresAt: submittedAt + 900 }),
    entry('CredentialIntended', { credential: aws, claim: 'aws', session }),
    entry('CredentialIntended', { credential: credentialId(3), claim: 'aws', session: { role: 'another' } }),
    entry('CredentialIssued', { credential: aws, claim: 'aws', expiresAt: submittedAt + 900 }, submittedAt + 5),
  ]
  expect(credentialsIssued(entries)).toEqual([
    { id: token, claim: 'access_token', issuedAt: submittedAt, expiresAt: submittedAt + 900 },
    { id: aws, claim: 'aws', issuedAt: submittedAt + 5, expiresAt: submittedAt + 900, role },
  ])
  for (const odd of [null, 'role', {}, undefined]) {
    const [, , , , , issued] = entries
    const intended = entry('CredentialIntended', { credential: aws, claim: 'aws', session: odd })
    expect(credentialsIssued([intended, issued as Entry])).toEqual([
      expect.not.objectContaining({ role: expect.anything() }),
    ])
  }
})

const claimed = () => {
  const desk = new Desk(0)
  desk.claim(1)
  return desk
}

test('an intent counts access tokens and no AWS credentials', () => {
  const desk = claimed()
  expect(desk.last('CredentialIntended')).toMatchObject({ claim: 'access_token', count: 1 })
  desk.tell(2, intent('access_token', credentialId(5)))
  expect(desk.last('CredentialIntended')).toMatchObject({ count: 2 })
  desk.tell(2, issuance('access_token', credentialId(5)))
  desk.tell(3, intent('aws', aws, { presented: credentialId(5), session }))
  expect(desk.last('CredentialIntended')).toMatchObject({ claim: 'aws', session })
  expect(desk.last('CredentialIntended')).not.toHaveProperty('count')
})

test('an intent has the end of an ancestor if that is sooner than the end of the grant', () => {
  const desk = new Desk(0)
  const notAfter = desk.state.status === 'approved' ? desk.state.grant.notAfter : 0
  const of = (bound?: number) => {
    desk.tell(1, intent('access_token', token, defined({ bound })))
    return desk.last('CredentialIntended')?.notAfter
  }
  expect([of(undefined), of(notAfter), of(notAfter + 1), of(notAfter - 1)]).toEqual([
    undefined,
    undefined,
    undefined,
    notAfter - 1,
  ])
})

test('an intent names no state of a resource that was not read', () => {
  expect(claimed().last('CredentialIntended')).not.toHaveProperty('state')
})

test('an intent is refused beside a hundred live AWS sessions, and ended ones do not count', () => {
  const desk = claimed()
  const at = submittedAt + 2
  const withSessions = (alive: number, over: number) => {
    if (desk.state.status !== 'approved') throw new Error('not approved')
    const ends = [...Array.from({ length: alive }, () => at + 1), ...Array.from({ length: over }, () => at)]
    const sessions = ends.map((endsAt, n) => ({ credential: credentialId(100 + n), role, endsAt }))
    return { ...desk.state, grant: { ...desk.state.grant, sessions } }
  }
  const told = (state: ApprovalRequest, claim: 'aws' | 'access_token' = 'aws') =>
    decide(state, intent(claim, aws, { presented: token, session }), at).refusal?.code
  expect([told(withSessions(99, 9)), told(withSessions(100, 0))]).toEqual([undefined, 'too_many_sessions'])
  expect(told(withSessions(100, 0), 'access_token')).toBeUndefined()
})

test('an issue of an opening moves no end, and lives for one credential at most', () => {
  const run = (state: ApprovalRequest | undefined, command: Command, at: number) => {
    const { events } = decide(state, command, at)
    return { state: events.reduce(evolve, state), events }
  }
  const opened = run(undefined, opening(openingAsk()), submittedAt)
  if (opened.state?.status !== 'approved') throw new Error('not opened')
  const { notAfter } = opened.state.grant
  const mine = { agent: jade as never, answer: permit }
  const intended = run(opened.state, intent('access_token', token, mine), submittedAt + 1)
  const { events } = run(intended.state, issuance('access_token', token, { agent: jade as never }), submittedAt + 1)
  const credential = submittedAt + 1 + longestCredential
  expect(credential).toBeLessThan(notAfter)
  expect(events).toMatchObject([{ type: 'CredentialIssued', notAfter, expiresAt: credential }])
})

test('an issue of AWS credentials begins the one use, which must be named and left', () => {
  const desk = new Desk(0)
  desk.claim(1)
  desk.tell(2, intent('aws', aws, { presented: token, session }))
  expect(desk.tell(2, issuance('aws', aws))).toBe('!uses_exhausted')
  desk.tell(3, useBegin(token, 1))
  desk.tell(3, useEnd(1))
  expect(desk.tell(4, issuance('aws', aws, { use: useId(9) }))).toBe('!uses_exhausted')
})
