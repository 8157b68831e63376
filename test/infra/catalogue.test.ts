import { join } from 'node:path'
import { Stack } from 'aws-cdk-lib'
import { runOf } from '../../functions/targets/aws/rules/runs.ts'
import { TargetAccount } from '../../infra/constructs/target-account.ts'
import { readLibrary } from '../../policy-tools/catalogue/library.ts'
import { never } from '../../policy-tools/catalogue/never.ts'
import { account, answered, compiled } from '../policies/catalogue/answered.ts'
import { callWith } from '../policies/catalogue/neighbours.ts'
import { everything, isAllowed, type Policy } from './support/judge.ts'
import { passingApp, passingTemplate } from './support/passing-app.ts'
import { resourcesOf } from './support/template.ts'

/** The library of catalogue entries against the boundaries of a target role and a runner that have all of them. */

const { accountId, region } = account
const library = readLibrary(join(__dirname, '../../policy-tools/library'))
  .filter(({ entry }) => entry['tool'] === 'aws')
  .map(({ entry, example }) => {
    const it = compiled(answered(entry))
    return { name: it.name, entry: it, example: example as Parameters<typeof callWith>[1] }
  })
const stack = new Stack(passingApp(), 'Target', { env: { account: accountId, region } })
new TargetAccount(stack, 'Default', {
  hotwork: 'Elsewhere',
  broker: `arn:aws:iam::${accountId}:role/hotwork/Elsewhere-broker`,
  accounts: { target: account },
  actions: library.flatMap(({ entry: { name, call = name, statement, resolve } }) =>
    statement ? [{ name: call, account: 'target', statement, ...(resolve && { resolve }) }] : [],
  ),
  ours: [],
  desk: { queue: `arn:aws:sqs:${region}:${accountId}:Elsewhere-sealed` },
})
const policies = resourcesOf(passingTemplate(stack), 'AWS::IAM::ManagedPolicy')
/** The engine knows no document of AWS's own, whose ARN has no account. */
const placed = (text: string) => text.replaceAll(`ssm:${region}::`, `ssm:${region}:${accountId}:`)
const boundaryOf = (prefix: string): Policy =>
  JSON.parse(placed(JSON.stringify(policies.find(([id]) => id.startsWith(prefix))?.[1].Properties['PolicyDocument'])))
const boundaries = { target: boundaryOf('Boundary'), runner: boundaryOf('RunnerBoundary') }

test('drafts refuse the actions that the boundary always denies, and no others', () => {
  const { Action } = boundaries.target.Statement.find(({ Sid }) => Sid === 'NeverPivot') as { Action: string[] }
  expect([...Action].sort()).toEqual([...never].sort())
})

test.each(library)(
  'the boundary of the one role for it lets the approved call of $name through',
  async ({ entry, example }) => {
    const { action, resources, carried } = callWith(entry, example)
    const [role, other] = runOf(entry) ? (['runner', 'target'] as const) : (['target', 'runner'] as const)
    const may = (as: keyof typeof boundaries, resource: string) =>
      isAllowed({
        role: `arn:aws:iam::${accountId}:role/hotwork/Elsewhere-${as}`,
        ...{ action, resource, owner: accountId, context: carried },
        identity: [everything],
        boundary: [boundaries[as]],
      })
    for (const resource of resources.map(placed))
      expect([await may(role, resource), await may(other, resource)]).toEqual([true, false])
  },
)
