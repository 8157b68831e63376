import { asOf } from '../../../functions/domain/requests/due.ts'
import {
  credentialId,
  decision,
  delegation,
  intent,
  issuance,
  minutes,
  sampleAsk,
  submittedAt,
  wake,
} from '../../support/ask.ts'
import { Desk, live } from '../story.ts'

/** A request with a later start: people decide ahead, and nothing is issued before the start. */

const in2h = minutes(120)
const later = (changes = {}) => sampleAsk({ notBefore: submittedAt + in2h, ...changes })
const claim = intent('access_token', credentialId(1))

test('a request with a later start is approved ahead, and claimed from its start on', () => {
  const ask = later()
  live(
    1,
    ask,
    [minutes(5), decision(ask, 'ana', 'approve'), 'approved'],
    [minutes(10), claim, '!not_yet'],
    [in2h - 1, claim, '!not_yet'],
    [in2h, claim, 'approved'],
    [in2h, issuance('access_token', credentialId(1)), 'approved'],
  )
})

test('the claim and the end of a later grant count from its start', () => {
  const desk = new Desk(0, later())
  const from = submittedAt + in2h
  expect(desk.state).toMatchObject({
    grant: { approvedAt: submittedAt, claimBy: from + minutes(60), notAfter: from + minutes(75) },
  })
  expect(asOf(desk.state, from + minutes(60) - 1).status).toBe('approved')
  expect(asOf(desk.state, from + minutes(60)).status).toBe('expired')
})

test('a request that is not approved by its start ends', () => {
  const desk = new Desk(1, sampleAsk({ notBefore: submittedAt + minutes(10) }))
  expect(desk.state).toMatchObject({ decideBy: submittedAt + minutes(10) })
  expect(desk.tell(minutes(10), wake)).toBe('expired')
})

test('a start further away than the people’s time gives them no more of it', () => {
  expect(new Desk(1, later()).state).toMatchObject({ decideBy: submittedAt + minutes(30) })
})

test('a start before the approval changes nothing', () => {
  const { state } = new Desk(0, sampleAsk({ notBefore: submittedAt - 1 }))
  expect(state).toMatchObject({ grant: { claimBy: submittedAt + minutes(60), notAfter: submittedAt + minutes(75) } })
})

test('the end that the agent asked for stays the end of a later grant', () => {
  const { state } = new Desk(0, later({ requestedUntil: submittedAt + in2h + minutes(5) }))
  expect(state).toMatchObject({
    grant: { claimBy: submittedAt + in2h + minutes(5), notAfter: submittedAt + in2h + minutes(5) },
  })
})

test('a grant is not delegated before its start', () => {
  const desk = new Desk(0, later())
  expect(desk.tell(1, delegation(2))).toBe('!not_yet')
  expect(desk.tell(in2h, delegation(2))).toBe('approved')
})

test('a halt before its start ends a grant', () => {
  const desk = new Desk(0, later())
  const halted = { ...claim, ending: { by: 'halt', id: `hlt_${'0'.repeat(26)}` } } as typeof claim
  expect(desk.tell(1, halted)).toBe('!halted')
  expect(desk.state.status).toBe('revoked')
})

test('a start is a term of the digest, and a request without one keeps its digest', () => {
  const id = sampleAsk().id
  const [plain, early, late] = [undefined, 1, 2].map(
    (hours) => sampleAsk({ id, ...(hours ? { notBefore: submittedAt + minutes(hours * 60) } : {}) }).digest,
  )
  expect(new Set([plain, early, late]).size).toBe(3)
})
