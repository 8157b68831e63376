import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import {
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { clientSettings } from '../../local/emulator.ts'
import { root } from '../support/repository.ts'
import { useEmulator } from './support/emulator.ts'

/** The corrections of the local AWS: locks and conditional puts of S3, which the log needs, and longer timeouts. */

const [bucket, arn] = ['log-of-a-stack', 'arn:aws:s3:::log-of-a-stack']
const local = useEmulator()
let administrator: S3Client
let notary: S3Client
beforeAll(async () => {
  administrator = new S3Client({ ...connection(), forcePathStyle: true })
  await createStack()
  notary = await sessionOf('the-notary')
}, 180_000)
afterAll(async () => {
  administrator?.destroy()
  notary?.destroy()
})

const connection = () => clientSettings(local.emulator)

/** A Lambda that takes longer than its own timeout, and returns its remaining time. */
const slow = `exports.handler = async (_, context) => {
  const has = context.getRemainingTimeInMillis()
  await new Promise((resolve) => setTimeout(resolve, 1500))
  return has
}`

/** Creates the bucket and the Lambda by CloudFormation. */
async function createStack(): Promise<void> {
  const { emulator } = local
  const Rule = { DefaultRetention: { Mode: 'COMPLIANCE', Days: 400 } }
  const Properties = {
    BucketName: bucket,
    ObjectLockEnabled: true,
    ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule },
  }
  const Slow = {
    Type: 'AWS::Lambda::Function',
    Properties: {
      ...{ FunctionName: 'slow', Runtime: 'nodejs24.x', Handler: 'index.handler', Timeout: 1 },
      ...{ Role: 'arn:aws:iam::000000000000:role/any', Code: { ZipFile: slow } },
    },
  }
  const TemplateBody = JSON.stringify({ Resources: { Log: { Type: 'AWS::S3::Bucket', Properties }, Slow } })
  const scope = `${emulator.accessKeyId}/20260101/${emulator.region}/cloudformation/aws4_request`
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=00`
  const send = async (form: { [name: string]: string }) => {
    const body = new URLSearchParams({ Version: '2010-05-15', StackName: 'log', ...form })
    return (await fetch(emulator.endpointUrl, { method: 'POST', headers: { authorization }, body })).text()
  }
  await send({ Action: 'CreateStack', TemplateBody })
  for (;;) {
    const status = /<StackStatus>(\w+)</.exec(await send({ Action: 'DescribeStacks' }))?.[1]
    if (status === 'CREATE_COMPLETE') return
    if (status !== 'CREATE_IN_PROGRESS') throw new Error(`the stack is ${status}`)
  }
}

/** A session of a role whose own policy allows everything. */
async function sessionOf(RoleName: string): Promise<S3Client> {
  const [iam, sts] = [new IAMClient(connection()), new STSClient(connection())]
  const statement = { Effect: 'Allow', Action: '*', Resource: '*' }
  const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [Statement] })
  const trust = document({ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' })
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'all', PolicyDocument: document(statement) }))
  const assume = new AssumeRoleCommand({ RoleArn: Role?.Arn as string, RoleSessionName: 'test' })
  const { Credentials: made } = await sts.send(assume)
  iam.destroy()
  sts.destroy()
  const credentials = {
    accessKeyId: made?.AccessKeyId as string,
    secretAccessKey: made?.SecretAccessKey as string,
    sessionToken: made?.SessionToken as string,
  }
  return new S3Client({ ...connection(), credentials, forcePathStyle: true })
}

const policy = (...statements: object[]) =>
  administrator.send(
    new PutBucketPolicyCommand({
      Bucket: bucket,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: statements.map((each) => ({ Effect: 'Deny', Principal: '*', ...each })),
      }),
    }),
  )
let number = 0
/** The outcome of a put of a new file. */
const put = (by: S3Client, condition: { IfNoneMatch?: string } = {}) =>
  by.send(new PutObjectCommand({ Bucket: bucket, Key: `file-${++number}`, Body: 'x', ...condition })).then(
    () => 'put',
    (fault: Error) => fault.name,
  )

test('a bucket of a template has the lock of the template, and versions', async () => {
  const { ObjectLockConfiguration } = await administrator.send(
    new GetObjectLockConfigurationCommand({ Bucket: bucket }),
  )
  expect(ObjectLockConfiguration).toMatchObject({
    ObjectLockEnabled: 'Enabled',
    Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 400 } },
  })
  const { Status } = await administrator.send(new GetBucketVersioningCommand({ Bucket: bucket }))
  expect(Status).toBe('Enabled')
})

test('a policy can demand a conditional put', async () => {
  await policy({ Action: 's3:PutObject', Resource: `${arn}/*`, Condition: { Null: { 's3:if-none-match': 'true' } } })
  expect([await put(notary), await put(notary, { IfNoneMatch: '*' })]).toEqual(['AccessDenied', 'put'])
})

test('a policy knows a session by its role', async () => {
  const allBut = (role: string) =>
    policy({
      ...{ Action: 's3:PutObject', Resource: `${arn}/*` },
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::000000000000:role/${role}` } },
    })
  await allBut('the-notary')
  expect(await put(notary)).toBe('put')
  await allBut('another')
  expect(await put(notary)).toBe('AccessDenied')
})

test('a policy that demands TLS allows calls on this machine', async () => {
  await policy({
    ...{ Action: 's3:*', Resource: [arn, `${arn}/*`] },
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  })
  expect(await put(notary)).toBe('put')
})

test('a right to start a state machine covers its versions', () => {
  const program = `
import json
import emulator_corrections
from ministack.core import iam_actions
emulator_corrections.correct("/dev/null")
machine = "arn:aws:states:us-east-1:000000000000:stateMachine:x"
for key, arn in (("stateMachineArn", f"{machine}:12"), ("stateMachineArn", machine), ("executionArn", "arn:aws:states:us-east-1:000000000000:execution:x:1")):
    body = json.dumps({key: arn}).encode()
    print(iam_actions.extract_resource_arn("states", "POST", "/", {}, body, {}, "us-east-1", "000000000000"))`
  const printed = execFileSync(local.python, ['-c', program], { cwd: join(root, 'local'), encoding: 'utf8' })
  const of = (name: string) => `arn:aws:states:us-east-1:000000000000:${name}`
  expect(printed.trim().split('\n').slice(-3)).toEqual([
    of('stateMachine:x'),
    of('stateMachine:x'),
    of('execution:x:1'),
  ])
})

test('a Lambda outlives its timeout, so that a busy machine ends none', async () => {
  const lambda = new LambdaClient(connection())
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'slow' }))
  lambda.destroy()
  expect([FunctionError, Number(Buffer.from(Payload ?? []).toString()) > 50_000]).toEqual([undefined, true])
})

test('an expression of a workflow has a minute, in place of the engine’s second', () => {
  const program = `
import emulator_corrections
from ministack.services import stepfunctions
emulator_corrections.correct("/dev/null")
print(stepfunctions.jsonata.Jsonata.jsonata("1", timeout=1000).timeout)`
  const printed = execFileSync(local.python, ['-c', program], { cwd: join(root, 'local'), encoding: 'utf8' })
  expect(printed.trim().split('\n').at(-1)).toBe('60000')
})
