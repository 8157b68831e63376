import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CdkApp } from './support/cdk-app.ts'

/** examples/cdk-app with the installed package and Node 20: the CDK app of a stranger without a checkout. */

let app: CdkApp
beforeAll(() => {
  app = new CdkApp()
}, 300_000)
afterAll(() => app.remove())

const [account, other] = ['111122223333', '444455556666']
const synthesize = (context: { [name: string]: string } = {}, env: NodeJS.ProcessEnv = {}) =>
  app.synthesize({ account, region: 'eu-west-1' }, context, env)

type Template = {
  Resources: { [id: string]: { Type: string; Properties: { [name: string]: unknown }; Metadata?: object } }
}
const templateOf = (stack: string): Template =>
  JSON.parse(readFileSync(join(app.outdir, `${stack}.template.json`), 'utf8'))

const typesIn = (stack: string) => Object.values(templateOf(stack).Resources).map(({ Type }) => Type)

test('an app is synthesized: the desk in one stack, and its rights in the target account in another', () => {
  const agentRole = `arn:aws:iam::${account}:role/agent`
  const { status, stderr } = synthesize({ agentRole }, { CDK_VALIDATION: 'true' })
  expect([status, stderr]).toEqual([0, expect.not.stringContaining('rror')])
  expect(typesIn('Permits')).toEqual(
    expect.arrayContaining(['AWS::DynamoDB::GlobalTable', 'AWS::StepFunctions::StateMachine', 'AWS::SNS::Topic']),
  )
  const roles = Object.values(templateOf('PermitsTarget-target').Resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Role')
    .map(({ Properties }) => Properties['RoleName'])
  expect(roles).toEqual(['target', 'runner', 'follower', 'reader', 'changes'].map((role) => `Permits-${role}`))
  // A trust policy may only name a role that exists.
  const { artifacts } = JSON.parse(readFileSync(join(app.outdir, 'manifest.json'), 'utf8'))
  expect(artifacts['PermitsTarget-target'].dependencies).toContain('Permits')
  // The right to a token of the role's own identity: for this issuer, one algorithm and five minutes.
  const asks = Object.values(templateOf('Permits').Resources).flatMap(({ Type, Properties }) =>
    Type === 'AWS::IAM::Policy' && JSON.stringify(Properties).includes('GetWebIdentityToken')
      ? (Properties['PolicyDocument'] as { Statement: object[] }).Statement
      : [],
  )
  expect(asks).toEqual([
    {
      Effect: 'Allow',
      Action: 'sts:GetWebIdentityToken',
      Resource: '*',
      Condition: {
        'ForAllValues:StringEquals': { 'sts:IdentityTokenAudience': [expect.anything()] },
        StringEquals: { 'sts:SigningAlgorithm': 'ES384' },
        NumericLessThanEquals: { 'sts:DurationSeconds': '300' },
      },
    },
  ])
}, 120_000)

test('an app may be CommonJS: the constructs come by `require` too', () => {
  expect(app.run('-e', "console.log(Object.keys(require('hotwork/cdk')).join())")).toMatchObject({
    ...{ status: 0, stdout: 'Hotwork,HotworkAnchor,HotworkTarget,HotworkWatch,UnusableSettings\n', stderr: '' },
  })
})

test('an app deploys prebuilt Lambdas, each with its code, its policies and Cedar if it asks policy', () => {
  const folder = join(app.outdir, 'Permits.functions')
  expect(readdirSync(join(folder, 'issue-token')).sort()).toEqual(['bundle.json', 'cedar_wasm_bg.wasm', 'index.js'])
  expect(readdirSync(join(folder, 'log-in')).sort()).toEqual(['bundle.json', 'index.js'])
  expect(readdirSync(join(folder, 'await-outcome')).sort()).toEqual(['index.js'])
  expect(readFileSync(join(folder, 'issue-token/bundle.json'), 'utf8')).toContain('checkout-owners')
})

test('a mistake in the deployment file ends synthesis with its file, line, fix and place in the app', () => {
  const deployment = app.change('deployment.json', '"approvals"', '"aprovals"', 'changed.json')
  const { status, stderr } = synthesize({ deployment })
  expect(status).not.toBe(0)
  expect(stderr).toMatch(/ladder\.json:\d+: .*`approvals`.*\n {4}\S/)
  expect(stderr).toMatch(/\n {4}at new PermitsStack \(.*app\.mjs:\d+:\d+\)/)
  expect(stderr).not.toMatch(/at .*(?:node_modules|node:)/)
  expect(stderr.split('\n').length).toBeLessThan(15)
}, 60_000)

test('an app with a new action has its schema written by the package, under a newer Node', () => {
  const action = join(app.place, 'policies/actions/ssm.delete-parameter.json')
  // The preview and the example need the argument `Value`, and nothing else reads.
  const {
    preview: _,
    reads: __,
    example: ___,
    ...put
  } = JSON.parse(readFileSync(join(app.place, 'policies/actions/ssm.put-parameter.json'), 'utf8'))
  const { Name } = put.arguments.properties
  const statement = { actions: ['ssm:DeleteParameter'], resources: put.statement.resources }
  const more = { ...put, name: 'ssm:DeleteParameter', title: 'Delete {arguments.Name}', statement, leavesOpen: {} }
  writeFileSync(
    action,
    JSON.stringify({ ...more, arguments: { ...put.arguments, properties: { Name }, required: ['Name'] } }),
  )
  expect(synthesize().stderr).toMatch(/hotwork\.cedarschema:\d+: .*not current/)
  const check = ['node_modules/hotwork/client/hotwork.mjs', 'policy', 'check', '--deployment', 'deployment.json']
  const writeSchema = () => app.runBy(process.execPath, ...check, '--write-schema')
  // The check fails, since no case covers the new action.
  expect(writeSchema()).toMatchObject({ status: 1, stdout: expect.not.stringContaining('not current') })
  expect(synthesize().stderr).not.toContain('not current')
  rmSync(action)
  expect(writeSchema().status).toBe(0)
}, 120_000)

test('an app with an account without a target is synthesized with a warning', () => {
  app.change('app.mjs', 'of hotwork.accounts)', 'of hotwork.accounts.slice(0, 1))')
  const deployment = join(app.place, 'deployment.json')
  const file = JSON.parse(readFileSync(deployment, 'utf8'))
  file.accounts.other = { ...file.accounts.target, accountId: other }
  writeFileSync(deployment, JSON.stringify(file))
  expect(synthesize().status).toBe(0)
  const told = readdirSync(app.outdir).filter((name) => /metadata\.json$|^manifest\.json$/.test(name))
  const text = told.map((name) => readFileSync(join(app.outdir, name), 'utf8')).join()
  expect(text).toContain(`account ${other} of the deployment file (\`other\`) has no HotworkTarget`)
  expect(text).not.toContain(`account ${account} of the deployment file`)
}, 120_000)
