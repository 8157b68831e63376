import { once } from 'node:events'
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Stack } from 'aws-cdk-lib'
import type { Tells } from '../../functions/domain/requests/grant-change.ts'
import { CardTable, LedgerTable, RequestTable, WaitTable } from '../../infra/constructs/tables.ts'
import { lambdas } from '../../infra/functions.ts'
import { read, root } from '../support/repository.ts'
import { stackName, synthesize } from './support/assembly.ts'
import { passingApp, passingTemplate } from './support/passing-app.ts'
import { functionOf, nameOf, propertiesOf, type Resource, resourcesOf, textOf, theOnly } from './support/template.ts'

const assembly = synthesize()

const names = lambdas.map(({ name }) => name)
const all = (type: string) => resourcesOf(assembly.hotwork, type)
const functions = () => propertiesOf(assembly.hotwork, 'AWS::Lambda::Function')
const variablesOf = (properties: Resource['Properties']) =>
  (properties['Environment'] as { Variables: Record<string, unknown> }).Variables

test('each of the six tables has recovery and encryption, and outlives its stack and its replacement', () => {
  const tables = all('AWS::DynamoDB::GlobalTable')
  const names = ['<AnchorIndex>', '<Cards>', '<Ledger>', '<Requests>', '<Texts>', '<Waits>']
  expect(tables.map(([id]) => textOf({ Ref: id })).sort()).toEqual(names)
  for (const [, { Properties, DeletionPolicy, UpdateReplacePolicy }] of tables) {
    expect([DeletionPolicy, UpdateReplacePolicy, Properties['BillingMode'], Properties['SSESpecification']]).toEqual([
      'RetainExceptOnCreate',
      'Retain',
      'PAY_PER_REQUEST',
      { SSEEnabled: true, SSEType: 'KMS' },
    ])
    expect(Properties['Replicas']).toEqual([
      expect.objectContaining({
        DeletionProtectionEnabled: false,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    ])
  }
})

test('a failed first deployment leaves no table and no key, because nothing keeps them from its rollback', () => {
  const kept = Object.values(assembly.hotwork.Resources).filter(({ DeletionPolicy }) => DeletionPolicy !== undefined)
  const policies = new Set(kept.map(({ Type, DeletionPolicy }) => `${DeletionPolicy} ${Type}`))
  expect([...policies].filter((policy) => policy.startsWith('Retain')).sort()).toEqual([
    'RetainExceptOnCreate AWS::DynamoDB::GlobalTable',
    'RetainExceptOnCreate AWS::KMS::Key',
    'RetainExceptOnCreate AWS::S3::Bucket',
  ])
  // A warning until the deployer has switched protection on, in the next deployment.
  const told = readdirSync(assembly.outdir).filter((file) => /^(?:manifest|.*metadata)\.json$/.test(file))
  expect(told.some((file) => readFileSync(join(assembly.outdir, file), 'utf8').includes('-c protectTables=yes'))).toBe(
    true,
  )
})

test('tables with protectTables=yes are protected from deletion until an administrator switches that off', () => {
  const stack = new Stack(passingApp(), 'Elsewhere')
  const props = { deletionProtection: true }
  for (const Table of [RequestTable, LedgerTable, WaitTable, CardTable]) new Table(stack, Table.name, props)
  const tables = resourcesOf(passingTemplate(stack), 'AWS::DynamoDB::GlobalTable')
  expect(tables).toHaveLength(4)
  for (const [, { Properties }] of tables)
    expect(Properties['Replicas']).toEqual([expect.objectContaining({ DeletionProtectionEnabled: true })])
})

test.each([
  ['of tokens', 'CredentialKey', 'ECC_NIST_P256', 'SIGN_VERIFY'],
  ['of the notary', 'AnchorKey', 'ECC_NIST_P256', 'SIGN_VERIFY'],
  ['of states', 'Reading', 'HMAC_256', 'GENERATE_VERIFY_MAC'],
])('the key %s outlives its stack, because its outputs are still in use', (_which, prefix, spec, usage) => {
  const [, key] = all('AWS::KMS::Key').find(([id]) => id.startsWith(prefix)) ?? []
  expect([key?.DeletionPolicy, key?.Properties['KeySpec'], key?.Properties['KeyUsage']]).toEqual([
    ...['RetainExceptOnCreate', spec, usage],
  ])
})

test('the indexes of the requests hold keys and facets', () => {
  const [, requests] = all('AWS::DynamoDB::GlobalTable').find(([id]) => id.startsWith('Requests')) ?? []
  const indexes = requests?.Properties['GlobalSecondaryIndexes'] as { IndexName: string; Projection: unknown }[]
  expect(indexes.map(({ IndexName }) => IndexName)).toEqual([
    'by-time',
    'by-status',
    'by-action',
    'by-task',
    'by-resource',
    'by-agent',
    'by-owner',
    'by-id',
    'overdue',
    'uncompared',
    'open',
  ])
  const known = ['agent', 'owner', 'action', 'task', 'resource', 'status']
  for (const { Projection } of indexes)
    for (const each of (Projection as { NonKeyAttributes?: string[] }).NonKeyAttributes ?? [])
      expect(known).toContain(each)
})

const mappings = (source: RegExp) =>
  propertiesOf(assembly.hotwork, 'AWS::Lambda::EventSourceMapping').filter((properties) =>
    source.test(textOf(properties['EventSourceArn'])),
  )
const queueOf = (properties: Resource['Properties']) =>
  textOf((properties['RedrivePolicy'] as { deadLetterTargetArn?: unknown } | undefined)?.deadLetterTargetArn)

test('the stream of the requests has two readers, that of the ledger the notary, and no other table has one', () => {
  expect(
    mappings(/StreamArn/)
      .map((properties) => textOf(properties['FunctionName']))
      .sort(),
  ).toEqual(['<FollowWorkflow>', '<HandOn>', '<NotaryNotarizeEntries>'])
  const streams = all('AWS::DynamoDB::GlobalTable').filter(([, { Properties }]) => Properties['StreamSpecification'])
  expect(streams.map(([id]) => textOf({ Ref: id })).sort()).toEqual(['<Ledger>', '<Requests>'])
})

test('readers of the stream see requests from the beginning, one also halts, permits and clicks, with dead letters', () => {
  for (const reader of mappings(/Requests.*StreamArn/)) {
    expect(reader).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 5,
      MaximumBatchingWindowInSeconds: 0,
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    })
    const { Filters } = reader['FilterCriteria'] as { Filters: { Pattern: string }[] }
    const eventName = ['INSERT', 'MODIFY']
    const requests = (...tells: Tells[]) => ({
      eventName,
      dynamodb: { Keys: { pk: { S: [{ prefix: 'REQ#' }] } }, NewImage: { tells: { S: tells } } },
    })
    const others = [{ prefix: 'HALT#' }, { prefix: 'PERMIT#' }, { prefix: 'CLICK#' }]
    expect(Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual(
      textOf(reader['FunctionName']) === '<HandOn>'
        ? [requests('all', 'card'), { eventName, dynamodb: { Keys: { pk: { S: others } } } }]
        : [requests('all')],
    )
  }
})

test('the notary sees every change of the ledger in order, and a failed batch is retried without a limit', () => {
  const [notary, ...more] = mappings(/Ledger.*StreamArn/)
  expect(more).toEqual([])
  expect(notary).toMatchObject({
    StartingPosition: 'TRIM_HORIZON',
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumBatchingWindowInSeconds: 1,
  })
  for (const bound of ['FilterCriteria', 'MaximumRetryAttempts', 'MaximumRecordAgeInSeconds', 'ParallelizationFactor'])
    expect(notary).not.toHaveProperty(bound)
})

test('every queue is encrypted, and has a dead-letter queue or is one', () => {
  const queues = all('AWS::SQS::Queue')
  for (const [, { Properties }] of queues) expect(Properties['SqsManagedSseEnabled']).toBe(true)
  const without = queues.filter(([, { Properties }]) => queueOf(Properties) === 'undefined').map(([id]) => id)
  expect(without.every((id) => id.includes('DeadLetters'))).toBe(true)
  expect(queues.length - without.length).toBe(6)
})

test('the queues of cards and denies keep the order of a group, and so do their dead letters', () => {
  const fifo = all('AWS::SQS::Queue').filter(([, { Properties }]) => Properties['FifoQueue'])
  expect(fifo.map(([id]) => textOf({ Ref: id })).sort()).toEqual([
    '<Cards>',
    '<DeadLettersOrdered>',
    '<Denies>',
    '<TargetsKubernetesDenies>',
  ])
})

test('a worker of a queue fails single messages, which stay invisible during an attempt', () => {
  const workers = mappings(/^<(?:Cards|Denies|Deliveries)>$/)
  expect(workers.map((properties) => textOf(properties['FunctionName'])).sort()).toEqual([
    '<Deliver>',
    '<DrawCard>',
    '<WriteDenies>',
  ])
  const timeouts = new Map(
    all('AWS::Lambda::Function').map(([id, { Properties }]) => [textOf({ Ref: id }), Number(Properties['Timeout'])]),
  )
  const visible = new Map(
    all('AWS::SQS::Queue').map(([id, { Properties }]) => [
      textOf({ Ref: id }),
      Number(Properties['VisibilityTimeout']),
    ]),
  )
  for (const worker of workers) {
    expect(worker['FunctionResponseTypes']).toEqual(['ReportBatchItemFailures'])
    const longest = timeouts.get(textOf(worker['FunctionName'])) ?? Number.NaN
    expect(visible.get(textOf(worker['EventSourceArn']))).toBeGreaterThanOrEqual(6 * longest)
  }
})

test('an asynchronous invocation has three attempts in at most five minutes, and is then a dead letter', () => {
  const kept = propertiesOf(assembly.hotwork, 'AWS::Lambda::EventInvokeConfig')
  expect(kept.map((properties) => textOf(properties['FunctionName'])).sort()).toEqual([
    '<ApplyChange>',
    '<CallAws>',
    '<DecideBurst>',
    '<FollowRuns>',
    '<FollowWorkflow>',
    '<SetReminders>',
    '<TargetsCallKubernetes>',
  ])
  for (const properties of kept) {
    expect(properties).toMatchObject({ Qualifier: '$LATEST', MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 300 })
    const { OnFailure } = properties['DestinationConfig'] as { OnFailure: { Destination: unknown } }
    expect(textOf(OnFailure.Destination)).toBe('<DeadLettersInvocations>')
  }
})

test('dead letters are grouped by how they are redriven', () => {
  const ofQueues = all('AWS::SQS::Queue').flatMap(([id, { Properties }]) =>
    queueOf(Properties) === 'undefined' ? [] : [[textOf({ Ref: id }), queueOf(Properties)]],
  )
  expect(Object.fromEntries(ofQueues)).toEqual({
    '<Cards>': '<DeadLettersOrdered>',
    '<Denies>': '<DeadLettersOrdered>',
    '<Deliveries>': '<DeadLettersStandard>',
    '<HostsChangesChanges>': '<DeadLettersStandard>',
    '<SealedUses>': '<DeadLettersStandard>',
    '<TargetsKubernetesDenies>': '<DeadLettersOrdered>',
  })
  const ofStreams = mappings(/Requests.*StreamArn/).map(({ DestinationConfig }) =>
    textOf((DestinationConfig as { OnFailure: { Destination: unknown } }).OnFailure.Destination),
  )
  expect(ofStreams).toEqual(['<DeadLettersInvocations>', '<DeadLettersInvocations>'])
})

test('the schedules run hosts daily, the sweep and groups each minute, agents each five minutes, and reconciliations hourly', () => {
  const rules = resourcesOf(assembly.hotwork, 'AWS::Events::Rule').map(([id, { Properties }]) => {
    expect(Properties['Targets']).toEqual([expect.objectContaining({ Arn: expect.anything() })])
    return [nameOf(id), Properties['ScheduleExpression']]
  })
  // The rules of Step Functions' events and of changes at AWS have no schedule.
  expect(rules.filter(([, schedule]) => schedule !== undefined).sort()).toEqual([
    ['Groups', 'rate(1 minute)'],
    ['HostsDaily', 'rate(1 day)'],
    ['LookAfter', 'rate(5 minutes)'],
    ['NotaryReconcile', 'rate(1 hour)'],
    ['Reconcile', 'rate(1 hour)'],
    ['Sweep', 'rate(1 minute)'],
  ])
})

test('only the function that must answer Slack within three seconds has a whole processor', () => {
  const memory = functions().map((properties) => [functionOf(properties), Number(properties['MemorySize'])] as const)
  expect(memory.filter(([, megabytes]) => megabytes > 512)).toEqual([['receive-slack', 1769]])
})

test('the functions of the stack are exactly those of the entry files', () => {
  const files = globSync('functions/{handlers,targets,channels}/*/*.ts', { cwd: root })
    .filter((file) => read(file).includes('export const wire:'))
    .map((file) => basename(file))
  expect(
    functions()
      .map((properties) => `${functionOf(properties)}.ts`)
      .sort(),
  ).toEqual(files.sort())
})

/** Variables of Powertools, and of every connection to the tables. */
const ofAll = ['LOG_LEVEL', 'POWERTOOLS_SERVICE_NAME', 'SHARDS']
/** The queue and the caller of a kind of target, which its construct tells; and keys that the sample's deployment lacks. */
const ofTargets = ['KUBERNETES_CALLS_FUNCTION', 'KUBERNETES_DENIES_QUEUE', 'CLUSTER_KEYS', 'CLUSTER_SIGNING_KEY']

test.each(lambdas.map(({ name, told }) => [name, told]))(
  'the function %s has exactly the variables of its descriptor',
  (name, named) => {
    const properties = functions().find((candidate) => functionOf(candidate) === name) ?? {}
    const told = Object.keys(variablesOf(properties)).filter((variable) => ![...ofAll, ...ofTargets].includes(variable))
    expect(told.sort()).toEqual(named.filter((variable) => !ofTargets.includes(variable)).sort())
  },
)

test("all functions are told the same number of shards, so that each finds the others' rows", () => {
  expect(new Set(functions().map((properties) => variablesOf(properties)['SHARDS']))).toEqual(new Set(['4']))
})

test('all functions run Node 24 on arm64, and log JSON to a log with a retention', () => {
  for (const properties of functions()) {
    expect([properties['Runtime'], properties['Architectures'], properties['Handler']]).toEqual([
      'nodejs24.x',
      ['arm64'],
      'index.handler',
    ])
    expect(properties['LoggingConfig']).toMatchObject({ LogFormat: 'JSON' })
  }
  for (const [, { Properties }] of all('AWS::Logs::LogGroup')) expect(Properties['RetentionInDays']).toBe(90)
})

test('functions that stop things, and long polls, have reserved concurrency if a deployer says so', () => {
  const limited = functions().flatMap((properties) => {
    const limit = properties['ReservedConcurrentExecutions']
    return limit === undefined ? [] : [[functionOf(properties), limit]]
  })
  expect(Object.fromEntries(limited)).toEqual({
    'declare-halt': 10,
    'receive-signal': 10,
    'revoke-request': 10,
    'revoke-token': 10,
    'hand-on': 20,
    'notarize-entries': 1,
    'write-denies': 10,
    'end-kubernetes-tokens': 10,
    'begin-use': 50,
    'open-break-glass': 10,
    'read-task': 50,
  })
  // With the hundred that Lambda keeps, the number that settings.ts tells the deployer.
  expect(limited.reduce((sum, [, limit]) => sum + Number(limit), 100)).toBe(291)
})

// A thread has its modules, its globals and its environment to itself, like a Lambda, and starts sooner than a process.
test.each(names)('the function %s starts from its bundle alone, with its variables', async (name) => {
  const properties = functions().find((candidate) => functionOf(candidate) === name) ?? {}
  const told = Object.entries(variablesOf(properties)).map(([variable, value]) => [
    variable,
    textOf(value).replace(/^<Api\.ApiEndpoint>$/, 'https://desk.example.com'),
  ])
  const bundled = JSON.stringify(join(assembly.functions, name, 'index.js'))
  const thread = new Worker(
    `require('node:worker_threads').parentPort.postMessage(typeof require(${bundled}).handler)`,
    {
      // As in Lambda, where a handler is made at the start.
      env: { AWS_REGION: 'eu-central-1', AWS_LAMBDA_FUNCTION_NAME: name, ...Object.fromEntries(told) },
      ...{ eval: true, execArgv: [], stdout: true, stderr: true },
    },
  )
  const [[handler], [exit]] = await Promise.all([once(thread, 'message'), once(thread, 'exit')])
  expect([handler, exit, thread.stdout.read(), thread.stderr.read()]).toEqual(['function', 0, null, null])
})

test('no environment has a secret, only its name', () => {
  const values = functions().flatMap((properties) => Object.values(variablesOf(properties)).map(textOf))
  expect(values.filter((value) => /xoxb-|resolve:secretsmanager|PRIVATE/.test(value))).toEqual([])
})

test('each function has exactly the files that its code names beside it, without a source map', () => {
  for (const name of names) {
    const folder = join(assembly.functions, name)
    const code = readFileSync(join(folder, 'index.js'), 'utf8')
    const beside = ['bundle.json', 'cedar_wasm_bg.wasm', 'openapi.json', 'manifest-icons'].filter((file) =>
      code.includes(file),
    )
    expect([name, readdirSync(folder).sort()]).toEqual([name, [...beside, 'index.js'].sort()])
  }
})

// Load time follows bytes (docs/performance.md, L3): what a function has beyond the AWS SDK's core, its DynamoDB client
// and zod is a client of a service, or what asks policy: of which 21 KB are the clocks of time zones (ADR 0041). The rules of
// every kind of target and the rows of an ask are 15 KB (ADR 0060), the forms of arguments 5 KB (ADR 0063), the rules of
// words and questions to agents 6 KB, those of runs and change sets 6 KB (ADR 0072), those of clusters 5 KB (ADR 0074); the pages' style and script 15 KB.
const kilobytes: { [name: string]: number } = {
  'sweep-overdue': 620,
  'begin-use': 650,
  // Bolt with all its receivers is 1.6 MB of it. 6 KB are the doors of chats, which read groups.
  'receive-slack': 2858,
  // The client of each service that it calls.
  'call-aws': 1126,
  'open-break-glass': 627,
  'open-on-page': 670,
  // The words and the door of each kind of chat.
  'draw-card': 783,
  // S3's client, which is the largest of them.
  'reconcile-ledger': 700,
  'read-log': 638,
  'conclude-break-glass': 634,
  'delegate-request': 633,
  'sign-receipt': 763,
  'notarize-entries': 631,
  // KMS's client, which gives the public keys.
  evaluate: 724,
  // Lambda's client, for reading calls.
  'read-break-glass': 672,
  // Lambda's client, and S3's for the checkpoint.
  'show-pages': 1015,
  'read-requests': 890,
  // The clients by which the present state is read, each loaded at its first use.
  'decide-burst': 1086,
  'decide-request': 1126,
  'issue-aws-credentials': 1118,
  // And the reader of incidents.
  'submit-request': 1158,
  'issue-token': 1166,
  // OpenID's client with its verifier; for decisions also the clients above.
  'decide-on-page': 1222,
  'ask-on-page': 1208,
  'read-agents': 668,
  // The queue that ends what a retired agent holds.
  recertify: 631,
  'follow-runs': 633,
  'revoke-request': 611,
  'look-at-hosts': 607,
  'reconcile-sessions': 606,
  'give-permit': 602,
  'call-kubernetes': 878,
  'issue-kubernetes-tokens': 875,
}
test.each(names)('the bundle of %s stays small', (name) => {
  const { size } = statSync(join(assembly.functions, name, 'index.js'))
  expect(size).toBeLessThanOrEqual((kilobytes[name] ?? 600) * 1024)
})

test('Bolt is bundled only into the Slack edge', () => {
  const holders = names.filter((name) =>
    readFileSync(join(assembly.functions, name, 'index.js'), 'utf8').includes('AwsLambdaReceiver'),
  )
  expect(holders).toEqual(['receive-slack'])
})

test('the API has exactly the routes of the descriptors, each to its function', () => {
  const integrations = new Map(
    all('AWS::ApiGatewayV2::Integration').map(([id, { Properties }]) => [
      textOf({ Ref: id }),
      textOf(Properties['IntegrationUri']),
    ]),
  )
  const led = all('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => {
    const [, target = ''] = textOf(Properties['Target']).split('/')
    return `${Properties['RouteKey']} ${integrations.get(target)}`
  })
  const ids = new Map(all('AWS::Lambda::Function').map(([id, { Properties }]) => [functionOf(Properties), id]))
  // The document of a kind comes with its folder.
  const ofKinds = 'GET /.well-known/oauth-protected-resource/kubernetes <Metadata>'
  const described = [
    ofKinds,
    ...lambdas.flatMap(({ name, routes = [] }) =>
      routes.map((route) => `${route} ${textOf({ Ref: ids.get(name) ?? '' })}`),
    ),
  ]
  expect(led.sort()).toEqual(described.sort())
  expect(led.sort()).toEqual(
    [
      '$default <Metadata>',
      'GET /.well-known/authzen-configuration <Metadata>',
      'GET /authorize <Metadata>',
      'GET /problems/{code} <Metadata>',
      'GET /manifest.webmanifest <Metadata>',
      'GET /icons/{name} <Metadata>',
      'GET /requests <ShowPages>',
      'GET /transparency/{path+} <NotaryReadLog>',
      'GET /schemas/access-request.json <Metadata>',
      'GET /.well-known/ssf-configuration <Metadata>',
      'GET /.well-known/jwks.json <Metadata>',
      'GET /.well-known/oauth-authorization-server <Metadata>',
      'GET /.well-known/oauth-protected-resource <Metadata>',
      'GET /.well-known/oauth-protected-resource/aws <Metadata>',
      ofKinds,
      'GET /.well-known/openid-configuration <Metadata>',
      'GET /.well-known/openid-jwks.json <Metadata>',
      'POST /kubernetes/credentials <TargetsIssueKubernetesTokens>',
      'POST /kubernetes/calls <TargetsCallKubernetes>',
      'GET /.well-known/openapi.json <Metadata>',
      'GET /access/v1/actions <ListActions>',
      'POST /access/v1/search/action <ListActions>',
      'GET /access/v1/requests/{id} <ReadTask>',
      'POST /access/v1/requests/{id}/answers <CompleteRequest>',
      'POST /v1/requests/{id}/questions <DecideRequest>',
      'POST /v1/requests/{id}/ask-colleague <DecideRequest>',
      'DELETE /v1/people/{id}/personal <EraseTexts>',
      'GET /v1/ledger <ReadRequests>',
      'GET /v1/ledger/{aggregate} <ReadRequests>',
      'GET /v1/bundles/{hash} <ReadRequests>',
      'GET /v1/mcp-tools <Evaluate>',
      'GET /v1/me <ReadRequests>',
      'GET /v1/requests <ReadRequests>',
      'GET /v1/requests/{id} <ReadRequests>',
      'GET /v1/requests/{id}/actual <ReadRequests>',
      'GET /v1/requests/{id}/timeline.svg <ReadRequests>',
      'GET /agents <ShowPages>',
      'GET /agents/{id} <ShowPages>',
      'GET /v1/agents <ReadAgents>',
      'GET /v1/agents/map <ReadAgents>',
      'GET /v1/agents/{id} <ReadAgents>',
      'GET /v1/agents/{id}/usage <ReadRequests>',
      'GET /v1/registry <ReadAgents>',
      'GET /v1/unknown-callers <ReadAgents>',
      'POST /v1/registry/requests <AskOnPage>',
      'POST /v1/registry/requests/{id}/accept <AskOnPage>',
      'GET /registry <AskOnPage>',
      'POST /registry <AskOnPage>',
      'POST /registry/accept/{id} <AskOnPage>',
      'GET /v1/{kind}/{id}/recertification <ReadAgents>',
      'GET /v1/requests/{id}/ledger <ReadRequests>',
      'GET /v1/requests/{id}/receipt <NotarySignReceipt>',
      'POST /access/v1/evaluation <Evaluate>',
      'POST /access/v1/evaluations <Evaluate>',
      'POST /access/v1/requests <SubmitRequest>',
      'POST /access/v1/requests/{id}/cancel <CancelRequest>',
      'POST /aws/calls <CallAws>',
      'POST /aws/credentials <IssueAwsCredentials>',
      'POST /introspect <IntrospectToken>',
      'POST /revoke <RevokeToken>',
      'POST /slack/events <ReceiveSlack>',
      'POST /token <IssueToken>',
      'POST /agents/{id} <Recertify>',
      'POST /v1/agents/{id}/recertify <Recertify>',
      'POST /v1/asks <Evaluate>',
      'POST /v1/requests/{id}/complete <CompleteRequest>',
      'POST /v1/requests/{id}/decisions <DecideRequest>',
      'POST /v1/requests/{id}/delegations <DelegateRequest>',
      'POST /v1/requests/{id}/extend <SubmitRequest>',
      'POST /v1/requests/{id}/revoke <RevokeRequest>',
      'POST /v1/requests/{id}/standing-permits <GivePermit>',
      'DELETE /v1/stand-ins/{id} <EndStandIn>',
      'DELETE /v1/standing-permits/{id} <RevokePermit>',
      'GET /v1/stand-ins <ReadRequests>',
      'POST /v1/signals/{transmitter} <ReceiveSignal>',
      'POST /v1/stand-ins <GiveStandIn>',
      'GET /v1/standing-permits <ReadRequests>',
      'GET /v1/requests/{id}/standing-permits <ReadRequests>',
      'GET /decide <ShowPages>',
      'GET /decide/{id} <ShowPages>',
      'GET /agents/{id}/usage <ShowPages>',
      'GET /ask <AskOnPage>',
      'POST /ask <AskOnPage>',
      'GET /permits <ShowPages>',
      'GET /permits/give/{id} <ShowPages>',
      'POST /permits/give/{id} <GivePermit>',
      'POST /permits/{id} <RevokePermit>',
      'GET /stand-ins <ShowPages>',
      'POST /stand-ins <GiveStandIn>',
      'POST /stand-ins/{id} <EndStandIn>',
      'GET /halts <ShowPages>',
      'GET /halts/{id} <ShowPages>',
      'POST /halts <DeclareHalt>',
      'POST /halts/{id} <LiftHalt>',
      'POST /decide/{id} <DecideOnPage>',
      'GET /break-glass <ShowPages>',
      'GET /break-glass/{id} <ShowPages>',
      'GET /break-glass/{id}/drill <ShowPages>',
      'POST /break-glass/{id} <DecideOnPage>',
      'GET /break-glass/open/{id} <OpenOnPage>',
      'POST /break-glass/open/{id} <OpenOnPage>',
      'GET /v1/break-glass/{id}/drill <ReadBreakGlass>',
      'GET /login/decision <DecideOnPage>',
      'GET /login <LogIn>',
      'GET /login/callback <LogIn>',
      'POST /logout <LogIn>',
      'GET /link <LinkSlack>',
      'POST /link <LinkSlack>',
      'POST /link/unlink <LinkSlack>',
      'POST /v1/uses <BeginUse>',
      'POST /v1/uses/{id}/end <EndUse>',
      ...['POST', 'GET', 'PATCH', 'PUT', 'DELETE'].map((method) => `${method} /v1/ssf/streams <ManageStream>`),
      'GET /v1/ssf/status <ManageStream>',
      'POST /v1/ssf/status <ManageStream>',
      'POST /v1/ssf/verification <ManageStream>',
      'POST /v1/{kind}/{id}/recertify <Recertify>',
      'POST /v1/break-glass <OpenBreakGlass>',
      'POST /v1/break-glass/vouchers <ConcludeBreakGlass>',
      'POST /v1/break-glass/{id}/end <ConcludeBreakGlass>',
      'POST /v1/break-glass/{id}/review <ConcludeBreakGlass>',
      'POST /v1/incident-events <ConcludeBreakGlass>',
      'GET /v1/break-glass <ReadBreakGlass>',
      'GET /v1/break-glass/{id} <ReadBreakGlass>',
      'GET /v1/break-glass/{id}/ledger <ReadBreakGlass>',
      'GET /groups <ShowPages>',
      'GET /measures <ShowPages>',
      'GET /v1/groups <ReadRequests>',
      'GET /v1/halts <ReadRequests>',
      'POST /v1/halts <DeclareHalt>',
      'DELETE /v1/halts/{id} <LiftHalt>',
    ].sort(),
  )
})

