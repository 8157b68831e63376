import type { Changed } from '../../../../functions/domain/agents/host-change.ts'
import { readChange } from '../../../../functions/targets/aws/hosts/change-event.ts'

/** A message of the rule says where to look again, and no more. */

const message = {
  account: '000000000000',
  region: 'us-east-1',
  source: 'aws.iam',
  name: 'PutRolePolicy',
  at: '2026-12-02T09:30:00Z',
  about: ' builder       ',
}
const read = (change: object = {}) => readChange(JSON.stringify({ ...message, ...change }))

test('a change names account, Region and time', () =>
  expect(read()).toEqual({
    account: '000000000000',
    region: 'us-east-1',
    at: Date.parse('2026-12-02T09:30:00Z') / 1000,
    of: { kind: 'role', name: 'builder' },
  }))

const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:nightly'
type Case = [source: string, name: string, about: string, of: Changed | undefined]
test.each<Case>([
  ...['AttachRolePolicy', 'DetachRolePolicy', 'DeleteRolePolicy', 'PutRolePermissionsBoundary', 'DeleteRole'].map(
    (name) =>
      [
        'aws.iam',
        name,
        ' builder arn:aws:iam::aws:policy/ReadOnlyAccess',
        { kind: 'role', name: 'builder' },
      ] satisfies Case,
  ),
  ['aws.iam', 'CreateRole', ' builder', { kind: 'roles' }],
  ['aws.iam', 'UpdateAssumeRolePolicy', ' builder', { kind: 'roles' }],
  ['aws.iam', 'CreatePolicyVersion', ' arn:aws:iam::000000000000:policy/wide', { kind: 'policies' }],
  ['aws.iam', 'SomethingNew', ' ', { kind: 'roles' }],
  ['aws.iam', 'PutRolePolicy', ' ', { kind: 'roles' }],
  ['aws.eks', 'DeletePodIdentityAssociation', ' prod', { kind: 'host', service: 'eks', names: ['prod'] }],
  [
    'aws.lambda',
    'UpdateFunctionConfiguration20150331v2',
    ` ${arn}`,
    { kind: 'host', service: 'lambda', names: ['function', 'nightly'] },
  ],
  ['aws.scheduler', 'UpdateSchedule', ' nightly', { kind: 'host', service: 'scheduler', names: ['nightly'] }],
  ['aws.ecs', 'RegisterTaskDefinition', '  nightly ', { kind: 'host', service: 'ecs', names: ['nightly'] }],
  ['aws.codebuild', 'UpdateProject', '        ', { kind: 'host', service: 'codebuild', names: [] }],
  ['aws.iam', 'ListRoles', ' ', undefined],
  ['aws.secretsmanager', 'ListSecrets', ' ', undefined],
])('%s %s of "%s" says where to look', (source, name, about, of) =>
  expect(read({ source, name, about }).of).toEqual(of),
)

test.each<[what: string, change: object]>([
  ['of no account', { account: '1' }],
  ['of an account with more text', { account: '000000000000 us-east-1' }],
  ['of no Region', { region: 'LOOKED#' }],
  ['of another source than AWS', { source: 'my.app' }],
  ['of a source with a path', { source: 'aws.iam/x' }],
  ['without a time', { at: undefined }],
  ['of a time in words', { at: 'yesterday' }],
  ['with names that are no text', { about: { roleName: 'builder' } }],
  ['with a text without end', { about: 'x'.repeat(5000) }],
  ['with more than was asked for', { verdict: 'denied' }],
])('a message %s is refused', (_what, change) => expect(() => read(change)).toThrow())

test.each(['', 'null', '[]', '"x"', '{', '{}'])('the body %j is refused', (body) =>
  expect(() => readChange(body)).toThrow(),
)
