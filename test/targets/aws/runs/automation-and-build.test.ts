import { createHash } from 'node:crypto'
import type { Ask } from '../../../../functions/domain/record/request.ts'
import type { JsonObject, UseId } from '../../../../functions/domain/values.ts'
import { CallRefused, CallUnanswered } from '../../../../functions/operations/faults.ts'
import { SdkModelCaller } from '../../../../functions/targets/aws/reads/sdk-model-caller.ts'
import { build } from '../../../../functions/targets/aws/runs/build.ts'
import { describeRunAs } from '../../../../functions/targets/aws/runs/describe-run.ts'
import type { RunSettings } from '../../../../functions/targets/aws/runs/run.ts'
import { lookUpRun, startRun } from '../../../../functions/targets/aws/runs/start-run.ts'
import { PlayedRuns, serveRuns } from '../../../support/aws/played-runs.ts'
import { readerAs, runNamed } from './played.ts'

/** The runs that the local engine lacks, by AWS's own protocol. */

type Fate = 'lost' | 'unsent' | undefined
let played: PlayedRuns
let server: Awaited<ReturnType<typeof serveRuns>>
let fates: Fate[]
beforeEach(async () => {
  played = new PlayedRuns()
  fates = []
  server = await serveRuns(played, fates)
  for (const service of ['SSM', 'CODEBUILD']) process.env[`AWS_ENDPOINT_URL_${service}`] = server.url
})
afterEach(() => server.close())

const session = 'req_00000000000000000000000001'
const use = 'use_00000000000000000000000001' as UseId
const role = 'arn:aws:iam::111122223333:role/runbook'
const models = new SdkModelCaller()
const signal = () => AbortSignal.timeout(5000)

const kinds = [
  { name: 'runbook:RestartInstance', started: () => played.executions, start: 'ssm:StartAutomationExecution' },
  { name: 'codebuild:StartBuild', started: () => played.builds, start: 'codebuild:StartBuild' },
] as const

function documentOf(more: JsonObject = {}, content: JsonObject = {}) {
  const Content = JSON.stringify({
    schemaVersion: '0.3',
    assumeRole: '{{ AutomationAssumeRole }}',
    parameters: { InstanceId: { type: 'StringList' }, AutomationAssumeRole: { type: 'String', default: '' } },
    mainSteps: [{ name: 'stop', action: 'aws:changeInstanceState', inputs: { InstanceIds: '{{ InstanceId }}' } }],
    ...content,
  })
  const [Hash, Name] = [createHash('sha256').update(Content).digest('hex'), 'AWS-RestartEC2Instance']
  const kind = { Owner: 'Amazon', DocumentType: 'Automation', Status: 'Active', HashType: 'Sha256' }
  return { Name, DocumentVersion: '1', Content, Hash, ...kind, ...more }
}
const source = { type: 'GITHUB', location: 'https://github.com/acme/checkout.git' }
const environment = {
  type: 'LINUX_CONTAINER',
  image: `acme/build@sha256:${'a'.repeat(64)}`,
  computeType: 'BUILD_GENERAL1_SMALL',
}
const projectOf = (more: JsonObject = {}): JsonObject => ({
  ...{ name: 'rollback-checkout', arn: 'arn:aws:codebuild:us-east-1:111122223333:project/rollback-checkout' },
  ...{ source, environment },
  serviceRole: role,
  ...more,
})

function world(
  name: string,
  { document = documentOf(), project = projectOf(), as = use, args = {} as JsonObject } = {},
) {
  played.documents.push(document as (typeof played.documents)[number])
  played.projects.push(project)
  const { example, ...of } = runNamed(name)
  const ask = { id: session, arguments: { ...example, ...args }, classification: 'internal' } as unknown as Ask
  const credentials = { accessKeyId: session, secretAccessKey: 'secret', sessionToken: 'token' }
  return {
    of,
    start: (each = as) => startRun(ask, { use: each, session: credentials }, of, { models }),
    lookUp: (begunAt = played.now()) =>
      lookUpRun(ask, { id: as, begunAt }, of, { aws: readerAs('reader'), runnerRole: 'hotwork/Hotwork-runner' }),
    describe: () => describeRunAs(ask.arguments, of, readerAs('reader'), signal()),
  }
}

