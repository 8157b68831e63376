import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Template, templateOf } from './template.ts'

export const root = join(__dirname, '../../..')

/** Another name than the default, so that a name which is written out somewhere shows. */
export const stackName = 'Elsewhere'

/** Runs the CDK app as `cdk synth` does, in the real repository: real policies, real handlers, cdk-nag and all. */
export function runApp(context: Record<string, string>, outdir: string) {
  const { context: standing } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: object }
  return spawnSync(process.execPath, ['infra/app.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...standing, ...context }),
      CDK_DEFAULT_ACCOUNT: home,
      CDK_DEFAULT_REGION: 'eu-central-1',
    },
  })
}

/** The account that Hotwork is in, which is a target too, and another one. */
export const [home, elsewhere] = ['111111111111', '222222222222']

export type Assembly = {
  hotwork: Template
  /** The target stacks by their accounts. */
  targets: { readonly [account: string]: Template }
  outdir: string
  remove(): void
}

/** What a deployer may say beside the deployment file. */
export const said = { reservedConcurrency: 'usual', alarmTopic: 'arn:aws:sns:eu-central-1:111111111111:on-call' }

/** The assembly of the whole app, with the sample policies, for two target accounts. */
export function synthesize(accounts: object = twoAccounts()): Assembly {
  const outdir = mkdtempSync(join(tmpdir(), 'hotwork-infra-'))
  const deployment = join(outdir, 'deployment.json')
  writeFileSync(deployment, JSON.stringify({ ...sample, accounts }))
  const { status, stdout, stderr } = runApp({ stackName, deployment, ...said }, outdir)
  if (status !== 0) throw new Error(`the app did not synthesize:\n${stdout}${stderr}`)
  const stack = (name: string) => templateOf(join(outdir, `${name}.template.json`))
  return {
    hotwork: stack(stackName),
    targets: { [home]: stack(`${stackName}Target`), [elsewhere]: stack(`${stackName}Target-other`) },
    outdir,
    remove: () => rmSync(outdir, { recursive: true, force: true }),
  }
}

const sample = JSON.parse(readFileSync(join(root, 'test/policies/deployment.json'), 'utf8'))

function twoAccounts(): object {
  const { target } = sample.accounts
  const other = { ...target, accountId: elsewhere, region: 'eu-west-1', externalId: 'hotwork-other' }
  return { target: { ...target, accountId: home }, other }
}
