import { join } from 'node:path'
import {
  CloudFormationClient,
  DescribeChangeSetCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation'
import { cdk } from '../../../local/cdk.ts'
import { CdkApp } from '../../package/support/cdk-app.ts'
import { administrator, connection, until } from '../support/aws.ts'
import { type Answer, deployed, prod, remediator, setParameter } from '../support/deployment.ts'

/**
 * An agent changes examples/cdk-app: it prepares a change set by `cdk deploy --method prepare-change-set`, as it is,
 * asks, and Hotwork executes it. MiniStack knows no service role of a stack: local/emulator_corrections.py keeps it.
 */

const hotwork = deployed()
const { local } = hotwork
const at = { ...connection(local), credentials: administrator(local) }
const cloudFormation = new CloudFormationClient(at)
const StackName = `checkout-${Date.now().toString(36)}`
const place = { account: local.aws.accountId, region: local.aws.region }
const role = `arn:aws:iam::${place.account}:role/cdk-hnb659fds-cfn-exec-role-${place.account}-${place.region}`
let app: CdkApp
let first: Prepared

beforeAll(() => {
  app = new CdkApp()
  app.change('deployment.json', '111122223333', place.account)
  app.change('deployment.json', 'eu-west-1', place.region)
  // A stack that no other test deploys.
  app.change('app.mjs', 'checkout-orders', StackName)
}, 300_000)
afterAll(() => app.remove())

/** Prepares a change set of the app by CDK's own program. @returns the arguments by which it is asked for */
async function prepare(name: string) {
  const { status, stderr } = app.synthesize(place, {})
  if (status !== 0) throw new Error(stderr)
  await cdk(['deploy', StackName, '--app', app.outdir, '--method', 'prepare-change-set', '--change-set-name', name], {
    aws: local.aws,
    directory: app.place,
    logFile: join(app.place, 'cdk.log'),
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

test('a change set of examples/cdk-app is approved, executed by the runner and followed to its end', async () => {
  first = await prepare('first')
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
  app.change('app.mjs', "new Queue(checkout, 'Orders')\n", '')
  const loses = await prepare('loses')
  const id = await hotwork.submitted(remediator, askFor(loses))
  const view = await hotwork.view(id)
  expect(view.tier).toBe(3)
  expect(view.preview.change).toMatchObject({ removed: 1, stateful_removed: 1 })
  expect(view.preview.change.resources[0]).toMatchObject({ action: 'remove', type: 'AWS::SQS::Queue', data: true })
  const again = await hotwork.submit(remediator, askFor(first))
  expect(again.status).toBe(409)
  expect(again.body).toMatchObject({
    type: `${local.issuer}/problems/invalid_run`,
    detail: expect.stringContaining('change_set_executed'),
  })
}, 240_000)
