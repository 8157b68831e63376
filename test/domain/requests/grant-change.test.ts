import type { Command } from '../../../functions/domain/record/commands.ts'
import { isSameOnCards, type Tells, tellsOf } from '../../../functions/domain/requests/grant-change.ts'
import * as sample from '../../support/ask.ts'
import { Desk } from '../story.ts'

const ask = sample.sampleAsk({ uses: 3 })
const [token, session] = [sample.credentialId(1), sample.credentialId(11)]
const aws = sample.intent('aws', session, { presented: token, session: { role: 'target', endsAt: 4_000_000_000 } })

/** Each step: the followers of the change, and whether all cards stay as they are. */
const story: readonly [what: string, command: Command, tells: Tells, sameOnCards: boolean][] = [
  ['the intent of a token', sample.intent('access_token', token), 'card', true],
  ['its issue, which starts the clock of the grant', sample.issuance('access_token', token), 'card', false],
  ['the intent of AWS credentials', aws, 'card', true],
  ['their issue, which begins a use', sample.issuance('aws', session, { use: sample.useId(9) }), 'card', false],
  ['the begin of a use', sample.useBegin(token, 1), 'card', false],
  ['the end of a use', sample.useEnd(1), 'nothing', true],
  ['the completion', sample.completion(), 'all', false],
]

test('a change of credentials and uses alone tells the workflow nothing, and the card drawer only what cards show', () => {
  const desk = new Desk(0, ask)
  for (const [after, [what, command, tells, sameOnCards]] of story.entries()) {
    const [before, count] = [desk.state, desk.events.length]
    desk.tell(after + 1, command)
    const events = desk.events.slice(count)
    expect(events).not.toEqual([])
    expect([what, tellsOf({ ask }, events), isSameOnCards(before, desk.state)]).toEqual([what, tells, sameOnCards])
  }
})

test('every change of an opening is told to all', () => {
  const opening = { ...ask, breakGlass: { profile: 'restart', rights: [], drill: false } } as unknown as typeof ask
  expect(tellsOf({ ask: opening }, [{ type: 'UseEnded' }])).toBe('all')
})

test('a decision, and the end of a grant by a person, are told to all and drawn', () => {
  const desk = new Desk(1, ask)
  for (const [after, command] of [sample.decision(ask, 'ana', 'approve'), sample.revocation('gus')].entries()) {
    const [before, count] = [desk.state, desk.events.length]
    desk.tell(after + 1, command)
    expect([tellsOf({ ask }, desk.events.slice(count)), isSameOnCards(before, desk.state)]).toEqual(['all', false])
  }
})
