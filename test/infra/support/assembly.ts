import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderMadeOnce } from '../../support/made-once.ts'
import { read, root } from '../../support/repository.ts'
import { type Template, templateOf } from './template.ts'

export { root }

/** Differs from the default, so that a hard-coded name shows. */
export const stackName = 'Elsewhere'

/** Runs the CDK app as `cdk synth` does, in the real repository: real policies, real handlers, cdk-nag and all. */
export function runApp(context: Record<string, string>, outdir: string) {
  const { context: ours } = JSON.parse(read('cdk.json')) as { context: object }
  return spawnSync(process.execPath, ['infra/app.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      HOTWORK_BUNDLED_FUNCTIONS: process.env['HOTWORK_BUNDLED_FUNCTIONS'],
      CDK_VALIDATION: process.env['CDK_VALIDATION'],
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...ours, ...context }),
      CDK_DEFAULT_ACCOUNT: home,
      CDK_DEFAULT_REGION: 'eu-central-1',
    },
  })
}

/** Hotwork's own account, which is a target too, and another one. */
export const [home, elsewhere] = ['111111111111', '222222222222']

export const logElsewhere = 'example-hotwork-log'

export type Assembly = {
  hotwork: Template
  /** The target stacks by their accounts. */
  targets: { readonly [account: string]: Template }
  outdir: string
  /** The folder of the Lambdas' code, in a folder each. */
  functions: string
}

/** A deployer's settings beside the deployment file. */
export const said = {
  reservedConcurrency: 'usual',
  shards: '4',
  watch: 'us-east-1',
  alarmTopic: 'arn:aws:sns:eu-central-1:111111111111:on-call',
}

/** The assembly of the whole app, with the sample policies, for two target accounts: once for all tests of a run. */
export function synthesize(accounts: object = twoAccounts()): Assembly {
  const content = JSON.stringify({ ...sample, accounts })
  const outdir = folderMadeOnce(`assembly-${createHash('sha256').update(content).digest('hex')}`, (path) => {
    const deployment = join(path, 'deployment.json')
    writeFileSync(deployment, content)
    synthesizeInto(path, { stackName, deployment, policies: withHosts(path), ...said })
  })
  const stack = (name: string) => templateOf(join(outdir, `${name}.template.json`))
  return {
    hotwork: stack(stackName),
    targets: { [home]: stack(`${stackName}Target`), [elsewhere]: stack(`${stackName}Target-other`) },
    outdir,
    functions: join(outdir, `${stackName}.functions`),
  }
}

/** The assembly with the log in another account, and a second key that signs: once for all tests of a run. */
export function synthesizeAnchored() {
  const outdir = folderMadeOnce('assembly-anchored', (path) => {
    const deployment = join(path, 'deployment.json')
    const accounts = { target: { ...sample.accounts.target, accountId: home, region: 'eu-central-1' } }
    const anchor = { retentionDays: 2557, elsewhere: { accountId: elsewhere, bucket: logElsewhere } }
    writeFileSync(deployment, JSON.stringify({ ...sample, accounts, anchor }))
    synthesizeInto(path, { stackName, deployment, signingKeys: '2,1' })
  })
  const stack = (name: string) => templateOf(join(outdir, `${name}.template.json`))
  return { outdir, hotwork: stack(stackName), anchor: stack(`${stackName}Anchor`) }
}

function synthesizeInto(path: string, context: Record<string, string>): void {
  const { status, stdout, stderr } = runApp(context, path)
  if (status !== 0) throw new Error(`the app did not synthesize:\n${stdout}${stderr}`)
}

/** The roles on which agents run: one in each account. */
export const hosts = [home, elsewhere].map((account) => `arn:aws:iam::${account}:role/nightly-jobs`)

/** The sample's folder, with agents on roles of both accounts. */
function withHosts(path: string): string {
  const folder = join(path, 'policies')
  cpSync(join(root, 'policies'), folder, { recursive: true })
  const file = join(folder, 'agents.json')
  const registry = JSON.parse(readFileSync(file, 'utf8')) as { agents: { runsOn: object }[] }
  const { agents } = registry
  for (const [at, awsRole] of hosts.entries()) Object.assign(agents.at(-1 - at) ?? {}, { runsOn: { awsRole } })
  // One of them is notified, so the secret of webhooks is there.
  Object.assign(agents[0] ?? {}, { notify: 'https://hooks.example.com/hotwork' })
  writeFileSync(file, JSON.stringify(registry))
  return folder
}

/** Both accounts have a sealed role: that at home for two people, the other, in another Region, for one. */
export const sealedAccounts = {
  target: sealed(home, 'eu-central-1', {
    'person:gus': `arn:aws:iam::${home}:user/gus`,
    'person:jade': `arn:aws:iam::${home}:user/oncall/jade`,
  }),
  other: sealed(
    elsewhere,
    'eu-west-1',
    { 'person:gus': `arn:aws:iam::${elsewhere}:user/gus` },
    'arn:aws:sns:eu-west-1:222222222222:on-call',
  ),
}

function sealed(accountId: string, region: string, people: object, alarmTopic?: string) {
  return {
    ...{ partition: 'aws', accountId, region, externalId: `for-${accountId}` },
    sealed: { people, ...(alarmTopic !== undefined && { alarmTopic }) },
  }
}

const sample = JSON.parse(read('test/policies/deployment.json'))

function twoAccounts(): object {
  const { target } = sample.accounts
  const other = { ...target, accountId: elsewhere, region: 'eu-west-1', externalId: 'hotwork-other' }
  return { target: { ...target, accountId: home }, other }
}
