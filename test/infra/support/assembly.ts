import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
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
      CDK_DEFAULT_ACCOUNT: '111111111111',
      CDK_DEFAULT_REGION: 'eu-central-1',
    },
  })
}

export type Assembly = { hotwork: Template; outdir: string; remove(): void }

/** What a deployer may say beside the deployment file. */
export const said = { heldReads: '7', alarmTopic: 'arn:aws:sns:eu-central-1:111111111111:on-call' }

/** The assembly of the whole app, with the sample policies. */
export function synthesize(): Assembly {
  const outdir = mkdtempSync(join(tmpdir(), 'hotwork-infra-'))
  const { status, stdout, stderr } = runApp({ stackName, deployment: 'test/policies/deployment.json', ...said }, outdir)
  if (status !== 0) throw new Error(`the app did not synthesize:\n${stdout}${stderr}`)
  return {
    hotwork: templateOf(join(outdir, `${stackName}.template.json`)),
    outdir,
    remove: () => rmSync(outdir, { recursive: true, force: true }),
  }
}
