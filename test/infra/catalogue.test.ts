import { join } from 'node:path'
import { Stack } from 'aws-cdk-lib'
import { TargetAccount } from '../../infra/constructs/target-account.ts'
import { readLibrary } from '../../policy-tools/catalogue/library.ts'
import { never } from '../../policy-tools/catalogue/never.ts'
import { account, answered, compiled } from '../policies/catalogue/answered.ts'
import { callWith } from '../policies/catalogue/neighbours.ts'
import { everything, isAllowed, type Policy } from './support/judge.ts'
import { passingApp, passingTemplate } from './support/passing-app.ts'
import { propertiesOf } from './support/template.ts'

/** The library of catalogue entries against the boundary of a target role that has all of them. */

const { accountId, region } = account
const library = readLibrary(join(__dirname, '../../policy-tools/library')).map(({ entry, example }) => {
  const it = compiled(answered(entry))
  return { name: it.name, entry: it, example: example as Parameters<typeof callWith>[1] }
})
const stack = new Stack(passingApp(), 'Target', { env: { account: accountId, region } })
new TargetAccount(stack, 'Default', {
  hotwork: 'Elsewhere',
  broker: `arn:aws:iam::${accountId}:role/hotwork/Elsewhere-broker`,
  accounts: { target: account },
  actions: library.flatMap(({ entry: { statement, resolve } }) =>
    statement ? [{ account: 'target', statement, ...(resolve && { resolve }) }] : [],
  ),
  ours: [],
  desk: { queue: `arn:aws:sqs:${region}:${accountId}:Elsewhere-sealed` },
})
const boundary = propertiesOf(passingTemplate(stack), 'AWS::IAM::ManagedPolicy')
  .map(({ PolicyDocument }) => PolicyDocument as Policy)
  .find(({ Statement }) => Statement.some(({ Sid }) => Sid === 'NothingBesideTheCatalogue')) as Policy

test('drafts refuse the actions that the boundary always denies, and no others', () => {
  const { Action } = boundary.Statement.find(({ Sid }) => Sid === 'NeverPivot') as { Action: string[] }
  expect([...Action].sort()).toEqual([...never].sort())
})

test.each(library)(
  'the boundary of a target role lets the approved call of $name through',
  async ({ entry, example }) => {
    const { action, resources, carried } = callWith(entry, example)
    for (const resource of resources)
      expect(
        await isAllowed({
          role: `arn:aws:iam::${accountId}:role/hotwork/Elsewhere-target`,
          ...{ action, resource, owner: accountId, context: carried },
          identity: [everything],
          boundary: [boundary],
        }),
      ).toBe(true)
  },
)