describe.each(kinds)('a run by $name', ({ name, started, start: operation }) => {
  test('a run is started once with its key, and its id is known', async () => {
    const { start } = world(name)
    const first = await start()
    expect(first).toMatchObject({ outcome: 'started', run: started()[0]?.id })
    expect(await start()).toEqual(first)
    expect([started().length, played.count(operation)]).toEqual([1, 2])
  })

  test('another use is another run', async () => {
    const { start } = world(name)
    await start()
    await start('use_00000000000000000000000002' as UseId)
    expect(started()).toHaveLength(2)
  })

  test('a lost answer is not asked for again, and the run is found by reading', async () => {
    const { start, lookUp } = world(name)
    fates.push('lost')
    await expect(start()).rejects.toThrow(CallUnanswered)
    expect(played.count(operation)).toBe(1)
    expect(await lookUp()).toEqual({ found: 'started', run: started()[0]?.id })
    expect(played.count(operation)).toBe(1)
  })

  test('a call that never arrived is found not to be done', async () => {
    const { start, lookUp } = world(name)
    fates.push('unsent')
    await expect(start()).rejects.toThrow(CallUnanswered)
    expect(await lookUp()).toEqual({ found: 'not_done' })
  })

  test('a run by another role with a session of that name, or before the call, is not taken for it', async () => {
    const { lookUp } = world(name)
    const asked = { DocumentName: 'AWS-RestartEC2Instance', DocumentVersion: '1', projectName: 'rollback-checkout' }
    const before = {
      id: 'rollback-checkout:1',
      token: 't',
      asked,
      by: session,
      startedAt: played.now() - 3600,
      status: 'x',
    }
    for (const list of [played.executions, played.builds]) list.push({ ...before })
    expect(await lookUp()).toEqual({ found: 'not_done' })
    const others = { ...before, id: 'rollback-checkout:2', by: `another-role/${session}`, startedAt: played.now() }
    for (const list of [played.executions, played.builds]) list.push({ ...others })
    // CodeBuild promises no form of the name of who started a build.
    expect(await lookUp()).toEqual({ found: name === 'codebuild:StartBuild' ? 'unknown' : 'not_done' })
  })

  test('a refusal by AWS has its name, and starts nothing', async () => {
    const { start } = world(name)
    played.documents.length = 0
    played.projects.length = 0
    const refused =
      name === 'codebuild:StartBuild' ? 'ResourceNotFoundException' : 'AutomationDefinitionNotFoundException'
    await expect(start()).rejects.toMatchObject({ name: CallRefused.name, reason: refused })
    expect(started()).toHaveLength(0)
  })

  test('its definition is read with the role as which it runs', async () => {
    const { describe: read } = world(name)
    expect(await read()).toMatchObject({
      found: 'answer',
      answer: { digest: expect.stringMatching(/^sha-256:/), runsAs: role, open: [] },
    })
  })

  test('a definition that cannot be read is a failed reading, with the name of the fault', async () => {
    const { describe: read } = world(name)
    played.documents.length = 0
    fates.push('unsent', 'unsent')
    expect(await read()).toMatchObject({ found: 'failed' })
  })
})

test('a document that does not exist may not be asked for, and asking again does not help', async () => {
  const { describe: read } = world('runbook:RestartInstance')
  played.documents.length = 0
  expect(await read()).toMatchObject({ fault: 'InvalidDocument', words: expect.stringContaining('does not show it') })
})

test('an execution that another execution started is not the one of a lost call', async () => {
  const { lookUp } = world('runbook:RestartInstance')
  const asked = { DocumentName: 'AWS-RestartEC2Instance', DocumentVersion: '1' }
  const child = {
    id: 'child',
    token: 't',
    asked,
    by: session,
    startedAt: played.now(),
    status: 'InProgress',
    parent: 'p',
  }
  played.executions.push(child)
  expect(await lookUp()).toEqual({ found: 'not_done' })
})

