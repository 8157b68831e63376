import { spawnSync } from 'node:child_process'
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Stack } from 'aws-cdk-lib'
import { Template as Assertions } from 'aws-cdk-lib/assertions'
import type { Tells } from '../../functions/domain/requests/grant-change.ts'
import { CardTable, LedgerTable, RequestTable, WaitTable } from '../../infra/constructs/tables.ts'
import { lambdas } from '../../infra/functions.ts'
import { type Assembly, root, stackName, synthesize } from './support/assembly.ts'
import { passingApp } from './support/passing-app.ts'
import { functionOf, nameOf, type Resource, resourcesOf, type Template, textOf, theOnly } from './support/template.ts'

let assembly: Assembly
beforeAll(() => {
  assembly = synthesize()
}, 180_000)

const names = lambdas.map(({ name }) => name)
const all = (type: string) => resourcesOf(assembly.hotwork, type)
const functions = () => all('AWS::Lambda::Function').map(([, { Properties }]) => Properties)
const variablesOf = (properties: Resource['Properties']) =>
  (properties['Environment'] as { Variables: Record<string, unknown> }).Variables

describe('tables', () => {
  test('each of the six outlives mistakes: recovery, encryption, kept when the stack goes or another takes its place', () => {
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

  test('a first deployment that fails leaves none behind, nor the key: only then may they be deleted, and nothing stops it', () => {
    const kept = Object.values(assembly.hotwork.Resources).filter(({ DeletionPolicy }) => DeletionPolicy !== undefined)
    const policies = new Set(kept.map(({ Type, DeletionPolicy }) => `${DeletionPolicy} ${Type}`))
    expect([...policies].filter((policy) => policy.startsWith('Retain')).sort()).toEqual([
      'RetainExceptOnCreate AWS::DynamoDB::GlobalTable',
      'RetainExceptOnCreate AWS::KMS::Key',
      'RetainExceptOnCreate AWS::S3::Bucket',
    ])
    // Said until the deployer has switched protection on, which is for the next deployment.
    const told = readdirSync(assembly.outdir).filter((file) => /^(?:manifest|.*metadata)\.json$/.test(file))
    expect(
      told.some((file) => readFileSync(join(assembly.outdir, file), 'utf8').includes('-c protectTables=yes')),
    ).toBe(true)
  })

  test('with -c protectTables=yes no table can be deleted before an administrator has switched that off', () => {
    const stack = new Stack(passingApp(), 'Elsewhere')
    const props = { deletionProtection: true }
    for (const Table of [RequestTable, LedgerTable, WaitTable, CardTable]) new Table(stack, Table.name, props)
    const tables = resourcesOf(Assertions.fromStack(stack).toJSON() as Template, 'AWS::DynamoDB::GlobalTable')
    expect(tables).toHaveLength(4)
    for (const [, { Properties }] of tables)
      expect(Properties['Replicas']).toEqual([expect.objectContaining({ DeletionProtectionEnabled: true })])
  })

  test.each([
    ['that signs', 'CredentialKey', 'ECC_NIST_P256', 'SIGN_VERIFY'],
    ['of the notary', 'AnchorKey', 'ECC_NIST_P256', 'SIGN_VERIFY'],
    ['of states', 'Reading', 'HMAC_256', 'GENERATE_VERIFY_MAC'],
  ])('the key %s is kept too: what was made with it is still out', (_which, prefix, spec, usage) => {
    const [, key] = all('AWS::KMS::Key').find(([id]) => id.startsWith(prefix)) ?? []
    expect([key?.DeletionPolicy, key?.Properties['KeySpec'], key?.Properties['KeyUsage']]).toEqual([
      ...['RetainExceptOnCreate', spec, usage],
    ])
  })

  test('the indexes of the requests hold keys, and by what a request is found', () => {
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
})

describe('streams and queues', () => {
  const mappings = (source: RegExp) =>
    all('AWS::Lambda::EventSourceMapping')
      .map(([, { Properties }]) => Properties)
      .filter((properties) => source.test(textOf(properties['EventSourceArn'])))
  const queueOf = (properties: Resource['Properties']) =>
    textOf((properties['RedrivePolicy'] as { deadLetterTargetArn?: unknown } | undefined)?.deadLetterTargetArn)

  test('the stream of the requests has exactly two readers, that of the ledger the notary, and no other table has a stream', () => {
    const readers = mappings(/StreamArn/)
    expect(readers.map((properties) => textOf(properties['FunctionName'])).sort()).toEqual([
      '<FollowWorkflow>',
      '<HandOn>',
      '<NotaryNotarizeEntries>',
    ])
    const streams = all('AWS::DynamoDB::GlobalTable').filter(([, { Properties }]) => Properties['StreamSpecification'])
    expect(streams.map(([id]) => textOf({ Ref: id })).sort()).toEqual(['<Ledger>', '<Requests>'])
  })

  test('a reader sees requests only, and one of them halts, permits and clicks, from the beginning; it gives up in the end and says where', () => {
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

  test('the notary sees all that is done to the ledger, in order, and a batch that fails comes again until it is through', () => {
    const [notary, ...more] = mappings(/Ledger.*StreamArn/)
    expect(more).toEqual([])
    expect(notary).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumBatchingWindowInSeconds: 1,
    })
    for (const bound of [
      'FilterCriteria',
      'MaximumRetryAttempts',
      'MaximumRecordAgeInSeconds',
      'ParallelizationFactor',
    ])
      expect(notary).not.toHaveProperty(bound)
  })

  test('every queue is encrypted, and has dead letters or is for them', () => {
    const queues = all('AWS::SQS::Queue')
    for (const [, { Properties }] of queues) expect(Properties['SqsManagedSseEnabled']).toBe(true)
    const without = queues.filter(([, { Properties }]) => queueOf(Properties) === 'undefined').map(([id]) => id)
    expect(without.every((id) => id.includes('DeadLetters'))).toBe(true)
    expect(queues.length - without.length).toBe(4)
  })

  test('cards and denies keep the order of a group, and dead letters of theirs do too', () => {
    const fifo = all('AWS::SQS::Queue').filter(([, { Properties }]) => Properties['FifoQueue'])
    expect(fifo.map(([id]) => textOf({ Ref: id })).sort()).toEqual(['<Cards>', '<DeadLettersOrdered>', '<Denies>'])
  })

  test('a worker of a queue fails single messages, and its queue waits out an attempt before the next', () => {
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

  test('what no queue holds, Lambda keeps: three tries in five minutes at most, and then it is a dead letter', () => {
    const kept = all('AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) => Properties)
    expect(kept.map((properties) => textOf(properties['FunctionName'])).sort()).toEqual([
      '<CallAws>',
      '<DecideBurst>',
      '<FollowWorkflow>',
      '<SetReminders>',
    ])
    for (const properties of kept) {
      expect(properties).toMatchObject({
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: 300,
      })
      const { OnFailure } = properties['DestinationConfig'] as { OnFailure: { Destination: unknown } }
      expect(textOf(OnFailure.Destination)).toBe('<DeadLettersInvocations>')
    }
  })

  test('each dead letter is with those that are sent back like it', () => {
    const ofQueues = all('AWS::SQS::Queue').flatMap(([id, { Properties }]) =>
      queueOf(Properties) === 'undefined' ? [] : [[textOf({ Ref: id }), queueOf(Properties)]],
    )
    expect(Object.fromEntries(ofQueues)).toEqual({
      '<Cards>': '<DeadLettersOrdered>',
      '<Denies>': '<DeadLettersOrdered>',
      '<Deliveries>': '<DeadLettersStandard>',
      '<SealedUses>': '<DeadLettersStandard>',
    })
    const ofStreams = mappings(/Requests.*StreamArn/).map(({ DestinationConfig }) =>
      textOf((DestinationConfig as { OnFailure: { Destination: unknown } }).OnFailure.Destination),
    )
    expect(ofStreams).toEqual(['<DeadLettersInvocations>', '<DeadLettersInvocations>'])
  })

  test('hosts are looked at each day, the sweep runs every minute, what AWS has is looked at each hour, and groups are read anew long before what was read is too old', () => {
    const rules = resourcesOf(assembly.hotwork, 'AWS::Events::Rule').map(([id, { Properties }]) => {
      expect(Properties['Targets']).toEqual([expect.objectContaining({ Arn: expect.anything() })])
      return [nameOf(id), Properties['ScheduleExpression']]
    })
    // Of what Step Functions tells, and not by time.
    expect(rules.filter(([id]) => id !== 'EarlyEnds').sort()).toEqual([
      ['Groups', 'rate(1 minute)'],
      ['HostsDaily', 'rate(1 day)'],
      ['LookAfter', 'rate(5 minutes)'],
      ['NotaryReconcile', 'rate(1 hour)'],
      ['Reconcile', 'rate(1 hour)'],
      ['Sweep', 'rate(1 minute)'],
    ])
  })
})

describe('functions', () => {
  test('the one that a person waits for three seconds for has a whole processor, also at its first start', () => {
    const memory = functions().map((properties) => [functionOf(properties), Number(properties['MemorySize'])] as const)
    expect(memory.filter(([, megabytes]) => megabytes > 512)).toEqual([['receive-slack', 1769]])
  })

  test('there is one for each entry file, and one entry file for each', () => {
    const files = globSync('functions/{handlers,targets,channels}/*/*.ts', { cwd: root })
      .filter((file) => readFileSync(join(root, file), 'utf8').includes('export const wire:'))
      .map((file) => basename(file))
    expect(
      functions()
        .map((properties) => `${functionOf(properties)}.ts`)
        .sort(),
    ).toEqual(files.sort())
  })

  /** What Powertools reads, and every connection to the tables. */
  const ofAll = ['LOG_LEVEL', 'POWERTOOLS_SERVICE_NAME', 'SHARDS']

  test.each(lambdas.map(({ name, told }) => [name, told]))(
    '%s is told what its descriptor names, and nothing more',
    (name, named) => {
      const properties = functions().find((candidate) => functionOf(candidate) === name) ?? {}
      const told = Object.keys(variablesOf(properties)).filter((variable) => !ofAll.includes(variable))
      expect(told.sort()).toEqual([...named].sort())
    },
  )

  test('all are told the same number of shards: one that was told another would not find what the others wrote', () => {
    expect(new Set(functions().map((properties) => variablesOf(properties)['SHARDS']))).toEqual(new Set(['4']))
  })

  test('all run Node 24 on arm64 and log JSON to a log that ends', () => {
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

  test('what stops things has Lambdas set apart, and so have held reads, where a deployer says so', () => {
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
      'begin-use': 50,
      'open-break-glass': 10,
      'read-task': 50,
    })
    // With the hundred that Lambda keeps: what settings.ts tells the deployer.
    expect(limited.reduce((sum, [, limit]) => sum + Number(limit), 100)).toBe(281)
  })

  test.each(names)('%s starts from its bundle alone, in what it is told', (name) => {
    const properties = functions().find((candidate) => functionOf(candidate) === name) ?? {}
    const told = Object.entries(variablesOf(properties)).map(([variable, value]) => [
      variable,
      textOf(value).replace(/^<Api\.ApiEndpoint>$/, 'https://desk.example.com'),
    ])
    const program = `process.stdout.write(typeof require('./index.js').handler)`
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
      cwd: join(assembly.functions, name),
      encoding: 'utf8',
      // As in Lambda, where a handler is made at the start.
      env: { AWS_REGION: 'eu-central-1', AWS_LAMBDA_FUNCTION_NAME: name, ...Object.fromEntries(told) },
    })
    expect([stdout, stderr]).toEqual(['function', ''])
  })

  test('no secret stands in an environment, only where it is', () => {
    const values = functions().flatMap((properties) => Object.values(variablesOf(properties)).map(textOf))
    expect(values.filter((value) => /xoxb-|resolve:secretsmanager|PRIVATE/.test(value))).toEqual([])
  })

  test('each has beside it what its code names, and no map of it', () => {
    for (const name of names) {
      const folder = join(assembly.functions, name)
      const code = readFileSync(join(folder, 'index.js'), 'utf8')
      const beside = ['bundle.json', 'cedar_wasm_bg.wasm', 'openapi.json'].filter((file) => code.includes(file))
      expect([name, readdirSync(folder).sort()]).toEqual([name, [...beside, 'index.js'].sort()])
    }
  })

  // Load time follows bytes (docs/performance.md, L3): what a function has beyond the AWS SDK's core, its DynamoDB client
  // and zod is a client of a service, or what asks policy: of which 21 KB are the clocks of time zones (ADR 0041). The rules of
  // every kind of target and the rows of an ask are 15 KB (ADR 0060).
  const kilobytes: { [name: string]: number } = {
    // Bolt with all its receivers is 1.6 MB of it. 6 KB are the doors of chats, which read groups.
    'receive-slack': 2850,
    // The client of each service that it calls.
    'call-aws': 1120,
    'open-on-page': 620,
    // The words and the door of each kind of chat.
    'draw-card': 704,
    // S3's client, which is the largest of them.
    'reconcile-ledger': 665,
    'read-log': 630,
    'sign-receipt': 720,
    'notarize-entries': 595,
    // KMS's client, which gives the public keys.
    evaluate: 675,
    // The client of Lambda, which has calls read.
    'read-break-glass': 625,
    // That one and S3's, which has the checkpoint.
    'show-pages': 890,
    'read-requests': 840,
    // The clients by which the present state is read, each loaded at its first use.
    'decide-burst': 1080,
    'decide-request': 1120,
    'issue-aws-credentials': 1110,
    // And what reads an incident.
    'submit-request': 1150,
    'issue-token': 1160,
    // OpenID's client, and what verifies its tokens; with those clients too where people decide.
    'decide-on-page': 1215,
    'read-agents': 615,
    'reconcile-sessions': 565,
  }
  test.each(names)('the JavaScript of %s stays small', (name) => {
    const { size } = statSync(join(assembly.functions, name, 'index.js'))
    expect(size).toBeLessThanOrEqual((kilobytes[name] ?? 600) * 1024)
  })

  test('Bolt is in the Slack edge and nowhere else', () => {
    const holders = names.filter((name) =>
      readFileSync(join(assembly.functions, name, 'index.js'), 'utf8').includes('AwsLambdaReceiver'),
    )
    expect(holders).toEqual(['receive-slack'])
  })
})

describe('the API', () => {
  test('has one route an endpoint, each to the function that does it', () => {
    const integrations = new Map(
      all('AWS::ApiGatewayV2::Integration').map(([id, { Properties }]) => [
        textOf({ Ref: id }),
        textOf(Properties['IntegrationUri']),
      ]),
    )
    const routes = all('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => {
      const [, target = ''] = textOf(Properties['Target']).split('/')
      return `${Properties['RouteKey']} ${integrations.get(target)}`
    })
    expect(routes.sort()).toEqual(
      [
        '$default <Metadata>',
        'GET /.well-known/authzen-configuration <Metadata>',
        'GET /authorize <Metadata>',
        'GET /problems/{code} <Metadata>',
        'GET /requests <ShowPages>',
        'GET /transparency/{path+} <NotaryReadLog>',
        'GET /schemas/access-request.json <Metadata>',
        'GET /.well-known/ssf-configuration <Metadata>',
        'GET /.well-known/jwks.json <Metadata>',
        'GET /.well-known/oauth-authorization-server <Metadata>',
        'GET /.well-known/oauth-protected-resource <Metadata>',
        'GET /.well-known/oauth-protected-resource/aws <Metadata>',
        'GET /.well-known/openapi.json <Metadata>',
        'GET /access/v1/requests/{id} <ReadTask>',
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
        'GET /v1/agents/{id} <ReadAgents>',
        'GET /v1/agents/{id}/usage <ReadRequests>',
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
        'GET /decide <ShowPages>',
        'GET /decide/{id} <ShowPages>',
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
        'GET /v1/groups <ReadRequests>',
        'GET /v1/halts <ReadRequests>',
        'POST /v1/halts <DeclareHalt>',
        'DELETE /v1/halts/{id} <LiftHalt>',
      ].sort(),
    )
  })

  test('is throttled, and its access log holds no header, query or body', () => {
    const { Properties } = theOnly(assembly.hotwork, 'AWS::ApiGatewayV2::Stage')
    expect(Properties['DefaultRouteSettings']).toEqual({ ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 })
    const { Format } = Properties['AccessLogSettings'] as { Format: string }
    // AWS writes log groups of this beginning without a line for each in a policy that has room for few.
    const { DestinationArn } = Properties['AccessLogSettings'] as { DestinationArn: { 'Fn::GetAtt': [string] } }
    const group = assembly.hotwork.Resources[DestinationArn['Fn::GetAtt'][0]]
    expect(group?.Properties['LogGroupName']).toBe(`/aws/vendedlogs/${stackName}/api`)
    expect(Format).not.toMatch(/\$context\.(?:path|authorizer)|header|query|body|userAgent/i)
  })

  test('a flood of pages takes nothing from what stops things: each has limits of its own', () => {
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
        /(?: \/(?:\.well-known|schemas|authorize|problems|decide|login|logout|link|break-glass)\b)|^GET \/(?:agents|groups|halts|requests)\b|^\$default$/.test(
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
    // API Gateway refuses the settings of a route that is not there.
    const limited = [...keys].filter(([, route]) => settings[route] !== undefined).map(([id]) => id)
    expect([...DependsOn].sort()).toEqual(expect.arrayContaining(limited.sort()))
    expect(Object.keys(settings)).toHaveLength(limited.length)
  })

  test('the issuer is its own address, where none is given', () => {
    const [submit = {}] = functions().filter((properties) => functionOf(properties) === 'submit-request')
    expect(textOf(variablesOf(submit)['ISSUER'])).toBe('<Api.ApiEndpoint>')
  })
})

test('no name is written out but under the name of the stack, so that two of them live in one account', () => {
  const physical =
    /^(?:RoleName|Name|StateMachineName|QueueName|TableName|FunctionName|LogGroupName|AlarmName|ManagedPolicyName|PolicyName)$/
  // A policy's name is its role's own, an alias is its function's, and an API's is not taken once an account.
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

test('the page hook is one topic, encrypted, that nobody listens to until somebody is let', () => {
  const [topic, ...more] = all('AWS::SNS::Topic')
  expect(more).toEqual([])
  expect(textOf(topic?.[1].Properties['KmsMasterKeyId'])).toContain('alias/aws/sns')
  expect(all('AWS::SNS::Subscription')).toEqual([])
  expect(all('AWS::SNS::TopicPolicy')).toEqual([])
})

test('the stack tells what others need to find it', () => {
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

test('the stack leaves room for what comes next: CloudFormation takes five hundred resources', () => {
  expect(Object.keys(assembly.hotwork.Resources).length).toBeLessThanOrEqual(394)
})
