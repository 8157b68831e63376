import { timelineLines } from '../../../client/requests/timeline.ts'
import type { Entry } from '../../../functions/domain/cards/wire/ledger.ts'

test('a timeline says how many calls to AWS went beyond the approval, and which', () => {
  const facts = { approved: 1, refused: 1, extraCalls: 2, extra: ['ssm:PutParameter', 'sts:GetCallerIdentity'] }
  const entry = { id: 'req_1/9', type: 'CallsCompared', at: '2027-01-15T08:00:00Z', actor: { type: 'system' }, facts }
  const surroundings = { now: () => new Date('2027-01-15T08:30:00Z'), env: { TZ: 'UTC' } }
  expect(timelineLines({ entries: [entry as unknown as Entry], personal: {} }, surroundings)[0]).toMatch(
    /Hotwork {2}compared the calls to AWS with what was approved: 1 approved, 1 refused, 2 extra: ssm:PutParameter, sts:GetCallerIdentity$/,
  )
})