test('a lost execution is looked for on several pages, and stays unknown beyond them', async () => {
  const { start, lookUp } = world('runbook:RestartInstance')
  await start()
  const others = (count: number) =>
    played.executions.push(
      ...Array.from({ length: count }, (_, at) => ({
        ...{
          id: `o${at}`,
          token: `o${at}`,
          asked: { DocumentName: 'AWS-RestartEC2Instance', DocumentVersion: '1' },
          by: 'req_other',
        },
        ...{ startedAt: played.now(), status: 'Success' },
      })),
    )
  others(150)
  expect(await lookUp()).toMatchObject({ found: 'started' })
  others(100)
  expect(await lookUp()).toEqual({ found: 'unknown' })
})

const digestsOf = async (name: string, ...worlds: readonly Parameters<typeof world>[1][]) => {
  const digests: unknown[] = []
  for (const each of worlds) {
    played.documents.length = 0
    played.projects.length = 0
    const found = await world(name, each).describe()
    if (found.found !== 'answer') throw new Error(JSON.stringify(found))
    digests.push(found.answer['digest'])
  }
  return new Set(digests).size
}

test('another content, hash or owner of a document is another digest', async () => {
  const changed = documentOf({}, { mainSteps: [] })
  expect(await digestsOf('runbook:RestartInstance', {}, {}, { document: changed })).toBe(2)
  expect(await digestsOf('runbook:RestartInstance', {}, { document: documentOf({ Hash: 'another' }) })).toBe(2)
})

test.each<[what: string, name: string, read: Parameters<typeof world>[1]]>([
  [
    'a document with a step on its broker',
    'runbook:RestartInstance',
    { document: documentOf({}, { mainSteps: [{ name: 'a', inputs: { RoleName: 'Hotwork-broker' } }] }) },
  ],
  [
    'a project with its broker in the buildspec',
    'codebuild:StartBuild',
    {
      project: projectOf({
        source: { type: 'NO_SOURCE', buildspec: 'aws iam delete-role --role-name Hotwork-broker' },
      }),
    },
  ],
])("%s is told with Hotwork's own name", async (_what, name, read) => {
  expect(await world(name, read).describe()).toMatchObject({ answer: { concerns: ['Hotwork-broker'] } })
})

test.each([
  ['source', { source: { type: 'GITHUB', location: 'https://github.com/acme/other.git' } }],
  [
    'buildspec',
    { source: { type: 'GITHUB', location: 'https://github.com/acme/checkout.git', buildspec: 'other.yml' } },
  ],
  ['image', { environment: { type: 'LINUX_CONTAINER', image: 'other', computeType: 'BUILD_GENERAL1_SMALL' } }],
  ['role', { serviceRole: `${role}-2` }],
])('another %s of a project is another digest', async (_what, more) => {
  expect(await digestsOf('codebuild:StartBuild', {}, { project: projectOf(more as JsonObject) })).toBe(2)
})

test.each<[what: string, fault: string, more: JsonObject, content?: JsonObject]>([
  ['shared from another account', 'document_shared', { Owner: '999999999999' }],
  ['of another kind', 'not_automation', { DocumentType: 'Command' }],
  ['that is not active', 'document_not_active', { Status: 'Creating' }],
  ['with a role that is not the entry’s', 'other_role', {}, { assumeRole: 'arn:aws:iam::111122223333:role/other' }],
])('a document %s may not be asked for', async (_what, fault, more, content = {}) => {
  const { describe: read } = world('runbook:RestartInstance', { document: documentOf(more, content) })
  expect(await read()).toMatchObject({ found: 'failed', why: 'unreadable', fault })
})

test('a document of the account itself is allowed under any name but those of AWS', async () => {
  const own = documentOf({ Owner: '111122223333' })
  expect(await world('runbook:RestartInstance', { document: own }).describe()).toMatchObject({ found: 'answer' })
  played.documents.length = 0
  const [args, document] = [{ DocumentName: 'restart' }, documentOf({ Name: 'restart' })]
  const other = world('runbook:RestartInstance', { document, args })
  expect(await other.describe()).toMatchObject({ fault: 'document_shared' })
})

