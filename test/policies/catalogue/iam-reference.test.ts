import { iamAction, iamActionsOf } from '../../../functions/targets/aws/models/iam-reference.ts'

/** IAM's service reference, as the compiler and the drafts read it. */

test('an action has its name as IAM spells it, its resources and its keys', () => {
  expect(iamAction('ssm:putparameter')).toEqual({
    name: 'ssm:PutParameter',
    changes: true,
    resources: [{ name: 'parameter', arn: expect.stringMatching(/^arn:.*:parameter\//), required: true }],
    keys: expect.arrayContaining([{ name: 'ssm:Overwrite', type: 'String' }]),
    resourceKeys: [],
  })
  expect(iamAction('ec2:RebootInstances')?.resourceKeys).toContainEqual({ name: 'ec2:InstanceType', type: 'String' })
})

test('reads and lists change nothing', () => {
  expect([iamAction('ssm:GetParameter')?.changes, iamAction('s3:PutBucketPublicAccessBlock')?.changes]).toEqual([
    false,
    true,
  ])
})

test.each(['ssm', 'ssm:', 'ssm:Nope', 'nope:Nope', '../actions/ssm:PutParameter', '__proto__:x', 'ssm:__proto__', ''])(
  'IAM has no action `%s`',
  (name) => expect(iamAction(name)).toBeUndefined(),
)

test('a service has its actions, and an unknown one none', () => {
  expect(iamActionsOf('sqs')).toContain('sqs:PurgeQueue')
  expect(iamActionsOf('nope')).toEqual([])
})
