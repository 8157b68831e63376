import { join } from 'node:path'
import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { addStacks } from './deployment.ts'
import { compilePolicies } from './policy-bundle.ts'
import { readSettings, UnusableSettings } from './settings.ts'
import { refuseOversized } from './sizes.ts'

/**
 * The CDK app: reads the context, compiles the policy folder, makes the stacks. What it must be told is in settings.ts.
 */
try {
  const app = new App()
  const settings = readSettings((key) => app.node.tryGetContext(key))
  const bundle = compilePolicies(settings, join(app.outdir, 'hotwork-policies.json'))
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  addStacks(app, { settings, bundle })
  refuseOversized(app.synth())
} catch (fault) {
  // What a deployer can mend is a sentence; anything else is ours, and keeps its stack trace.
  if (!(fault instanceof UnusableSettings)) throw fault
  process.stderr.write(`${fault.message}\n`)
  process.exitCode = 1
}
