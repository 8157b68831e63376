import { chainEntries, noEntries, verify } from '../../../functions/domain/ledger/ledger.ts'
import { comment, decision, minutes, person, sampleAsk, submittedAt, wake, withdrawal } from '../../support/ask.ts'
import { live, type Story } from '../story.ts'

/** A denial counts at once, and its reason may follow. */

const ask = sampleAsk()
const approve = (name: string, changes = {}) => decision(ask, name, 'approve', changes)
const deny = (name: string, changes = {}) => decision(ask, name, 'deny', changes)

const stories: readonly Story[] = [
  [
    'an approval may be commented on while others are asked',
    2,
    [1, approve('ana'), 'pending'],
    [2, comment('ana', 'it helps'), 'pending'],
  ],
  ['a denial may have a comment after the end', 2, [1, deny('ana'), 'denied'], [2, comment('ana', 'freeze'), 'denied']],
  [
    'a comment is made once',
    2,
    [1, deny('ana'), 'denied'],
    [2, comment('ana', 'freeze'), 'denied'],
    [3, comment('ana', 'no'), '!already_commented'],
  ],
  [
    'a comment that came with the decision stays',
    2,
    [1, deny('ana', { comment: 'freeze' }), 'denied'],
    [2, comment('ana', 'no'), '!already_commented'],
  ],
  ['only the decider comments', 2, [1, deny('ana'), 'denied'], [2, comment('ben', 'freeze'), '!not_decided']],
  ['a comment needs a decision', 2, [1, comment('ana', 'it helps'), '!not_decided']],
  [
    'a comment is made within the hour, to the second',
    2,
    [1, deny('ana'), 'denied'],
    [1 + minutes(60), comment('ana', 'freeze'), 'denied'],
  ],
  [
    'a comment is refused a second after the hour',
    2,
    [1, deny('ana'), 'denied'],
    [2 + minutes(60), comment('ana', 'freeze'), '!comment_too_late'],
  ],
  ['an empty comment is refused', 2, [1, deny('ana'), 'denied'], [2, comment('ana', '  '), '!comment_required']],
  [
    'a comment is on the denial of a person who approved before',
    1,
    [1, approve('ana', { comment: 'it helps' }), 'approved'],
    [2, deny('ana'), 'revoked'],
    [3, comment('ana', 'it does not help'), 'revoked'],
  ],
  [
    'an approval may be commented on after another end of the request',
    2,
    [1, approve('ana'), 'pending'],
    [2, withdrawal(), 'withdrawn'],
    [3, comment('ana', 'it would have helped'), 'withdrawn'],
  ],
]
test.each(stories)('%s', (_rule, tier, ...steps) => void live(tier, ask, ...steps))

test('a comment stands with its decision, and is the reason of an end by it', () => {
  const { state } = live(2, ask, [1, deny('ana'), 'denied'], [2, comment('ana', 'freeze'), 'denied'])
  expect(state).toMatchObject({ status: 'denied', deniedBy: person('ana'), reason: 'freeze' })
  expect(state.stages[0]?.decisions).toEqual([
    { person: person('ana'), verdict: 'deny', as: 'owner', at: submittedAt + 1, comment: 'freeze' },
  ])
})

test('a comment on a denial after the approval is the reason of the revocation', () => {
  const { state } = live(
    1,
    ask,
    [1, approve('ana'), 'approved'],
    [2, deny('ben'), 'revoked'],
    [3, comment('ben', 'wrong one'), 'revoked'],
  )
  expect(state).toMatchObject({ revokedBy: person('ben'), reason: 'wrong one' })
})

test('a comment on an approval is never the reason of an end', () => {
  const { state } = live(
    2,
    ask,
    [1, approve('ana'), 'pending'],
    [2, deny('ben', { comment: 'freeze' }), 'denied'],
    [3, comment('ana', 'it helps'), 'denied'],
  )
  expect(state).toMatchObject({ reason: 'freeze' })
})

test('a comment changes no deadline, no round and nothing else', () => {
  const before = live(2, ask, [1, approve('ana'), 'pending']).state
  const after = live(2, ask, [1, approve('ana'), 'pending'], [2, comment('ana', 'it helps'), 'pending']).state
  const [owner, ...rest] = after.stages
  const decisions = owner?.decisions.map(({ comment: _, ...decision }) => decision)
  expect({ ...after, updatedAt: before.updatedAt, stages: [{ ...owner, decisions }, ...rest] }).toEqual(before)
})

test('a comment is an entry of its own, and the ledger replays to the same state', () => {
  const { events, state } = live(
    2,
    ask,
    [1, deny('ana'), 'denied'],
    [2, comment('ana', 'freeze'), 'denied'],
    [3, wake, 'denied'],
  )
  expect(events.at(-1)).toMatchObject({
    type: 'Commented',
    actor: { id: person('ana') },
    verdict: 'deny',
    stage: 'owner',
  })
  const { entries } = chainEntries(ask.id, noEntries, events, undefined)
  expect(verify(ask.id, entries)).toEqual({ state })
})
