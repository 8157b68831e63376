import type { Json, JsonObject } from '../../../../functions/domain/values.ts'
import { invokedFunction } from '../../../../functions/targets/aws/runs/function.ts'
import type { RunSettings } from '../../../../functions/targets/aws/runs/run.ts'
import { stateMachine } from '../../../../functions/targets/aws/runs/state-machine.ts'
import { runNamed } from './played.ts'

/** The answers of Step Functions that the local engine does not give. */

const arn = 'arn:aws:states:us-east-1:111122223333:stateMachine:repair-orders'
const roleArn = 'arn:aws:iam::111122223333:role/machine'
const settings = (answer: JsonObject): RunSettings => ({
  ...runNamed('states:StartExecution'),
  call: async () => answer,
  mask: (value) => value,
})
const read = (States: JsonObject) => {
  const definition = JSON.stringify({ StartAt: 'A', States })
  const machine = { stateMachineArn: `${arn}:1`, type: 'STANDARD', roleArn, definition, status: 'ACTIVE' }
  return stateMachine.describe({ stateMachineArn: `${arn}:1` }, settings(machine))
}
const task = (more: JsonObject): JsonObject => ({ Type: 'Task', Resource: 'arn:aws:states:::x', End: true, ...more })
const inside = (state: JsonObject) => ({
  Type: 'Map',
  ItemProcessor: { StartAt: 'A', States: { A: state } },
  End: true,
})
const admin = 'arn:aws:iam::111122223333:role/admin'

test.each<[what: string, credentials: Json]>([
  ['a path', { 'RoleArn.$': '$.role' }],
  ['JSONata', { RoleArn: '{% $states.input.role %}' }],
  ['JSONata for all of it', '{% $states.input %}'],
  ['a path beside a role', { RoleArn: admin, 'RoleArn.$': '$.role' }],
])('a state machine whose state takes its role by %s may not be asked for', async (_what, Credentials) => {
  for (const state of [task({ Credentials }), inside(task({ Credentials }))])
    await expect(read({ B: state })).rejects.toMatchObject({ name: 'role_not_fixed' })
})

test('the other role as which a state acts is told', async () => {
  const state = task({ Credentials: { RoleArn: admin } })
  expect(await read({ A: inside(state) })).toMatchObject({
    runsAs: roleArn,
    open: [`the role ${admin}, as which the state A acts`],
  })
})

test('the texts of a machine and of a function are searched for names of Hotwork, and files are left open', async () => {
  const states = { A: task({ Parameters: { RoleName: 'Hotwork-broker' } }) }
  expect((await read(states)).concerns).toContain('Hotwork-broker')
  const version = {
    Version: '3',
    FunctionArn: 'arn:f',
    CodeSha256: 'x',
    Environment: { Variables: { ROLE: 'Hotwork-broker' } },
    FileSystemConfigs: [{ Arn: 'arn:fs' }],
  }
  const found = await invokedFunction.describe({ Qualifier: '3' }, settings(version))
  expect(found.concerns).toContain('Hotwork-broker')
  expect(found.open).toEqual(['the files of arn:fs at that time'])
})

test.each<[what: string, page: JsonObject, found: string]>([
  ['that ends', {}, 'not_done'],
  ['that goes on, and reaches behind the call', { nextToken: 'more', before: 3600 }, 'not_done'],
  ['that goes on, and is short', { nextToken: 'more' }, 'unknown'],
])('a start that is missing from a list %s is %j: %s', async (_what, { before = 0, ...page }, found) => {
  const begunAt = 1_700_000_000
  const other = { name: 'other', startDate: new Date((begunAt - Number(before)) * 1000).toISOString() }
  const lost = { key: 'key', session: 'Hotwork-runner/req_1', begunAt }
  const answer = settings({ executions: [other], ...page })
  expect(await stateMachine.lookUp({ stateMachineArn: `${arn}:1` }, lost, answer)).toEqual({ found })
})
