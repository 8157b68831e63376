// Rules: test/infra/run-roles.test.ts
import { CfnOutput, Validations } from 'aws-cdk-lib'
import { ManagedPolicy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { type Account, followsOf, type PolicyBundle, passedIn, runsOf } from '../policy-bundle.ts'
import { makeReader } from './reader-role.ts'
import { neverOurselves, neverPivotBut, nothingBeside, scopingOf } from './session-denies.ts'
import { makeSessionRole } from './session-role.ts'

type Runs = {
  hotwork: string
  accounts: { readonly [alias: string]: Account }
  actions: readonly PolicyBundle['actions'][string][]
  ours: readonly string[]
  externalIds: { 'sts:ExternalId': string[] }
}

/**
 * The role that starts approved runs. It may pass only the roles of the catalogue, to the one service that asks for
 * them, and never touches Hotwork itself, also with an approval. Undefined without runs.
 */
export function makeRunner(
  scope: Construct,
  { hotwork, broker, accounts, actions, ours, externalIds }: Runs & { broker: string },
): Role | undefined {
  const runs = runsOf(actions, accounts)
  if (runs.length === 0) return undefined
  const [reach, passes] = [[...runs, ...scopingOf(accounts)], passedIn(actions, accounts)]
  const passed = passes.flatMap(({ resources }) => resources)
  const allowed = [
    ...reach.map((each) => new PolicyStatement({ actions: [...each.actions], resources: [...each.resources] })),
    ...passes.map(
      (each) =>
        new PolicyStatement({
          actions: [...each.actions],
          resources: [...each.resources],
          conditions: { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } },
        }),
    ),
  ]
  const all = [...reach, ...passes]
  const boundary = new ManagedPolicy(scope, 'RunnerBoundary', {
    path: '/hotwork/',
    description: `The most that the runner of ${hotwork} may ever do in this account`,
    statements: [
      ...allowed,
      ...neverPivotBut(reach, passed),
      ...neverOurselves(all, hotwork, ours, { sid: 'HotworkIsNotRun' }),
      nothingBeside(all),
    ],
  })
  const role = makeSessionRole(scope, 'Runner', {
    ...{ hotwork, broker, externalIds, boundary, opened: false },
    name: 'runner',
    description: `Assumed by ${hotwork} to start one approved run at a time`,
  })
  for (const statement of allowed) role.addToPolicy(statement.copy())
  const reason = 'A session starts one exact run, that of its session policy; which one is not known at deploy'
  for (const each of [boundary, role])
    Validations.of(each).acknowledge(
      ...[...new Set(reach.flatMap(({ resources }) => resources))].map((resource) => ({
        id: `AwsSolutions-IAM5[Resource::${resource}]`,
        reason,
      })),
    )
  new CfnOutput(scope, 'RunnerRoleArn', { value: role.roleArn })
  return role
}

/** The role that reads how runs go on, and cancels them. Undefined if no entry is followed. */
export function makeFollower(
  scope: Construct,
  { hotwork, followRuns, accounts, actions, ours, externalIds }: Runs & { followRuns: string },
): void {
  const reads = followsOf(actions, accounts)
  makeReader(scope, {
    ...{ hotwork, id: 'Follower', does: 'follow the runs that it started', readers: [followRuns], reads, externalIds },
    never: [
      ...neverPivotBut(reads),
      ...neverOurselves(reads, hotwork, ours, { sid: 'HotworkIsNotFollowed' }),
      nothingBeside(reads),
    ],
  })
}