test('the API is throttled, and its access log has no header, query or body', () => {
  const { Properties } = theOnly(assembly.hotwork, 'AWS::ApiGatewayV2::Stage')
  expect(Properties['DefaultRouteSettings']).toEqual({ ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 })
  const { Format } = Properties['AccessLogSettings'] as { Format: string }
  // AWS writes log groups under this prefix without a line for each in a policy of limited size.
  const { DestinationArn } = Properties['AccessLogSettings'] as { DestinationArn: { 'Fn::GetAtt': [string] } }
  const group = assembly.hotwork.Resources[DestinationArn['Fn::GetAtt'][0]]
  expect(group?.Properties['LogGroupName']).toBe(`/aws/vendedlogs/${stackName}/api`)
  expect(Format).not.toMatch(/\$context\.(?:path|authorizer)|header|query|body|userAgent/i)
})

test('a flood of pages does not throttle the routes that stop things, which have limits of their own', () => {
  const { Properties, DependsOn = [] } = theOnly(assembly.hotwork, 'AWS::ApiGatewayV2::Stage') as Resource & {
    DependsOn?: string[]
  }
  const settings = Properties['RouteSettings'] as { [route: string]: { ThrottlingRateLimit: number } }
  const routes = all('AWS::ApiGatewayV2::Route')
  const keys = new Map(routes.map(([id, route]) => [id, String(route.Properties['RouteKey'])]))
  const [low, own] = [
    { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
  ]
  for (const route of keys.values()) {
    const isPage =
      /(?: \/(?:\.well-known|schemas|authorize|problems|decide|login|logout|link|break-glass|icons|manifest)\b)|^GET \/(?:agents|groups|halts|measures|permits|requests|stand-ins)\b|^\$default$/.test(
        route,
      )
    const acts = /^POST \/(?:decide|break-glass)\/|\/break-glass\/open\/|^GET \/login\/decision$/.test(route)
    const stops =
      /^(?:POST \/halts\b|\w+ \/(?:v1\/(?:halts|signals|break-glass|uses|incident-events)|slack|revoke)\b)|\/revoke$/.test(
        route,
      )
    const isOther = route.startsWith('GET /v1/') || route.endsWith('/uses/{id}/end')
    expect([route, settings[route]]).toEqual([
      route,
      isPage && !acts ? low : acts || (stops && !isOther) ? own : undefined,
    ])
  }
  // API Gateway refuses the settings of a missing route.
  const limited = [...keys].filter(([, route]) => settings[route] !== undefined).map(([id]) => id)
  expect([...DependsOn].sort()).toEqual(expect.arrayContaining(limited.sort()))
  expect(Object.keys(settings)).toHaveLength(limited.length)
})

test("the default issuer is the API's own address", () => {
  const [submit = {}] = functions().filter((properties) => functionOf(properties) === 'submit-request')
  expect(textOf(variablesOf(submit)['ISSUER'])).toBe('<Api.ApiEndpoint>')
})

test("every fixed name begins with the stack's, so that one account can have two Hotworks", () => {
  const physical =
    /^(?:RoleName|Name|StateMachineName|QueueName|TableName|FunctionName|LogGroupName|AlarmName|ManagedPolicyName|PolicyName)$/
  // Names of policies and aliases belong to their role or function, and names of APIs need not be unique.
  const unshared = new Set([
    'AWS::IAM::Policy',
    'AWS::ApiGatewayV2::Api',
    'AWS::Lambda::Alias',
    'AWS::Lambda::EventSourceMapping',
    'AWS::Lambda::Permission',
  ])
  const names = Object.values(assembly.hotwork.Resources)
    .filter(({ Type }) => !unshared.has(Type))
    .flatMap(({ Properties = {} }) =>
      Object.entries(Properties).filter(([name, value]) => physical.test(name) && typeof value === 'string'),
    )
    .map(([, value]) => String(value))
  expect(names.length).toBeGreaterThan(2)
  const ours = (name: string) => name.replace('/aws/vendedlogs/', '').startsWith(stackName)
  expect(names.filter((name) => !ours(name))).toEqual([])
})

test('the page hook is one encrypted topic without a subscription', () => {
  const [topic, ...more] = all('AWS::SNS::Topic')
  expect(more).toEqual([])
  expect(textOf(topic?.[1].Properties['KmsMasterKeyId'])).toContain('alias/aws/sns')
  expect(all('AWS::SNS::Subscription')).toEqual([])
  expect(all('AWS::SNS::TopicPolicy')).toEqual([])
})

test('the outputs of the stack name its resources for other programs', () => {
  expect(Object.keys(assembly.hotwork.Outputs ?? {}).sort()).toEqual(
    [
      'ApiEndpoint',
      'ApiId',
      'CardsTable',
      'BreakGlassTopic',
      'EventBus',
      'IncidentSecret',
      'PagerDutySecret',
      'RefreshGroupsFunction',
      'Issuer',
      'LedgerTable',
      'LogBucket',
      'LookAtHostsFunction',
      'ReconcileFunction',
      'RequestsTable',
      'SlackSecret',
      'StateMachineArn',
      'TextsTable',
      'WaitsTable',
      'WebhookSecret',
    ].sort(),
  )
})

test("the stack has room for growth below CloudFormation's five hundred resources", () => {
  expect(Object.keys(assembly.hotwork.Resources).length).toBeLessThanOrEqual(472)
})
