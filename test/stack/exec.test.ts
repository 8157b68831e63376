import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { root } from '../support/repository.ts'
import { administrator, connection, untilRefused, withCredentials } from './support/aws.ts'
import { installAwsTools } from './support/aws-tools.ts'
import { type Ran, run, useTerminal } from './support/command-line.ts'
import { deployed, setParameter } from './support/deployment.ts'

/** `hotwork exec` with AWS's own tools, unchanged, on a stack that judges each call by IAM. */

const deployment = deployed()
const { local } = deployment
const { home, type } = useTerminal(local)
/** A parameter that no other test sets. It needs no approval. */
const staging = '/staging/checkout/of-exec'
let tools: Awaited<ReturnType<typeof installAwsTools>>

beforeAll(async () => {
  // Credentials of a person's own machine, which SDKs would take first.
  mkdirSync(join(home, '.aws'))
  const own = 'aws_access_key_id = own\naws_secret_access_key = own\n'
  writeFileSync(join(home, '.aws/credentials'), `[default]\n${own}[own]\n${own}`)
  tools = await installAwsTools()
})

function hotwork(...words: string[]): Promise<Ran> {
  const { AWS_ENDPOINT_URL: _url, AWS_REGION: _region, AWS_DEFAULT_REGION: _default, ...others } = process.env
  return type(words, { ...others, HOME: home, AWS_PROFILE: 'own', AWS_PAGER: '' })
}
const put = (name: string, value: string) =>
  [tools.aws, ...'ssm put-parameter --overwrite --name'.split(' '), name, '--value', value] as const

/** A file with a request to set the parameter. */
function request(value: string): string {
  const file = join(home, `${value}.json`)
  writeFileSync(file, JSON.stringify(setParameter(staging, value)))
  return file
}
const exec = (value: string, ...command: string[]) => hotwork('exec', '--request', request(value), '--', ...command)

const ssm = new SSMClient({ ...connection(local), credentials: administrator(local) })
const parameter = async () => (await ssm.send(new GetParameterCommand({ Name: staging }))).Parameter
beforeAll(() => ssm.send(new PutParameterCommand({ Name: staging, Value: '30', Type: 'String', Overwrite: true })))
const idIn = ({ err }: Ran) => /req_[0-9a-z]{26}/.exec(err)?.[0] ?? ''

test('the AWS CLI does what was approved, and the request is completed', async () => {
  const before = (await parameter())?.Version ?? 0
  const ran = await exec('2501', ...put(staging, '2501'))
  expect(ran).toMatchObject({ exit: 0, err: expect.stringMatching(/^req_\S+ asked for ssm:PutParameter [^\n]*\n$/) })
  expect(JSON.parse(ran.out)).toMatchObject({ Version: before + 1 })
  expect((await parameter())?.Value).toBe('2501')
  expect(await deployment.view(idIn(ran))).toMatchObject({ status: 'completed' })
  expect(readdirSync(join(home, 'hotwork'))).toEqual([])
})

test('a call that was not approved is refused by IAM, and the request is completed as failed', async () => {
  const ran = await exec('2502', ...put('/staging/checkout/other', '2502'))
  expect(ran.exit).toBeGreaterThan(0)
  expect(ran.err).toMatch(/AccessDenied/)
  const [last] = (await deployment.ledger(idIn(ran))).slice(-1)
  expect(last).toMatchObject({ type: 'Completed', facts: { outcome: 'failed' } })
})

test('boto3 finds these credentials alone; they are dead when the command has ended', async () => {
  const script = join(root, 'test/stack/python/put_parameter.py')
  const ran = await exec('2503', tools.python, script, staging, '2503')
  expect(ran).toMatchObject({ exit: 0, err: expect.stringContaining('req_') })
  const told = JSON.parse(ran.out)
  expect([told.approved, told.other, told.by]).toEqual([
    ...[expect.any(Number), expect.stringMatching(/AccessDenied/), 'container-role'],
  ])
  const { access_key: AccessKeyId, secret_key: SecretAccessKey, token: SessionToken } = told.had
  const held = withCredentials(local, { body: { AccessKeyId, SecretAccessKey, SessionToken } })
  expect(await untilRefused(() => held.putParameter(staging))).toMatch(/AccessDenied|Expired/)
})

test('the CDK CLI has these credentials alone, and IAM refuses it what was not approved', async () => {
  const cdk = [join(root, 'node_modules/.bin/cdk'), 'bootstrap', `aws://${local.aws.accountId}/${local.aws.region}`]
  const ran = await exec('2504', ...cdk)
  expect(ran.exit).toBeGreaterThan(0)
  expect(ran.out + ran.err).toMatch(/AccessDenied|not authorized/)
  expect(ran.out + ran.err).toContain(idIn(ran))
})

test('`credentials` are taken by the AWS CLI as a credential_process, until `complete`', async () => {
  const { id } = JSON.parse((await hotwork('request', request('2505'), '--json')).out)
  const { out } = await hotwork('credentials', id, '--setup', '--as', 'agent:remediator')
  const where = `/usr/bin/env XDG_STATE_HOME=${home} HOTWORK_LOCAL=${join(home, '.hotwork/local.json')} `
  writeFileSync(join(home, 'config'), out.replace('credential_process = ', `$&${where}`))
  const [program, ...words] = put(staging, '2505')
  const env = { PATH: process.env['PATH'], AWS_CONFIG_FILE: join(home, 'config'), AWS_PROFILE: 'hotwork' }
  const use = () => run(program, words, { env })
  expect(JSON.parse((await use()).out)).toMatchObject({ Version: expect.any(Number) })
  expect((await hotwork('complete', id)).exit).toBe(0)
  expect((await use()).err).toMatch(/is completed/)
  expect(await deployment.view(id)).toMatchObject({ status: 'completed' })
})
