import { askedChangeSet, someRows } from '../../support/change-sets/asked.ts'
import { prodParameter } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork changes`, and a change set in `hotwork show`. */

const scene = useScene()

const asked = (rows = someRows) => askedChangeSet(scene.api.world, rows)

test('`changes show` has all resources, removals and replacements first, and what stays last', async () => {
  const { exit, out } = await scene.at('ana').type('changes', 'show', await asked())
  expect([exit, out.trimEnd().split('\n')]).toEqual([
    0,
    [
      '2 removed, 1 replaced, 2 changed, 1 added; 2 HOLD DATA, WHICH IS LOST',
      'removed   Orders  AWS::DynamoDB::Table  (HOLDS DATA)',
      'changed   Network  AWS::CloudFormation::Stack  (HOLDS DATA)',
      '  may be replaced Bastion  AWS::EC2::Instance  (HOLDS DATA; KeyName)',
      '  added     Alarms  AWS::SNS::Topic',
      'removed   Archive  AWS::S3::Bucket  (HOLDS DATA; the resource itself stays)',
      'changed   Api  AWS::Lambda::Function  (Code, Timeout)',
      'stays     Jobs  AWS::SQS::Queue',
      'stays     ApiRole  AWS::IAM::Role',
      'this wall is a courtesy: others with the right may execute it without Hotwork; see `hotwork changes guardrail aws`',
    ],
  ])
})

test('`changes show --json` has the numbers for programs', async () => {
  const { body } = await scene.at('ana').json('changes', 'show', await asked())
  expect(body).toMatchObject({ removed: 2, stateful_removed: 2, unpinned: 2, guarded: false })
  expect(body.resources[0]).toMatchObject({ action: 'remove', type: 'AWS::DynamoDB::Table', id: 'Orders', data: true })
})

test('`changes show` of another request says where it is shown', async () => {
  const { ask } = await scene.api.world.submitted(prodParameter)
  const { exit, err } = await scene.at('ana').type('changes', 'show', ask.id)
  expect([exit, err]).toEqual([2, expect.stringContaining(`hotwork show ${ask.id}`)])
})

test('`show` has the first 20 changes, and how many more there are', async () => {
  const rows = Array.from({ length: 25 }, (_, at) => ({
    action: 'add' as const,
    type: 'AWS::SNS::Topic',
    id: `T${at}`,
  }))
  const { out } = await scene.at('ana').type('show', await asked([...rows, ...someRows.slice(-1)]))
  expect(out.match(/added {5}T\d+/g)).toHaveLength(20)
  expect(out).toMatch(/and 5 more changes\n +1 stay as they are\n/)
})

test('`changes guardrail aws` prints a policy with the roles that are typed, without an address of Hotwork', async () => {
  const ana = scene.at('ana')
  delete ana.env['HOTWORK_API']
  const [deployer, own] = ['deployer', 'checkout'].map((name) => `arn:aws:iam::111122223333:role/${name}`) as [
    string,
    string,
  ]
  const typed = ['--stack', 'Desk', '--except', deployer, '--service-role', own]
  const { exit, out, err } = await ana.type('changes', 'guardrail', 'aws', ...typed)
  const others = { 'aws:PrincipalArn': ['arn:*:iam::*:role/hotwork/Desk-runner', deployer] }
  const [changes, roles] = JSON.parse(out).Statement
  expect([exit, changes.Condition, roles.Condition]).toEqual([
    0,
    { ArnNotLike: others },
    {
      ArnNotLike: { ...others, 'cloudformation:RoleArn': [own] },
      Null: { 'cloudformation:RoleArn': 'false' },
    },
  ])
  expect(err).toContain('changesGuardrail')
})

test('`changes guardrail aws` takes only ARNs of roles', async () => {
  const { exit, err } = await scene.at('ana').type('changes', 'guardrail', 'aws', '--except', 'deployer')
  expect([exit, err]).toEqual([2, expect.stringContaining('`deployer` is not the ARN of a role')])
})
