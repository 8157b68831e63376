import { App, Stack } from 'aws-cdk-lib'
import { Role } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { Hotwork, HotworkTarget } from 'hotwork/cdk'

/** The permit desk in a stack of its own. */
class PermitsStack extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props)
    // `-c name=value` on the command line, or `context` in cdk.json.
    const said = (name) => this.node.tryGetContext(name)
    this.hotwork = new Hotwork(this, 'Hotwork', {
      policies: 'policies',
      deployment: said('deployment') ?? 'deployment.json',
      alarmTopic: new Topic(this, 'OnCall'),
      // The address for callers, if a proxy stands before the API.
      issuer: said('issuer'),
    })
    // An agent that runs as this role asks in its own name, and has no secret for it.
    if (said('agentRole')) this.hotwork.grantAsk(Role.fromRoleArn(this, 'Agent', said('agentRole')))
  }
}

const app = new App()
const name = app.node.tryGetContext('stackName') ?? 'Permits'
const env = { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION }
const { hotwork } = new PermitsStack(app, name, { env })

// One stack in each account where approved actions happen.
for (const { account, region, aliases } of hotwork.accounts) {
  const stack = new Stack(app, `${name}Target-${aliases[0]}`, { env: { account, region } })
  new HotworkTarget(stack, 'Target', { hotwork })
}

// A service of yours in the first of them, which agents change by change sets that people approved.
const checkout = new Stack(app, 'checkout-orders', { env: hotwork.accounts[0] })
new Topic(checkout, 'Alarms')
new Queue(checkout, 'Orders')
