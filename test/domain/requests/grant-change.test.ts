import type { Command } from '../../../functions/domain/requests/commands.ts'
import { isOfGrantAlone, isSameOnCards } from '../../../functions/domain/requests/grant-change.ts'
import {
  completion,
  credentialId,
  decision,
  intent,
  issuance,
  revocation,
  sampleAsk,
  useBegin,
  useEnd,
  useId,
} from '../../support/ask.ts'
import { Desk } from '../story.ts'

const ask = sampleAsk({ uses: 3 })
const [token, session] = [credentialId(1), credentialId(11)]
const aws = intent('aws', session, { presented: token, session: { role: 'target', endsAt: 4_000_000_000 } })

/** A story step by step: which changes are of the grant alone, and which of those no card shows. */
const story: readonly [what: string, command: Command, grantAlone: boolean, sameOnCards: boolean][] = [
  ['the intent of a token', intent('access_token', token), true, true],
  ['its issue, which starts the clock of the grant', issuance('access_token', token), true, false],
  ['the intent of AWS credentials', aws, true, true],
  ['their issue, which begins a use', issuance('aws', session, { use: useId(9) }), true, false],
  ['the begin of a use', useBegin(token, 1), true, false],
  ['the end of a use', useEnd(1), true, true],
  ['the completion', completion(), false, false],
]

test('only a change that moves a wait or a card is one that follows to the workflow or to the card drawer', () => {
  const desk = new Desk(0, ask)
  for (const [after, [what, command, grantAlone, sameOnCards]] of story.entries()) {
    const before = desk.state
    desk.tell(after + 1, command)
    expect([what, desk.state === before]).toEqual([what, false])
    expect([what, isOfGrantAlone(before, desk.state), isSameOnCards(before, desk.state)]).toEqual([
      what,
      grantAlone,
      sameOnCards,
    ])
  }
})

test('a decision, and the end of a grant by a person, move both', () => {
  const pending = new Desk(1, ask)
  const before = pending.state
  pending.tell(1, decision(ask, 'ana', 'approve'))
  expect([isOfGrantAlone(before, pending.state), isSameOnCards(before, pending.state)]).toEqual([false, false])
  const approved = pending.state
  pending.tell(2, revocation('gus'))
  expect([isOfGrantAlone(approved, pending.state), isSameOnCards(approved, pending.state)]).toEqual([false, false])
})
