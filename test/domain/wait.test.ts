import { firstWait, outcomeOf, waitOf } from '../../functions/domain/wait.ts'
import {
  completion,
  credentialId,
  decision,
  eligible,
  intent,
  issuance,
  minutes,
  person,
  revocation,
  sampleAsk,
  wake,
  withdrawal,
} from '../support/ask.ts'
import { Desk, type Step } from './story.ts'

const ask = sampleAsk()
const approve = (name: string, changes = {}) => decision(ask, name, 'approve', changes)
const after = (tier: number, ...steps: readonly (readonly [Step[0], Step[1]])[]) => {
  const desk = new Desk(tier, ask)
  for (const [at, command] of steps) desk.tell(at, command)
  return desk.state
}
const withoutAna = { ...eligible, [person('ana')]: [] }
const escalated = after(2, [minutes(30), wake])
const second = after(2, [1, approve('ana')])
const approved = after(2, [1, approve('ana')], [2, approve('cleo')])
const reopened = after(2, [1, approve('ana')], [2, approve('cleo', { eligible: withoutAna })])

test('an execution starts where the submission says, whatever has become of it since', () => {
  expect(firstWait(after(0))).toBe('AwaitCompletion')
  expect(firstWait(after(2))).toBe('Tier2 owner')
  expect(firstWait(approved)).toBe('Tier2 owner')
})

test.each([
  ['at the open stage', after(2), 'Tier2 owner'],
  ['at the open stage, escalated', escalated, 'Tier2 owner escalated'],
  ['at the next stage', second, 'Tier2 sre'],
  ['at a stage that opened again', reopened, 'Tier2 owner'],
  ['for completion', approved, 'AwaitCompletion'],
  ['for nothing once it has ended', after(1, [1, withdrawal()]), 'Close'],
])('the workflow is to wait %s', (_where, state, wait) => {
  expect(waitOf(state)).toBe(wait)
})

const claimed: Step[] = [
  [3, intent('access_token', credentialId(1)), 'approved'],
  [4, issuance('access_token', credentialId(1)), 'approved'],
]
test.each([
  ['goes on while its stage is open', after(2), 'Tier2 owner', 'waiting'],
  ['succeeds when the next stage has opened', second, 'Tier2 owner', 'succeeded'],
  ['succeeds, escalated, the same', second, 'Tier2 owner escalated', 'succeeded'],
  ['succeeds when all is approved', approved, 'Tier2 owner', 'succeeded'],
  ['has moved when its stage escalated: that is no success', escalated, 'Tier2 owner', 'Moved'],
  ['has moved when an earlier stage opened again', reopened, 'Tier2 sre', 'Moved'],
  ['is settled by a denial', after(2, [1, decision(ask, 'ana', 'deny')]), 'Tier2 owner', 'Settled'],
  ['is settled by a withdrawal', after(2, [1, withdrawal()]), 'Tier2 owner', 'Settled'],
  ['is settled by silence', after(1, [minutes(30), wake]), 'Tier1 owner', 'Settled'],
  ['for completion succeeds on completion', after(0, [1, completion()]), 'AwaitCompletion', 'succeeded'],
  ['for completion succeeds on revocation', after(0, [1, revocation('sam')]), 'AwaitCompletion', 'succeeded'],
  [
    'for completion succeeds on expiry',
    after(0, ...claimed.map(([at, command]) => [at, command] as const), [minutes(20), wake]),
    'AwaitCompletion',
    'succeeded',
  ],
  [
    'that a stage had, after a whole life, succeeds: the way on leads to the close',
    after(1, [1, approve('ana')], [2, completion()]),
    'Tier1 owner',
    'succeeded',
  ],
  ['that no ladder has asks the table', after(2), 'Tier9 nobody', 'Moved'],
] as const)('a wait %s', (_how, state, wait, outcome) => {
  expect(outcomeOf(state, wait)).toBe(outcome)
})
