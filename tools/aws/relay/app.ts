import { join } from 'node:path'
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { User } from 'aws-cdk-lib/aws-iam'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { buildSync } from 'esbuild'

/**
 * The surroundings of Hotwork in the account: an address for each program on the verifier's machine (identity provider,
 * Slack, pager), and the IAM users who may use the sealed role. It is deployed before Hotwork and removed after it.
 */
const app = new App()
const context = (name: string): string => app.node.tryGetContext(name) ?? ''
const stack = new Stack(app, context('stackName'))

const [removalPolicy, readWithin] = [RemovalPolicy.DESTROY, Duration.seconds(30)]
const queue = new Queue(stack, 'Asks', {
  encryption: QueueEncryption.SQS_MANAGED,
  visibilityTimeout: readWithin,
  retentionPeriod: Duration.minutes(5),
  removalPolicy,
})
const table = new TableV2(stack, 'Answers', {
  partitionKey: { name: 'id', type: AttributeType.STRING },
  timeToLiveAttribute: 'expires',
  removalPolicy,
})
const log = new LogGroup(stack, 'Log', { retention: RetentionDays.ONE_DAY, removalPolicy })
const folder = join(context('folder'), 'relay')
buildSync({
  entryPoints: [join(import.meta.dirname, 'handler.ts')],
  outfile: join(folder, 'index.js'),
  ...{ bundle: true, platform: 'node', format: 'cjs', target: 'node24', minify: true, logLevel: 'error' },
})
const code = Code.fromAsset(folder)

for (const program of context('programs').split(',')) {
  const lambda = new LambdaFunction(stack, `Relay-${program}`, {
    ...{ code, handler: 'index.handler', runtime: Runtime.NODEJS_24_X, logGroup: log },
    ...{ memorySize: 512, timeout: Duration.seconds(29) },
    environment: { PROGRAM: program, QUEUE: queue.queueUrl, TABLE: table.tableName },
  })
  queue.grantSendMessages(lambda)
  table.grantReadData(lambda)
  const api = new HttpApi(stack, `Api-${program}`, {
    defaultIntegration: new HttpLambdaIntegration(`To-${program}`, lambda),
  })
  new CfnOutput(stack, `Url${program}`, { value: api.apiEndpoint })
  new CfnOutput(stack, `Id${program}`, { value: api.apiId })
}
for (const userName of context('users').split(',').filter(Boolean)) new User(stack, `User-${userName}`, { userName })
new CfnOutput(stack, 'AsksQueue', { value: queue.queueUrl })
new CfnOutput(stack, 'AnswersTable', { value: table.tableName })