test.each<[what: string, content: JsonObject]>([
  ['without a role', { assumeRole: '' }],
  ['whose parameter for the role is not given', { assumeRole: '{{ AnotherRole }}' }],
  ['without `assumeRole`, which would run as its caller', { assumeRole: null as never }],
])('a document %s has no role of its own', async (_what, content) => {
  const { describe: read } = world('runbook:RestartInstance', { document: documentOf({}, content) })
  expect(await read()).toMatchObject({ answer: { runsAs: null } })
})

test('a role by the account and partition in which it runs is known', async () => {
  const assumeRole = 'arn:{{ global:AWS_PARTITION }}:iam::{{global:ACCOUNT_ID}}:role/runbook'
  const { describe: read } = world('runbook:RestartInstance', { document: documentOf({}, { assumeRole }) })
  expect(await read()).toMatchObject({ answer: { runsAs: role } })
})

test('the documents, scripts and values that a document names are left open', async () => {
  const mainSteps = [
    { name: 'first', action: 'aws:executeAutomation', inputs: { DocumentName: 'Child', DocumentVersion: '3' } },
    {
      name: 'second',
      action: 'aws:runCommand',
      inputs: {
        DocumentName: 'AWS-RunRemoteScript',
        Parameters: { sourceInfo: '{"path":"https://s3.amazonaws.com/scripts/fix.sh"}' },
      },
    },
    { name: 'third', action: 'aws:invokeLambdaFunction', inputs: { FunctionName: 'fix' } },
    { name: 'fourth', action: 'aws:sleep', inputs: { Duration: '{{ssm:/pause}}' } },
  ]
  const variables = { at: { type: 'String', default: '{{ ssm:at }}' } }
  const { describe: read } = world('runbook:RestartInstance', {
    document: documentOf({}, { mainSteps, variables, files: { 'run.zip': {} } }),
  })
  expect(await read()).toMatchObject({
    answer: {
      open: [
        'the document Child, in the step first',
        'the document AWS-RunRemoteScript, in the step second',
        'the content of https://s3.amazonaws.com/scripts/fix.sh, in the step second',
        'the function fix, in the step third',
        'the attached file run.zip',
        'the value of the parameter /pause at that time',
        'the value of the parameter at at that time',
      ],
    },
  })
})

test('an automation with a reference in a parameter of the agent may not be asked for', async () => {
  const args = { Parameters: { InstanceId: ['i-0abc', '{{ssm:/other}}'] } }
  expect(await world('runbook:RestartInstance', { args }).describe()).toMatchObject({ fault: 'parameter_not_plain' })
})

test.each<[what: string, args: JsonObject, more: JsonObject]>([
  ['a branch', { sourceVersion: 'main' }, {}],
  ['a pull request', { sourceVersion: 'pr/7' }, {}],
  ['a short commit', { sourceVersion: '4f1d2a7' }, {}],
  [
    'a second source at a branch',
    {},
    {
      secondarySources: [{ type: 'GITHUB', location: 'https://x.example/y.git', sourceIdentifier: 'lib' }],
      secondarySourceVersions: [{ sourceIdentifier: 'lib', sourceVersion: 'main' }],
    },
  ],
  [
    'a second source without a version',
    {},
    { secondarySources: [{ type: 'S3', location: 'bucket/key', sourceIdentifier: 'lib' }] },
  ],
  ['an object without a version', { sourceVersion: 'null' }, { source: { type: 'S3', location: 'bucket/key' } }],
])('a build of %s may not be asked for', async (_what, args, more) => {
  const { describe: read } = world('codebuild:StartBuild', { args, project: projectOf(more) })
  expect(await read()).toMatchObject({ found: 'failed', why: 'unreadable', fault: 'source_not_pinned' })
})

test('a build is pinned by commits, by the version of an object, or has no source', async () => {
  for (const [args, source] of [
    [{ sourceVersion: 'Ab3.dEf_9' }, { type: 'S3', location: 'bucket/key' }],
    [{}, { type: 'NO_SOURCE', buildspec: 'version: 0.2' }],
  ] as const) {
    played.projects.length = 0
    const { describe: read } = world('codebuild:StartBuild', {
      args: args as JsonObject,
      project: projectOf({ source }),
    })
    expect(await read()).toMatchObject({ found: 'answer' })
  }
})

