import { chainEntries, noEntries, verify } from '../../../functions/domain/ledger/ledger.ts'
import { comment, decision, minutes, person, sampleAsk, submittedAt, wake, withdrawal } from '../../support/ask.ts'
import { live, type Story } from '../story.ts'

/** Saying no is easy: a denial counts at once, and why may be said after it. */

const ask = sampleAsk()
const approve = (name: string, changes = {}) => decision(ask, name, 'approve', changes)
const deny = (name: string, changes = {}) => decision(ask, name, 'deny', changes)

const stories: readonly Story[] = [
  [
    'why somebody approved may be said while others are asked',
    2,
    [
      [1, approve('ana'), 'pending'],
      [2, comment('ana', 'it helps'), 'pending'],
    ],
  ],
  [
    'why somebody denied may be said when that is over',
    2,
    [
      [1, deny('ana'), 'denied'],
      [2, comment('ana', 'freeze'), 'denied'],
    ],
  ],
  [
    'it is said once',
    2,
    [
      [1, deny('ana'), 'denied'],
      [2, comment('ana', 'freeze'), 'denied'],
      [3, comment('ana', 'no'), '!already_commented'],
    ],
  ],
  [
    'one that was given with the decision stays',
    2,
    [
      [1, deny('ana', { comment: 'freeze' }), 'denied'],
      [2, comment('ana', 'no'), '!already_commented'],
    ],
  ],
  [
    'only whoever decided says why',
    2,
    [
      [1, deny('ana'), 'denied'],
      [2, comment('ben', 'freeze'), '!not_decided'],
    ],
  ],
  ['nobody says why before they have decided', 2, [[1, comment('ana', 'it helps'), '!not_decided']]],
  [
    'it is said within the hour, to the second',
    2,
    [
      [1, deny('ana'), 'denied'],
      [1 + minutes(60), comment('ana', 'freeze'), 'denied'],
    ],
  ],
  [
    'and not a second later',
    2,
    [
      [1, deny('ana'), 'denied'],
      [2 + minutes(60), comment('ana', 'freeze'), '!comment_too_late'],
    ],
  ],
  [
    'nothing is no reason',
    2,
    [
      [1, deny('ana'), 'denied'],
      [2, comment('ana', '  '), '!comment_required'],
    ],
  ],
  [
    'it is said of the denial where somebody approved before',
    1,
    [
      [1, approve('ana', { comment: 'it helps' }), 'approved'],
      [2, deny('ana'), 'revoked'],
      [3, comment('ana', 'it does not help'), 'revoked'],
    ],
  ],
  [
    'it is said of an approval also when the request has ended otherwise',
    2,
    [
      [1, approve('ana'), 'pending'],
      [2, withdrawal(), 'withdrawn'],
      [3, comment('ana', 'it would have helped'), 'withdrawn'],
    ],
  ],
]
test.each(stories)('%s', (_rule, tier, steps) => {
  live(tier, steps)
})

describe('what is said afterwards', () => {
  test('stands with the decision, and where that ended the request is why it ended', () => {
    const { state } = live(2, [
      [1, deny('ana'), 'denied'],
      [2, comment('ana', 'freeze'), 'denied'],
    ])
    expect(state).toMatchObject({ status: 'denied', deniedBy: person('ana'), reason: 'freeze' })
    expect(state.stages[0]?.decisions).toEqual([
      { person: person('ana'), verdict: 'deny', as: 'owner', at: submittedAt + 1, comment: 'freeze' },
    ])
  })

  test('of a denial after the approval is why the grant was revoked', () => {
    const { state } = live(1, [
      [1, approve('ana'), 'approved'],
      [2, deny('ben'), 'revoked'],
      [3, comment('ben', 'wrong one'), 'revoked'],
    ])
    expect(state).toMatchObject({ revokedBy: person('ben'), reason: 'wrong one' })
  })

  test('of an approval is never why it ended', () => {
    const { state } = live(2, [
      [1, approve('ana'), 'pending'],
      [2, deny('ben', { comment: 'freeze' }), 'denied'],
      [3, comment('ana', 'it helps'), 'denied'],
    ])
    expect(state).toMatchObject({ reason: 'freeze' })
  })

  test('changes no deadline, no round and nothing else', () => {
    const before = live(2, [[1, approve('ana'), 'pending']]).state
    const after = live(2, [
      [1, approve('ana'), 'pending'],
      [2, comment('ana', 'it helps'), 'pending'],
    ]).state
    const [owner, ...rest] = after.stages
    const decisions = owner?.decisions.map(({ comment: _, ...decision }) => decision)
    expect({ ...after, updatedAt: before.updatedAt, stages: [{ ...owner, decisions }, ...rest] }).toEqual(before)
  })

  test('is an entry of its own, from which the ledger replays to the same state', () => {
    const { events, state } = live(2, [
      [1, deny('ana'), 'denied'],
      [2, comment('ana', 'freeze'), 'denied'],
      [3, wake, 'denied'],
    ])
    expect(events.at(-1)).toMatchObject({
      type: 'Commented',
      actor: { id: person('ana') },
      verdict: 'deny',
      stage: 'owner',
    })
    const { entries } = chainEntries(ask.id, noEntries, events, undefined)
    expect(verify(ask.id, entries)).toEqual({ state })
  })
})
