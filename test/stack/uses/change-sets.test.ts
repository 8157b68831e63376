import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CloudFormationClient,
  DescribeChangeSetCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { cdk } from '../../../local/cdk.ts'
import { administrator, connection, until } from '../support/aws.ts'
import { type Answer, deployed, prod, remediator, setParameter } from '../support/deployment.ts'

/**
 * An agent changes a CDK app of its own: it prepares a change set by `cdk deploy --method prepare-change-set`, as it is,
 * asks, and Hotwork executes it. MiniStack knows no service role of a stack: local/emulator_corrections.py keeps it.
 */

const hotwork = deployed()
const { local } = hotwork
const at = { ...connection(local), credentials: administrator(local) }
const cloudFormation = new CloudFormationClient(at)
const StackName = `checkout-${Date.now().toString(36)}`
const folder = mkdtempSync(join(tmpdir(), 'hotwork-change-sets-'))
let role: string
let first: Prepared

beforeAll(async () => {
  const trust = { Effect: 'Allow', Principal: { Service: 'cloudformation.amazonaws.com' }, Action: 'sts:AssumeRole' }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
  const { Role } = await new IAMClient(at).send(
    new CreateRoleCommand({ RoleName: `${StackName}-deploys`, AssumeRolePolicyDocument }),
  )
  role = Role?.Arn ?? ''
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Prepares a change set of the app by CDK's own program. @returns the arguments by which it is asked for */
async function prepare(name: string, make: (stack: Stack) => void) {
  const assembly = join(folder, name)
  const app = new App({ outdir: assembly })
  make(new Stack(app, StackName))
  app.synth()
  const how = ['--method', 'prepare-change-set', '--change-set-name', name, '--role-arn', role]
  await cdk(['deploy', '--app', assembly, ...how, '--require-approval', 'never'], {
    ...{ aws: local.aws, directory: folder, logFile: join(folder, 'cdk.log') },
  })
  const set = await cloudFormation.send(new DescribeChangeSetCommand({ StackName, ChangeSetName: name }))
  const uuidOf = (arn = '') => arn.split('/').at(-1) ?? ''
  const args = {
    StackName,
    StackUuid: uuidOf(set.StackId),
    ChangeSetName: name,
    ChangeSetUuid: uuidOf(set.ChangeSetId),
  }
  return { args, stack: set.StackId ?? '' }
}
type Prepared = Awaited<ReturnType<typeof prepare>>

const askFor = ({ args, stack }: Prepared) => ({
  ...setParameter(prod),
  context: { ...setParameter(prod)['context'], justification: 'the release of today' },
  action: { name: 'cloudformation:ExecuteChangeSet', properties: args },
  resource: { type: 'cloudformation:stack', id: stack },
})

async function execute(id: string): Promise<Answer> {
  const token = (await hotwork.exchange(remediator, id)).body.access_token
  const dpop = await hotwork.proof(remediator, 'POST', '/aws/calls', token)
  return hotwork.send('POST', '/aws/calls', { headers: { authorization: `DPoP ${token}`, dpop } })
}

const endOf = (id: string) =>
  until(
    () => hotwork.view(id),
    (view) => view.run !== undefined && view.run.status !== 'running',
  )
const typesIn = async () =>
  ((await cloudFormation.send(new DescribeStackResourcesCommand({ StackName }))).StackResources ?? [])
    .map(({ ResourceType }) => ResourceType)
    .sort()

const both = (stack: Stack) => {
  new Topic(stack, 'Alarms')
  new Queue(stack, 'Orders', { removalPolicy: RemovalPolicy.DESTROY })
}

test('a change set of CDK is approved, executed by the runner and followed to its end', async () => {
  first = await prepare('first', both)
  const id = await hotwork.approved(askFor(first))
  const view = await hotwork.view(id)
  expect(view.runs_as).toBe(role)
  expect(view.unpinned).toContain(`this approves everything that ${role} may do with it`)
  expect(view.preview.change).toMatchObject({ added: 2, removed: 0, types: ['AWS::SNS::Topic', 'AWS::SQS::Queue'] })
  expect(await execute(id)).toMatchObject({ status: 200, body: { run: { status: 'running' } } })
  expect(await endOf(id)).toMatchObject({ run: { status: 'succeeded' }, status: 'completed' })
  expect(await typesIn()).toEqual(['AWS::SNS::Topic', 'AWS::SQS::Queue'])
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }))
  expect(Stacks).toMatchObject([{ StackStatus: 'CREATE_COMPLETE', RoleARN: role }])
}, 240_000)

test('a change set that loses data needs the highest tier, and one that was executed is refused', async () => {
  const loses = await prepare('loses', (stack) => void new Topic(stack, 'Alarms'))
  const id = await hotwork.submitted(remediator, askFor(loses))
  const view = await hotwork.view(id)
  expect(view.tier).toBe(3)
  expect(view.preview.change).toMatchObject({ removed: 1, stateful_removed: 1 })
  expect(view.preview.change.resources[0]).toMatchObject({ action: 'remove', type: 'AWS::SQS::Queue', data: true })
  const again = await hotwork.submit(remediator, askFor(first))
  expect(again.status).toBe(503)
  expect(again.body).toMatchObject({
    type: `${local.issuer}/problems/state_unreadable`,
    detail: expect.stringContaining('change_set_executed'),
  })
}, 240_000)
