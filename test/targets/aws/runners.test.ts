import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { runnersBeside } from '../../../functions/targets/aws/runners.ts'
import { sampleBundle } from '../../support/world.ts'

const roleIn = (account: string, role: string) => `arn:aws:iam::${account}:role/hotwork/Hotwork-${role}`
const targets = ['000000000000', '222222222222'].map((account) => roleIn(account, 'target'))

test('the reconciliation looks at the runner of an account with runs, and no other', () => {
  expect(runnersBeside(targets, sampleBundle())).toEqual([roleIn('000000000000', 'runner')])
})

test('a deployment without runs has no runner', () => {
  const {
    'states:StartExecution': _run,
    'cloudformation:ExecuteChangeSet': _changes,
    ...actions
  } = sampleBundle().actions
  expect(runnersBeside(targets, { ...sampleBundle(), actions } as Bundle)).toEqual([])
})
