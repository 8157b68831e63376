import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installed, strangersEnv, strangersNode } from './support/installed.ts'

/** examples/cdk-app with the installed package and Node 20: a CDK app of a stranger, who has no checkout. */

const root = join(__dirname, '../..')
const place = mkdtempSync(join(tmpdir(), 'hotwork-cdk-app-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

beforeAll(() => {
  cpSync(join(root, 'examples/cdk-app'), place, { recursive: true })
  cpSync(join(installed(), 'node_modules'), join(place, 'node_modules'), { recursive: true })
  for (const name of ['aws-cdk-lib', 'constructs'])
    symlinkSync(join(root, 'node_modules', name), join(place, 'node_modules', name))
}, 300_000)

const [account, other] = ['111122223333', '444455556666']

/** As `cdk synth` runs it, for the account and Region that the credentials are of. */
function synthesize(context: { [name: string]: string } = {}) {
  const env = strangersEnv({
    CDK_OUTDIR: join(place, 'cdk.out'),
    CDK_CONTEXT_JSON: JSON.stringify(context),
    CDK_DEFAULT_ACCOUNT: account,
    CDK_DEFAULT_REGION: 'eu-west-1',
  })
  return spawnSync(strangersNode, ['app.mjs'], { cwd: place, env, encoding: 'utf8' })
}

type Template = {
  Resources: { [id: string]: { Type: string; Properties: { [name: string]: unknown }; Metadata?: object } }
}
const templateOf = (stack: string): Template =>
  JSON.parse(readFileSync(join(place, 'cdk.out', `${stack}.template.json`), 'utf8'))

const typesIn = (stack: string) => Object.values(templateOf(stack).Resources).map(({ Type }) => Type)

const changed = (file: string, change: (content: string) => string): string => {
  const path = join(place, `changed-${file}`)
  writeFileSync(path, change(readFileSync(join(place, file), 'utf8')))
  return path
}

describe('a CDK app on the package', () => {
  test('is synthesized: the desk in one stack, and what it needs in its account in another', () => {
    const agentRole = `arn:aws:iam::${account}:role/agent`
    const { status, stderr } = synthesize({ agentRole })
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('rror')])
    expect(typesIn('Permits')).toEqual(
      expect.arrayContaining(['AWS::DynamoDB::GlobalTable', 'AWS::StepFunctions::StateMachine', 'AWS::SNS::Topic']),
    )
    const roles = Object.values(templateOf('PermitsTarget-target').Resources)
      .filter(({ Type }) => Type === 'AWS::IAM::Role')
      .map(({ Properties }) => Properties['RoleName'])
    expect(roles).toEqual(['Permits-target'])
    // A right on one's own name: for this issuer, signed in one way, for five minutes.
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

  test('deploys Lambdas that were built before: each has its code, the policies, and Cedar where it asks', () => {
    const folder = join(place, 'cdk.out/Permits.functions')
    expect(readdirSync(join(folder, 'issue-token')).sort()).toEqual(['bundle.json', 'cedar_wasm_bg.wasm', 'index.js'])
    expect(readdirSync(join(folder, 'log-in')).sort()).toEqual(['bundle.json', 'index.js'])
    expect(readdirSync(join(folder, 'hand-on')).sort()).toEqual(['index.js'])
    expect(readFileSync(join(folder, 'issue-token/bundle.json'), 'utf8')).toContain('checkout-owners')
  })

  test('ends with file, line and fix for a mistake in the deployment file, and where in the app it was made', () => {
    const { status, stderr } = synthesize({
      deployment: changed('deployment.json', (text) => text.replace('"approvals"', '"aprovals"')),
    })
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/ladder\.json:\d+: .*`approvals`.*\n {4}\S/)
    expect(stderr).toMatch(/\n {4}at new PermitsStack \(.*app\.mjs:\d+:\d+\)/)
    expect(stderr).not.toMatch(/at .*(?:node_modules|node:)/)
    expect(stderr.split('\n').length).toBeLessThan(15)
  }, 60_000)

  test('warns of an account that is left without a target, and is synthesized', () => {
    const app = readFileSync(join(place, 'app.mjs'), 'utf8')
    writeFileSync(join(place, 'app.mjs'), app.replace('of hotwork.accounts)', 'of hotwork.accounts.slice(0, 1))'))
    const { status } = synthesize({
      deployment: changed('deployment.json', (text) => {
        const file = JSON.parse(text)
        file.accounts.other = { ...file.accounts.target, accountId: other }
        return JSON.stringify(file)
      }),
    })
    expect(status).toBe(0)
    const told = readdirSync(join(place, 'cdk.out')).filter((file) => /metadata\.json$|^manifest\.json$/.test(file))
    const text = told.map((file) => readFileSync(join(place, 'cdk.out', file), 'utf8')).join()
    expect(text).toContain(`account ${other} of the deployment file (\`other\`) has no HotworkTarget`)
    expect(text).not.toContain(`account ${account} of the deployment file`)
  }, 120_000)
})
