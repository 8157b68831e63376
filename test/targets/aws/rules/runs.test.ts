import { isRun, runActions } from '../../../../functions/targets/aws/rules/runs.ts'

test('five calls start a run, and no other call does', () => {
  expect(runActions.every(isRun)).toBe(true)
  expect(['ssm:SendCommand', 'states:StartSyncExecution', 'lambda:Invoke', ''].some(isRun)).toBe(false)
})