test('a project that builds again after a failure may not be asked for, and a build is told not to', async () => {
  const { describe: read } = world('codebuild:StartBuild', { project: projectOf({ autoRetryLimit: 2 }) })
  expect(await read()).toMatchObject({ found: 'failed', fault: 'build_retried' })
  await world('codebuild:StartBuild').start()
  expect(played.builds[0]?.asked).toMatchObject({ autoRetryLimitOverride: 0 })
})

const stage = { ...environment, environmentVariables: [{ name: 'STAGE', value: 'prod' }] }
test.each<[what: string, changed: JsonObject, isSame: boolean, args?: JsonObject]>([
  ['its number', { buildNumber: 7, environment: { ...environment, environmentVariables: [] } }, true],
  ['its place', { source: { type: 'GITHUB', location: 'https://github.com/acme/other.git' } }, false],
  ['its buildspec', { source: { ...source, buildspec: 'version: 0.2' } }, false],
  ['a second source', { secondarySources: [{ ...source, sourceIdentifier: 'lib' }] }, false],
  ['its image', { environment: { ...environment, image: 'acme/other' } }, false],
  ['a variable', { environment: stage }, false],
  ['a version', { secondarySourceVersions: [{ sourceIdentifier: 'lib', sourceVersion: 'main' }] }, false],
  ['a variable of the agent, in its ask', { environment: stage }, true, { environmentVariablesOverride: [] }],
  [
    'its image, beside a variable of the agent',
    { environment: { ...environment, image: 'acme/other' } },
    false,
    { environmentVariablesOverride: [] },
  ],
])(
  'a build that differs from its project in %s shows it if it was changed there',
  async (_what, changed, ...[isSame, args]) => {
    const asked = { projectName: 'rollback-checkout', sourceVersion: 'a'.repeat(40), ...args }
    const settings = { call: async () => ({ projects: [projectOf()] }) } as unknown as RunSettings
    const { shows } = await build.describe(asked, settings)
    const now = await build.seenNow?.(asked, settings, { builds: [projectOf(changed)] })
    expect(now?.shows === shows).toBe(isSame)
  },
)

test('a project of a pipeline, and one that is not there, may not be asked for', async () => {
  const piped = world('codebuild:StartBuild', { project: projectOf({ source: { type: 'CODEPIPELINE' } }) })
  expect(await piped.describe()).toMatchObject({ fault: 'source_of_pipeline' })
  played.projects.length = 0
  expect(await piped.describe()).toMatchObject({ fault: 'no_project' })
})

test('the image, buildspec, cache, files and secrets that a project names without a version are left open', async () => {
  const project = projectOf({
    source: {
      type: 'GITHUB',
      location: 'https://github.com/acme/checkout.git',
      buildspec: 'arn:aws:s3:::specs/build.yml',
    },
    environment: {
      ...{ type: 'LINUX_CONTAINER', image: 'aws/codebuild/standard:7.0', computeType: 'BUILD_GENERAL1_SMALL' },
      environmentVariables: [
        { name: 'STAGE', value: 'prod' },
        { name: 'TOKEN', value: 'prod/registry', type: 'SECRETS_MANAGER' },
      ],
    },
    cache: { type: 'S3', location: 'bucket/cache' },
    fileSystemLocations: [{ type: 'EFS', location: 'fs-1.efs.us-east-1.amazonaws.com:/' }],
  })
  expect(await world('codebuild:StartBuild', { project }).describe()).toMatchObject({
    answer: {
      open: [
        'the image aws/codebuild/standard:7.0, named without a digest',
        'the buildspec arn:aws:s3:::specs/build.yml',
        'the cache of bucket/cache',
        'the files of fs-1.efs.us-east-1.amazonaws.com:/',
        'the value of prod/registry at that time, as TOKEN',
      ],
    },
  })
})

test('a project without a role has none', async () => {
  const { serviceRole: _, ...project } = projectOf()
  expect(await world('codebuild:StartBuild', { project }).describe()).toMatchObject({ answer: { runsAs: null } })
})
