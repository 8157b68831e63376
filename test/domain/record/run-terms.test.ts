import { runTermsOf, unpinnedAfter } from '../../../functions/domain/record/run-terms.ts'
import { preview } from '../../support/ask.ts'

const role = 'arn:aws:iam::000000000000:role/runbooks'

test('the reading of a run gives its role, and what people cannot pin in it', () => {
  expect(runTermsOf({ ...preview(), run: { runsAs: role, open: ['step 2 is open'] } }, ['a'])).toEqual({
    runsAs: role,
    unpinned: ['a', `this approves everything that ${role} may do with it`, 'step 2 is open'],
  })
})

test.each([
  ['no reading', undefined],
  ['a failed reading', { outcome: 'failed', why: 'denied', observedAt: 0 } as const],
  ['a reading of another act', preview()],
])('%s gives no role', (_what, found) => {
  expect(runTermsOf(found, ['a'])).toEqual({ unpinned: ['a'] })
})

test('a changed state leaves open what its new reading says, and no longer what the old one said', () => {
  const reading = (...open: string[]) => ({ ...preview(), run: { runsAs: role, open } })
  const { unpinned } = runTermsOf(reading('step 2', 'step 3'), ['a'])
  const words = `this approves everything that ${role} may do with it`
  expect(unpinnedAfter({ unpinned }, reading('step 2', 'step 3'), reading('step 3', 'step 4'))).toEqual([
    ...['a', words, 'step 3', 'step 4'],
  ])
})
