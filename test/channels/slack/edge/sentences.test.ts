import {
  failed,
  malformedClick,
  notAnswered,
  notOpened,
  notRecorded,
  sentenceFor,
  sentenceForAccount,
} from '../../../../functions/channels/slack/edge/sentences.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { Refusal } from '../../../../functions/domain/refusals.ts'
import { sampleBundle } from '../../../support/world.ts'
import { everyState } from '../cards/states.ts'

const bundle = sampleBundle()
const { directory } = bundle
let states: ReadonlyMap<string, ApprovalRequest>
beforeAll(async () => {
  states = await everyState(bundle)
})

/** Sentences: a capital first, a full stop last. */
const sentences = /^(?:[A-Z][^.?!]*\.(?: |$))+$/
const withoutPlaces = (text: string) => text.replace(/\/v1\/\S+\/decisions/g, 'there')

describe.each([...Refusal.options, 'replayed' as const])('%s', (code) => {
  test('a refusal is told in sentences for a person, in every state of a request', () => {
    for (const state of [undefined, ...states.values()])
      for (const detail of [undefined, 'strong', '900']) {
        const said = withoutPlaces(sentenceFor(code, { directory, state, detail }))
        expect(said).toMatch(sentences)
        expect(said.replaceAll(/\b(?:req|bgl|hlt|sin|stp)_(?= )/g, '')).not.toMatch(/undefined|null|\[object|_/)
      }
  })
})

const clicking = /\b(?:pres{2}|click)/i

test("a sentence never speaks of clicking, because a command's sender reads it too", () => {
  for (const code of Refusal.options)
    for (const state of [undefined, ...states.values()])
      expect(sentenceFor(code, { directory, state })).not.toMatch(clicking)
  for (const said of [notAnswered, notRecorded, notOpened, failed]) expect(said).not.toMatch(clicking)
})

test.each(Object.entries(sentenceForAccount))(
  'the owner of an account that is %s is told so in sentences',
  (_code, said) => {
    expect(said).toMatch(sentences)
  },
)

test.each([malformedClick, notAnswered, notRecorded, failed])('the sentence %j is made of sentences', (said) => {
  expect(said).toMatch(sentences)
})

test.each([
  ['waiting for the first stage', 'It waits for 1 more of owner'],
  ['escalated', 'It waits for 1 more of owner or on-call'],
  ['waiting for a stronger login, one of two', 'It waits for 1 more of security'],
  ['approved', 'It is approved'],
])('a request %s names the stage that waits', (name, turn) => {
  expect(sentenceFor('not_eligible', { directory, state: states.get(name) })).toContain(turn)
})

test.each([
  ['denied', 'denied by Eve Evans (person:eve)'],
  ['revoked', 'revoked by Gus Garcia (person:gus)'],
  ['approved', 'can still deny, which revokes it'],
  ['withdrawn', 'The agent withdrew it'],
  ['completed: failed', 'reported the end of the task'],
  ['expired without a claim', 'its time was up'],
])('a request %s has its end told', (name, how) => {
  expect(sentenceFor('already_settled', { directory, state: states.get(name) })).toContain(how)
})

test('a login that is too old needs a newer one, and a weak one a stronger one', () => {
  const about = { directory, state: states.get('waiting for a stronger login, one of two') }
  expect(sentenceFor('insufficient_login', { ...about, detail: '900' })).toContain('a newer login (at most 900 s old)')
  expect(sentenceFor('insufficient_login', { ...about, detail: 'strong' })).toContain('a stronger login (strong)')
})

test('a stand-in by a weak login reads who can correct that, and is sent to no login', () => {
  const detail = 'the stand-in was given with a login that is too weak for this stage'
  const said = sentenceFor('insufficient_login', { directory, state: states.get('pending'), detail })
  expect(said).toContain('That person can end it and name you again')
  expect(said).not.toContain('Log in and approve')
})
