import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
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
import { type Emulator, startEmulator } from '../../local/emulator.ts'
import { silentProgress } from '../../local/progress.ts'
import { ensurePythonEnvironment } from '../../local/python-environment.ts'
import { root } from '../infra/support/assembly.ts'

/** The corrections of the local AWS: a lock and puts of S3, on which the log stands, and the time that it gives to code. */

const scratch = mkdtempSync(join(tmpdir(), 'hotwork-corrections-'))
const [bucket, arn] = ['log-of-a-stack', 'arn:aws:s3:::log-of-a-stack']
let emulator: Emulator
let python: string
let administrator: S3Client
let notary: S3Client
beforeAll(async () => {
  const [logFile, lambdaLogFile] = [join(scratch, 'emulator.log'), join(scratch, 'lambda.log')]
  mkdirSync(join(root, '.hotwork'), { recursive: true })
  const directory = join(root, '.hotwork/venv')
  python = await ensurePythonEnvironment({ directory, logFile, progress: silentProgress })
  writeFileSync(lambdaLogFile, '')
  emulator = await startEmulator({
    ...{ python, logFile, lambdaLogFile },
    directory: join(scratch, 'emulator'),
    nodeDirectory: join(root, 'node_modules/.bin'),
  })
  administrator = new S3Client({ ...connection(), forcePathStyle: true })
  await createStack()
  notary = await sessionOf('the-notary')
}, 180_000)
afterAll(async () => {
  administrator?.destroy()
  notary?.destroy()
  await emulator?.close()
  rmSync(scratch, { recursive: true, force: true })
})

const connection = () => ({
  endpoint: emulator.endpointUrl,
  region: emulator.region,
  credentials: { accessKeyId: emulator.accessKeyId, secretAccessKey: emulator.secretAccessKey },
})

/** A Lambda that takes longer than its own timeout, and says how long it thinks it has. */
const slow = `exports.handler = async (_, context) => {
  const has = context.getRemainingTimeInMillis()
  await new Promise((resolve) => setTimeout(resolve, 1500))
  return has
}`

/** Of the bucket and a Lambda, as CloudFormation makes them. */
async function createStack(): Promise<void> {
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
    const answer = await fetch(emulator.endpointUrl, { method: 'POST', headers: { authorization }, body })
    return answer.text()
  }
  await send({ Action: 'CreateStack', TemplateBody })
  for (;;) {
    const status = /<StackStatus>(\w+)</.exec(await send({ Action: 'DescribeStacks' }))?.[1]
    if (status === 'CREATE_COMPLETE') return
    if (status !== 'CREATE_IN_PROGRESS') throw new Error(`the stack is ${status}`)
  }
}

/** A session of a role that may do all by its own policy. */
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
/** How a put of a new file goes. */
const put = (by: S3Client, condition: { IfNoneMatch?: string } = {}) =>
  by.send(new PutObjectCommand({ Bucket: bucket, Key: `file-${++number}`, Body: 'x', ...condition })).then(
    () => 'put',
    (fault: Error) => fault.name,
  )

test('a bucket of a template has the lock that the template says, and versions', async () => {
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

test('a policy knows what a put says of the file that it replaces', async () => {
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

test('a policy that wants TLS lets calls through that do not leave this machine', async () => {
  await policy({
    ...{ Action: 's3:*', Resource: [arn, `${arn}/*`] },
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  })
  expect(await put(notary)).toBe('put')
})

test('a Lambda goes on past its timeout: how busy the machine is ends none', async () => {
  const lambda = new LambdaClient(connection())
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'slow' }))
  lambda.destroy()
  const answered = Number(Buffer.from(Payload ?? []).toString())
  expect([FunctionError, answered > 50_000]).toEqual([undefined, true])
})

test('an expression of a workflow has a minute, and not the second of the engine', () => {
  const program = `
import emulator_corrections
from ministack.services import stepfunctions
emulator_corrections.correct("/dev/null")
print(stepfunctions.jsonata.Jsonata.jsonata("1", timeout=1000).timeout)`
  const printed = execFileSync(python, ['-c', program], { cwd: join(root, 'local'), encoding: 'utf8' })
  expect(printed.trim().split('\n').at(-1)).toBe('60000')
})
