// Rules: test/infra/settings.test.ts
import { App, Stack, Validations } from 'aws-cdk-lib'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { AwsSolutionsChecks } from 'cdk-nag'
import { Hotwork } from './hotwork.ts'
import { HotworkAnchor } from './hotwork-anchor.ts'
import { HotworkTarget } from './hotwork-target.ts'
import { HotworkWatch } from './hotwork-watch.ts'
import { readSettings, UnusableSettings } from './settings.ts'

/** One stack, and one for each target account: the package's constructs, with the settings from `-c name=value`. */
function addStacks(app: App): void {
  const { stackName, alarmTopic, watch, ...settings } = readSettings((key) => app.node.tryGetContext(key))
  const stack = new Stack(app, stackName, { env: homeOf(process.env) })
  const hotwork = new Hotwork(stack, 'Default', {
    ...settings,
    alarmTopic: alarmTopic === undefined ? undefined : Topic.fromTopicArn(stack, 'AlarmTopic', alarmTopic),
  })
  const { elsewhere } = hotwork.bundle.deployment.anchor ?? {}
  if (elsewhere && elsewhere.accountId !== hotwork.home.accountId) {
    const env = { account: elsewhere.accountId, region: hotwork.home.region }
    new HotworkAnchor(new Stack(app, `${stackName}Anchor`, { env }), 'Default', { hotwork })
  }
  for (const { account, region, isHome, aliases } of hotwork.accounts) {
    const id = `${stackName}Target${isHome ? '' : `-${aliases[0]}`}`
    new HotworkTarget(new Stack(app, id, { env: { account, region } }), 'Default', { hotwork })
    for (const other of watch.filter((each) => each !== region)) {
      const env = { account, region: other }
      new HotworkWatch(new Stack(app, `${stackName}Watch-${aliases[0]}-${other}`, { env }), 'Default', { hotwork })
    }
  }
}

/** The environment's account and Region, which CDK passes on. */
const homeOf = ({ CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region }: NodeJS.ProcessEnv) => ({
  ...(account !== undefined && { account }),
  ...(region !== undefined && { region }),
})

try {
  const app = new App()
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  addStacks(app)
} catch (fault) {
  // A fault of settings is printed as one sentence; others keep their stack trace.
  if (!(fault instanceof UnusableSettings)) throw fault
  process.stderr.write(`${fault.message}\n`)
  process.exitCode = 1
}
