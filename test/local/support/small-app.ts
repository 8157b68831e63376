import {
  App,
  aws_apigatewayv2 as apigateway,
  CfnOutput,
  aws_dynamodb as dynamodb,
  aws_iam as iam,
  aws_apigatewayv2_integrations as integrations,
  aws_lambda as lambda,
  Stack,
  aws_secretsmanager as secretsmanager,
  aws_sqs as sqs,
} from 'aws-cdk-lib'

/**
 * A minimal CDK app with the context and the outputs of Hotwork's: one Lambda behind an HTTP API, which returns its
 * environment and tries allowed and denied calls. Tests of the local stack use it, since it deploys in seconds and needs
 * nothing of `functions/`.
 */
const app = new App()
const name: string = app.node.getContext('stackName')
const stack = new Stack(app, name)
const table = new dynamodb.TableV2(stack, 'Table', {
  partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
})
const queue = new sqs.Queue(stack, 'Queue')
const secret = new secretsmanager.Secret(stack, 'Secret')

const probe = new lambda.Function(stack, 'Probe', {
  runtime: lambda.Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: lambda.Code.fromInline(`
const { DynamoDBClient, PutItemCommand, ScanCommand } = require('@aws-sdk/client-dynamodb')
const { SQSClient, SendMessageBatchCommand } = require('@aws-sdk/client-sqs')
const client = new DynamoDBClient({})
const Entries = [{ Id: '0', MessageBody: 'x' }]
const outcome = (command, to = client) => to.send(command).then(() => 'allowed', ({ name }) => name)
exports.handler = async (event) => {
  console.log('the probe was asked for ' + event.rawPath)
  return {
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    node: process.version,
    issuer: process.env.ISSUER,
    path: event.rawPath,
    headers: event.headers,
    body: event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body,
    granted: await outcome(new PutItemCommand({ TableName: process.env.TABLE, Item: { id: { S: 'x' } } })),
    notGranted: await outcome(new ScanCommand({ TableName: process.env.TABLE })),
    batch: await outcome(new SendMessageBatchCommand({ QueueUrl: process.env.QUEUE, Entries }), new SQSClient({})),
    environment: Object.keys(process.env),
  }),
}}`),
  environment: { TABLE: table.tableName, QUEUE: queue.queueUrl, ISSUER: app.node.getContext('issuer') },
})
table.grant(probe, 'dynamodb:PutItem')
queue.grant(probe, 'sqs:SendMessage')

const parameter = (path: string) => stack.formatArn({ service: 'ssm', resource: `parameter${path}` })
const api = new apigateway.HttpApi(stack, 'Api')
api.addRoutes({ path: '/{proxy+}', integration: new integrations.HttpLambdaIntegration('Probe', probe) })
/** A role that may read any parameter, within a boundary that allows one. */
const boundary = new iam.ManagedPolicy(stack, 'Boundary', {
  statements: [
    new iam.PolicyStatement({ actions: ['ssm:GetParameter'], resources: [parameter('/prod/checkout/other')] }),
  ],
})
const role = new iam.Role(stack, 'Target', {
  path: '/hotwork/',
  roleName: `${name}-target`,
  permissionsBoundary: boundary,
  assumedBy: new iam.AccountRootPrincipal(),
})
role.addToPolicy(new iam.PolicyStatement({ actions: ['ssm:GetParameter'], resources: [parameter('/*')] }))

const outputs = {
  ApiId: api.apiId,
  SlackSecret: secret.secretArn,
  IncidentSecret: secret.secretArn,
  RequestsTable: table.tableName,
  LedgerTable: table.tableName,
  TextsTable: table.tableName,
  WaitsTable: table.tableName,
  CardsTable: table.tableName,
  EventBus: 'none',
  WebhookSecret: secret.secretArn,
  LogBucket: 'none',
  PagerDutySecret: secret.secretArn,
  ReconcileFunction: 'none',
  RefreshGroupsFunction: 'none',
  LookAtHostsFunction: probe.functionName,
  StateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:none',
  TargetRoleArn: role.roleArn,
}
for (const [id, value] of Object.entries(outputs)) new CfnOutput(stack, id, { value })
