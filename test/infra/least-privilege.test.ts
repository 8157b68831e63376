import { StatementKind } from '../../functions/domain/credentials/statements.ts'
import { elsewhere, home, stackName, synthesize } from './support/assembly.ts'
import {
  grantsIn,
  listOf,
  nameOf,
  propertiesOf,
  resourcesOf,
  rightsOf,
  rolesOf,
  statementsOf,
  type Template,
  textOf,
  theOnly,
} from './support/template.ts'

const assembly = synthesize()
const rights = rightsOf(assembly.hotwork)

/** The owners of a right to an action on any resource. */
const whoMay = (action: string) =>
  [...rights]
    .filter(([, list]) => list.some((right) => right.startsWith(`${action} on `)))
    .map(([owner]) => owner)
    .sort()
/** The rights of one owner on one kind of resource. */
const of = (owner: string, service: string, prefix: string) =>
  (rights.get(owner) ?? [])
    .map((right) => right.split(' on ') as [string, string])
    .filter(([action, resource]) => action.startsWith(`${service}:`) && resource.startsWith(prefix))
    .map(([action, resource]) => `${action.slice(service.length + 1)}${resource.slice(prefix.length)}`)

/** The invokers of a function. */
const invokersOf = (name: string) =>
  [...rights]
    .filter(([, list]) => list.includes(`lambda:InvokeFunction on <${name}>`))
    .map(([owner]) => owner)
    .sort()

const roleIn = (account: string, role: string) => `arn:aws:iam::${account}:role/hotwork/${stackName}-${role}`

/** Two functions with the same rights: one hands them to the agent, the other acts itself. */
const broker = 'call-aws & issue-aws-credentials'

/** Functions that show the present state to people, or compare it with the decided one. */
const ofClusters = ['call-kubernetes', 'issue-kubernetes-tokens']
const readers = [
  'ask-on-page',
  broker,
  'decide-burst',
  'decide-on-page',
  'decide-request',
  'issue-token',
  'receive-slack',
  'submit-request',
]
const readingRoles = [...readers, ...ofClusters].map(
  (name) =>
    `${ofClusters.includes(name) ? 'Targets' : ''}${name
      .replace(/^.* & /, '')
      .replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
)

const keyNamed = (prefix: string) =>
  resourcesOf(assembly.hotwork, 'AWS::KMS::Key').find(([id]) => id.includes(prefix))?.[1]

test.each([
  ['sign with a key', 'kms:Sign', ['issue-token', 'notarize-entries', 'sign-receipt', 'sign-statement']],
  ['add to the log', 's3:PutObject', ['notarize-entries']],
  ['read all of a table', 'dynamodb:Scan', ['reconcile-ledger']],
  [
    'assume any role',
    'sts:AssumeRole',
    [...readers, 'follow-runs', 'look-at-hosts', 'read-calls', 'reconcile-sessions', 'write-denies'].sort(),
  ],
  ['key the digest of a state', 'kms:GenerateMac', [...readers, ...ofClusters].sort()],
  ['tag a session', 'sts:TagSession', [broker]],
  ['set a source identity', 'sts:SetSourceIdentity', [broker]],
  ['write a role policy', 'iam:PutRolePolicy', ['write-denies']],
  ['remove a role policy', 'iam:DeleteRolePolicy', ['write-denies']],
  ['start an execution', 'states:StartExecution', ['follow-workflow']],
  ['end a wait by success', 'states:SendTaskSuccess', ['await-outcome', 'follow-workflow']],
  ['end a wait by failure', 'states:SendTaskFailure', ['await-outcome', 'follow-workflow']],
  [
    'read a secret of the operator',
    'secretsmanager:GetSecretValue',
    [
      ...[
        'ask-on-page',
        'conclude-break-glass',
        'deliver',
        'draw-card',
        'issue-token',
        'link-slack',
        'open-break-glass',
      ],
      ...['open-on-page', 'receive-slack', 'refresh-groups', 'submit-request'],
    ],
  ],
  ['page the person on call', 'sns:Publish', ['draw-card']],
  [
    'invoke a function',
    'lambda:InvokeFunction',
    [
      ...[
        'RunsRole',
        'TimersRole',
        'WorkflowRole',
        'deliver',
        'evaluate',
        'follow-workflow',
        'hand-on',
        'read-agents',
        'read-break-glass',
        'read-requests',
        'read-task',
        'show-pages',
      ],
      ...['end-kubernetes-tokens', 'reconcile-ledger', 'sweep-overdue', ...readers, ...ofClusters],
    ].sort(),
  ],
  ['put an event on the bus', 'events:PutEvents', ['deliver']],
  ['set a timer', 'scheduler:CreateSchedule', ['set-reminders']],
  ['pass a role', 'iam:PassRole', ['set-reminders']],
  ['read the calls of the account', 'cloudtrail:LookupEvents', ['read-calls', 'reconcile-sessions']],
  [
    'take from a queue',
    'sqs:ReceiveMessage',
    ['deliver', 'draw-card', 'end-kubernetes-tokens', 'look-at-hosts', 'report-sealed-use', 'write-denies'],
  ],
])('only the listed roles may %s', (_what, action, owners) => expect(whoMay(action)).toEqual(owners))

test('the broker reaches exactly the target roles and the runner, in ways that can be traced and ended', () => {
  const targets = of(broker, 'sts', '').filter((right) => !right.endsWith('-reader'))
  // The sample has a run at home.
  expect(targets).toEqual(
    ['AssumeRole', 'SetSourceIdentity', 'TagSession'].flatMap((action) =>
      [roleIn(home, 'runner'), roleIn(home, 'target'), roleIn(elsewhere, 'target')].map((role) => action + role),
    ),
  )
})

test('runs are looked at and cancelled as the follower alone, for the state machine and the follower of the stream', () => {
  expect(of('follow-runs', 'sts', '')).toEqual([`AssumeRole${roleIn(home, 'follower')}`])
  expect(invokersOf('FollowRuns')).toEqual(['RunsRole', 'follow-workflow'])
  expect(of('follow-runs', 'lambda', '')).toEqual([])
})

test("readers of the present state assume only the accounts' reader roles, except the broker", () => {
  const becomeReader = [home, elsewhere].map((account) => `AssumeRole${roleIn(account, 'reader')}`)
  for (const owner of readers) {
    const roles = of(owner, 'sts', '').filter((right) => owner !== broker || right.endsWith('-reader'))
    expect([owner, roles]).toEqual([owner, becomeReader])
  }
})

test('the sweep only hands ids on, and cannot look up a call itself', () => {
  expect(of('sweep-overdue', 'sqs', '')).toEqual(['SendMessage<Denies>', 'SendMessage<TargetsKubernetesDenies>'])
  expect(of('recertify', 'sqs', '')).toEqual(['SendMessage<Denies>'])
  const called = ['ApplyChange', 'CallAws', 'FollowWorkflow', 'ReadCalls', 'TargetsCallKubernetes']
  const invoked = called.map((name) => `InvokeFunction<${name}>`)
  expect(of('sweep-overdue', 'lambda', '').sort()).toEqual(invoked)
  expect(of('sweep-overdue', 'sts', '')).toEqual([])
})

test('a click for a whole list is handed on from the record alone, and has only cards drawn', () => {
  expect(invokersOf('DecideBurst')).toEqual(['hand-on'])
  expect(of('decide-burst', 'sqs', '')).toEqual(['SendMessage<Cards>', 'SendMessage<DeadLettersInvocations>'])
  expect(of('receive-slack', 'sqs', '')).toEqual([])
})

test('an approved change of the registry is made by a role of its own, for the stream and the sweep alone', () => {
  expect(invokersOf('ApplyChange')).toEqual(['hand-on', 'sweep-overdue'])
  expect(of('apply-change', 'sqs', '')).toEqual(['SendMessage<DeadLettersInvocations>'])
  expect(of('apply-change', 'lambda', '')).toEqual([])
})

test("denies are written directly only on the target role of Hotwork's own account", () => {
  const roles = of('write-denies', 'iam', '').map((right) => right.replace(/^(?:Put|Delete)RolePolicy/, ''))
  const target = roleIn(home, 'target')
  // With its path and, for the local emulator, without: a role's name is unique in its account.
  expect(new Set(roles)).toEqual(new Set([target, target.replace('/hotwork/', '/')]))
})

test('denies of another account are written by its revoker, the only role that ours can assume', () => {
  expect(of('write-denies', 'sts', '')).toEqual([`AssumeRole${roleIn(elsewhere, 'revoker')}`])
})

test('the reconciliation writes neither AWS nor the table, and only hands on its findings', () => {
  const roles = ['runner', 'target'].map((role) => roleIn(home, role))
  expect(of('reconcile-sessions', 'iam', '').sort()).toEqual(
    ['GetRolePolicy', 'ListRolePolicies']
      .flatMap((action) => roles.flatMap((role) => [action + role, action + role.replace('/hotwork/', '/')]))
      .sort(),
  )
  expect(of('reconcile-sessions', 'sts', '')).toEqual([`AssumeRole${roleIn(elsewhere, 'auditor')}`])
  expect(of('reconcile-sessions', 'sqs', '').sort()).toEqual(['SendMessage<Denies>', 'SendMessage<SealedUses>'])
})

test('readers of calls invoke the one function that reads CloudTrail, which writes nothing', () => {
  for (const owner of ['read-requests', 'read-break-glass', 'show-pages'])
    expect([owner, of(owner, 'lambda', '')]).toEqual([owner, ['InvokeFunction<ReadCalls>']])
  expect(invokersOf('ReadCalls')).toEqual(['read-break-glass', 'read-requests', 'show-pages', 'sweep-overdue'])
  expect(of('read-calls', 'sts', '')).toEqual([`AssumeRole${roleIn(elsewhere, 'auditor')}`])
})

test("one function asks IAM about agents' hosts, in other accounts as their simulators", () => {
  expect(whoMay('iam:SimulatePrincipalPolicy')).toEqual(['look-at-hosts'])
  expect(of('look-at-hosts', 'iam', '')).toEqual([
    `GetRolearn:aws:iam::${home}:role/*`,
    'ListRoles*',
    `SimulatePrincipalPolicyarn:aws:iam::${home}:role/*`,
  ])
  expect(of('look-at-hosts', 'secretsmanager', '')).toEqual(['ListSecrets*'])
  expect(of('read-agents', 'lambda', '')).toEqual(['InvokeFunction<HostsLookAtHosts>'])
  expect(of('look-at-hosts', 'sts', '')).toEqual([`AssumeRole${roleIn(elsewhere, 'simulator')}`])
})

test('each function may have only its own kinds of statements signed, and the signer only signs', () => {
  const by = (kind: string) => `InvokeFunction:${kind}`
  const asking = [...rights.keys()].map((owner) => [owner, of(owner, 'lambda', '<SignStatement>')] as const)
  expect(Object.fromEntries(asking.filter(([, kinds]) => kinds.length > 0))).toEqual({
    ...Object.fromEntries(readers.map((owner) => [owner, [by('cluster_read'), by('read')]])),
    'issue-kubernetes-tokens': [by('cluster_act'), by('cluster_read'), by('read')],
    'call-kubernetes': [by('cluster_call'), by('cluster_read'), by('read')],
    'end-kubernetes-tokens': [by('cluster_end')],
    evaluate: [by('denial')],
    'submit-request': [by('approval'), by('cluster_read'), by('read')],
    'read-task': [by('approval')],
    'issue-token': [by('cluster_read'), by('deferral'), by('read')],
    deliver: [by('signal')],
  })
  const aliases = propertiesOf(assembly.hotwork, 'AWS::Lambda::Alias')
  expect(aliases.map(({ Name }) => Name).sort()).toEqual(StatementKind.options.toSorted())
  for (const { FunctionName, FunctionVersion } of aliases)
    expect([textOf(FunctionName), FunctionVersion]).toEqual(['<SignStatement>', '$LATEST'])
  const services = (rights.get('sign-statement') ?? []).map((right) => right.split(':')[0])
  expect([...new Set(services)].sort()).toEqual(['kms', 'logs'])
})

const policyOf = (key: string) => {
  const [, found] = resourcesOf(assembly.hotwork, 'AWS::KMS::Key').find(([id]) => nameOf(id) === key) ?? []
  return statementsOf(found?.Properties['KeyPolicy'])
}

test("the notary's key signs only for the notary and receipts, and never for administrators", () => {
  const [administer, ...signers] = policyOf('Anchor')
  expect(listOf(administer?.Action)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^kms:(?:\*|Sign|CreateGrant|Replicate)/)]),
  )
  expect(signers.map(({ Principal }) => textOf(Principal.AWS))).toEqual([
    '<NotaryNotarizeEntriesRole>',
    '<NotarySignReceiptRole>',
  ])
  expect(of('notarize-entries', 'kms', '')).toEqual(['GetPublicKey<Anchor>', 'Sign<Anchor>'])
  expect(of('sign-receipt', 'kms', '')).toEqual(['GetPublicKey<Anchor>', 'Sign<Anchor>'])
  for (const owner of ['issue-token', 'sign-statement'])
    expect(of(owner, 'kms', '').filter((right) => right.includes('Anchor'))).toEqual([])
})

test('the notary may only read the ledger and add to the log and its index', () => {
  expect(rights.get('notarize-entries')?.filter((right) => !/^(?:logs|kms):/.test(right))).toEqual([
    'dynamodb:BatchGetItem on <AnchorIndex>',
    'dynamodb:DescribeStream on <Ledger.StreamArn>',
    'dynamodb:GetItem on <AnchorIndex>',
    'dynamodb:GetRecords on <Ledger.StreamArn>',
    'dynamodb:GetShardIterator on <Ledger.StreamArn>',
    'dynamodb:ListStreams on <Ledger>/stream/*',
    'dynamodb:PutItem on <AnchorIndex>',
    'dynamodb:Query on <AnchorIndex>',
    'dynamodb:Query on <Ledger>',
    's3:GetObject on <AnchorBucket>/checkpoint',
    's3:GetObject on <AnchorBucket>/tile/*',
    's3:ListBucket on <AnchorBucket>',
    's3:PutObject on <AnchorBucket>/checkpoint',
    's3:PutObject on <AnchorBucket>/tile/*',
  ])
})

test('functions that draw timelines find entries in the log, and read the checkpoint and no tile', () => {
  for (const owner of ['read-requests', 'show-pages'])
    expect([owner, of(owner, 'dynamodb', '<AnchorIndex>'), of(owner, 's3', '')]).toEqual([
      owner,
      ['BatchGetItem'],
      ['GetObject<AnchorBucket>/checkpoint', 'ListBucket<AnchorBucket>'],
    ])
  expect(whoMay('s3:GetObject')).toEqual(
    ['notarize-entries', 'read-log', 'read-requests', 'reconcile-ledger', 'show-pages', 'sign-receipt'].sort(),
  )
})

test('the bucket of the log locks its files, and only the notary adds to it, by TLS', () => {
  const { Properties } = theOnly(assembly.hotwork, 'AWS::S3::Bucket')
  expect(Properties).toMatchObject({
    ObjectLockEnabled: true,
    ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 400 } } },
    VersioningConfiguration: { Status: 'Enabled' },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  })
  const statements = statementsOf(theOnly(assembly.hotwork, 'AWS::S3::BucketPolicy').Properties['PolicyDocument'])
  expect(
    statements.map(({ Effect, Action, Resource, Condition }) => [
      Effect,
      listOf(Action).join(' '),
      listOf(Resource).map(textOf).join(' '),
      JSON.stringify(Condition ?? {}),
    ]),
  ).toEqual([
    ['Deny', 's3:*', '<AnchorBucket> <AnchorBucket>/*', '{"Bool":{"aws:SecureTransport":"false"}}'],
    [
      'Deny',
      's3:PutObject s3:PutObjectRetention s3:PutObjectLegalHold s3:PutObjectTagging',
      '<AnchorBucket>/*',
      expect.stringMatching(/^{"ArnNotEquals":{"aws:PrincipalArn":.*-notary/),
    ],
    ['Deny', 's3:PutObject', '<AnchorBucket>/*', '{"Null":{"s3:if-none-match":"true","s3:if-match":"true"}}'],
    ['Deny', 's3:PutObject', '<AnchorBucket>/tile/*', '{"Null":{"s3:if-none-match":"true"}}'],
    ['Deny', 's3:DeleteObject s3:DeleteObjectVersion s3:BypassGovernanceRetention', '<AnchorBucket>/*', '{}'],
  ])
})

test("the signing key's own policy lets two roles sign digests by ES256, and no administrator", () => {
  const [administer, ...signers] = statementsOf(keyNamed('CredentialKey')?.Properties['KeyPolicy'])
  expect(listOf(administer?.Action)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^kms:(?:\*|Sign|CreateGrant|Replicate)/)]),
  )
  expect(signers.map(({ Principal }) => textOf(Principal.AWS)).sort()).toEqual([
    '<IssueTokenRole>',
    '<SignStatementRole>',
  ])
  for (const { Action, Condition } of signers)
    expect([Action, Condition]).toEqual([
      'kms:Sign',
      { StringEqualsIfExists: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' } },
    ])
})

test('the key of states is used by the readers of states, and by no administrator', () => {
  const [administer, ...users] = statementsOf(keyNamed('Reading')?.Properties['KeyPolicy'])
  expect(listOf(administer?.Action)).not.toEqual(expect.arrayContaining([expect.stringMatching(/Mac|\*/)]))
  expect(users.map(({ Action }) => Action)).toEqual(users.map(() => 'kms:GenerateMac'))
  const principals = users.flatMap(({ Principal }) => listOf(Principal.AWS as string[]).map(textOf))
  expect(new Set(principals)).toEqual(new Set(readingRoles.map((role) => `<${role}Role>`)))
})

describe('the tables', () => {
  const read = ['GetItem']
  // In one batch: recertifications, before a question about the present policy; the facts of a decision; the items of a list.
  const readMany = ['BatchGetItem', 'GetItem']
  const record = [...read, 'PutItem']
  const decide = [...readMany, 'PutItem']
  const history = [
    ...['by-action', 'by-agent', 'by-id', 'by-owner', 'by-resource', 'by-status', 'by-task', 'by-time'],
  ].map((index) => `Query/index/${index}`)

  const rows: readonly [owner: string, requests: string[], ledger: string[], waits: string[], cards: string[]][] = [
    ['metadata', [], [], [], []],
    ['evaluate', [...decide, 'Query/index/by-agent'], ['PutItem'], [], []],
    ['list-actions', ['BatchGetItem', 'PutItem'], [], [], []],
    ['submit-request', [...decide, 'Query/index/by-agent', 'Query/index/open'], ['PutItem'], [], []],
    ['read-task', ['BatchGetItem', ...record], [], [], []],
    ['sign-statement', [], [], [], []],
    ['cancel-request', decide, ['PutItem'], [], []],
    ['complete-request', decide, ['PutItem'], [], []],
    ['delegate-request', decide, ['PutItem'], [], []],
    ['issue-token', [...decide, 'Query/index/by-agent', 'Query/index/open'], ['PutItem'], [], []],
    ['introspect-token', readMany, [], [], []],
    ['revoke-token', decide, ['PutItem'], [], []],
    [broker, decide, ['PutItem'], [], []],
    ['issue-kubernetes-tokens', decide, ['PutItem'], [], []],
    ['call-kubernetes', decide, ['PutItem'], [], []],
    ['end-kubernetes-tokens', [...decide, 'Query'], [], [], []],
    ['begin-use', decide, ['PutItem'], [], []],
    ['end-use', decide, ['PutItem'], [], []],
    ['manage-stream', decide, ['PutItem'], [], []],
    ['decide-request', decide, ['PutItem'], [], []],
    ['revoke-request', decide, ['PutItem'], [], []],
    ['give-stand-in', decide, ['PutItem'], [], []],
    ['end-stand-in', decide, ['PutItem'], [], []],
    ['give-permit', [...decide, 'Query/index/by-agent'], ['PutItem'], [], []],
    ['revoke-permit', decide, ['PutItem'], [], []],
    ['open-break-glass', decide, ['PutItem'], [], []],
    // It finds the requests of a closed incident.
    ['conclude-break-glass', [...decide, 'Query/index/by-task'], ['PutItem'], [], []],
    ['read-break-glass', readMany, ['Query'], [], ['Query']],
    ['declare-halt', decide, ['PutItem'], [], []],
    ['lift-halt', decide, ['PutItem'], [], []],
    ['receive-signal', decide, ['PutItem'], [], []],
    ['erase-texts', [...decide, 'Query/index/by-status'], ['PutItem', 'Query'], [], []],
    ['read-agents', ['BatchGetItem', 'Query/index/by-agent', 'Query/index/by-status'], [], [], []],
    ['recertify', [...decide, 'Query/index/by-agent'], ['PutItem'], [], []],
    [
      'read-requests',
      [...readMany, ...history, 'Query/index/open'],
      ['BatchGetItem', 'Query', 'Query/index/by-time'],
      [],
      [],
    ],
    ['read-calls', read, ['Query'], [], []],
    ['show-pages', [...readMany, ...history, 'Query/index/open'], ['Query'], [], ['Query']],
    ['ask-on-page', [...decide, 'Query/index/by-agent', 'Query/index/open'], ['PutItem'], [], []],
    ['decide-on-page', decide, ['PutItem'], [], []],
    ['open-on-page', decide, ['PutItem'], [], []],
    ['log-in', record, [], [], []],
    ['look-at-hosts', ['BatchGetItem', 'PutItem'], [], [], []],
    ['link-slack', decide, ['PutItem'], [], []],
    [
      'receive-slack',
      [...decide, ...['by-id', 'by-owner', 'by-status', 'by-time', 'open'].map((index) => `Query/index/${index}`)],
      ['PutItem'],
      [],
      ['Query'],
    ],
    ['await-outcome', read, [], ['PutItem', 'UpdateItem'], []],
    ['advance-workflow', decide, ['PutItem'], [], []],
    ['follow-workflow', [...read, 'ListStreams/stream/*'], [], ['Query', 'UpdateItem'], []],
    ['follow-runs', decide, ['PutItem'], [], []],
    ['hand-on', ['BatchGetItem', 'ListStreams/stream/*'], [], [], []],
    ['apply-change', decide, ['PutItem'], [], []],
    ['deliver', ['BatchGetItem', 'GetItem'], [], [], []],
    ['draw-card', [...readMany, 'Query/index/open'], ['Query'], [], ['PutItem', 'Query']],
    ['decide-burst', decide, ['PutItem'], [], []],
    ['set-reminders', read, [], [], []],
    ['TimersRole', [], [], [], []],
    ['write-denies', [...decide, 'Query', 'Query/index/by-agent', 'Query/index/by-status'], ['PutItem'], [], []],
    ['report-sealed-use', decide, ['PutItem'], [], []],
    [
      'reconcile-sessions',
      [...readMany, 'Query', 'Query/index/by-status', 'Query/index/by-time', 'Query/index/open'],
      ['Query'],
      [],
      [],
    ],
    ['refresh-groups', record, [], [], []],
    ['look-after-agents', [...readMany, 'PutItem', 'Query/index/by-agent'], ['PutItem', 'Query'], [], []],
    ['sweep-overdue', [...decide, 'Query/index/overdue', 'Query/index/uncompared'], ['PutItem'], [], []],
    ['notarize-entries', [], ['ListStreams/stream/*', 'Query'], [], []],
    ['reconcile-ledger', ['BatchGetItem'], ['BatchGetItem', 'Scan'], [], []],
    ['read-log', [], [], [], []],
    ['sign-receipt', readMany, ['Query'], [], []],
    ['RunsRole', [], [], [], []],
    ['WorkflowRole', [], [], [], []],
  ]
  test.each(rows)('the role of %s has exactly its rights on the tables', (owner, requests, ledger, waits, cards) => {
    expect({
      requests: of(owner, 'dynamodb', '<Requests>'),
      ledger: of(owner, 'dynamodb', '<Ledger>'),
      waits: of(owner, 'dynamodb', '<Waits>'),
      cards: of(owner, 'dynamodb', '<Cards>'),
    }).toEqual({ requests, ledger, waits, cards })
  })

  test('the rows of tables name every role', () =>
    expect([...rolesOf(assembly.hotwork).values()].sort()).toEqual(rows.map(([owner]) => owner).sort()))

  const put = ['PutItem']
  const readTexts = ['BatchGetItem']
  const readAndPut = [...readTexts, ...put]
  test('personal texts are put by functions that take them, read by those that show them, and erased by one', () => {
    const touching = [...rights.keys()]
      .map((owner) => [owner, of(owner, 'dynamodb', '<Texts>')] as const)
      .filter(([, list]) => list.length > 0)
    expect(Object.fromEntries(touching)).toEqual({
      'submit-request': readAndPut,
      'issue-token': put,
      'cancel-request': readTexts,
      'complete-request': readAndPut,
      'delegate-request': readAndPut,
      'end-use': put,
      'decide-request': readAndPut,
      'decide-burst': put,
      'ask-on-page': readAndPut,
      'decide-on-page': readAndPut,
      'revoke-request': readAndPut,
      'give-permit': put,
      'revoke-permit': readAndPut,
      'declare-halt': put,
      'lift-halt': readTexts,
      'open-break-glass': readAndPut,
      'open-on-page': readAndPut,
      'conclude-break-glass': readAndPut,
      'apply-change': put,
      'report-sealed-use': put,
      'link-slack': put,
      'receive-slack': readAndPut,
      'read-requests': readTexts,
      'read-task': readTexts,
      'read-calls': readTexts,
      'read-break-glass': readTexts,
      'show-pages': readTexts,
      'draw-card': readTexts,
      'erase-texts': ['DeleteItem', 'Query/index/by-person'],
      recertify: put,
    })
  })

  test('no role may update or delete an entry of the ledger, or delete anything but personal texts', () => {
    const all = [...rights.values()].flat()
    const deleting = all.filter((right) => /DeleteItem|BatchWriteItem|PartiQL|DeleteTable/.test(right))
    expect(deleting).toEqual(['dynamodb:DeleteItem on <Texts>'])
    expect(all.filter((right) => /UpdateItem on (?!<Waits>)/.test(right))).toEqual([])
  })
})

test('a dead letter is put by SQS or by Lambda for failed functions, and read by no role', () => {
  const letters = [...rights].flatMap(([owner, list]) =>
    list.filter((right) => right.includes('DeadLetters')).map((right) => `${owner}: ${right}`),
  )
  const failing = [
    'apply-change',
    broker,
    'call-kubernetes',
    'decide-burst',
    'follow-runs',
    'follow-workflow',
    'hand-on',
    'set-reminders',
  ]
  expect(letters.sort()).toEqual(failing.map((owner) => `${owner}: sqs:SendMessage on <DeadLettersInvocations>`))
})

test('a worker of a queue has exactly the rights on it that Lambda needs', () => {
  const needed = ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage']
  for (const owner of whoMay('sqs:ReceiveMessage')) {
    const taken = of(owner, 'sqs', '').map((right) => right.replace(/<.*/, ''))
    // These delay messages while a receiver, or Slack, refuses more.
    const all = ['deliver', 'draw-card'].includes(owner) ? ['ChangeMessageVisibility', ...needed] : needed
    expect([owner, [...new Set(taken)].filter((action) => action !== 'SendMessage')]).toEqual([owner, all])
  }
})

describe('wildcards', () => {
  /** The only wildcards, each with its reason. */
  const reasons = new Map([
    ['states:SendTaskSuccess on *', 'IAM knows no resource for it: the task token names the wait'],
    ['states:SendTaskFailure on *', 'the same'],
    ['cloudtrail:LookupEvents on *', 'IAM knows no resource for it: the record is of a whole account'],
    [
      `iam:SimulatePrincipalPolicy on arn:aws:iam::${home}:role/*`,
      'the roles that a host reaches are found at the look',
    ],
    [`iam:GetRole on arn:aws:iam::${home}:role/*`, 'the same: the boundary of such a role'],
    ['iam:ListRoles on *', 'IAM knows no resource for it'],
    ['secretsmanager:ListSecrets on *', 'the same: names of secrets, never values'],
    ['ssm:DescribeParameters on *', 'the same'],
    [
      `eks:DescribePodIdentityAssociation on arn:aws:eks:us-east-1:${home}:podidentityassociation/prod/*`,
      'an association of a named cluster has an id that only the list tells',
    ],
    ['dynamodb:ListStreams on <Requests>/stream/*', "a stream's label is not known before it is made"],
    ['dynamodb:ListStreams on <Ledger>/stream/*', 'the same'],
    ['s3:GetObject on <AnchorBucket>/tile/*', 'a log has as many tiles as it has entries, and the bucket nothing else'],
    ['s3:PutObject on <AnchorBucket>/tile/*', 'the same'],
    [
      `scheduler:CreateSchedule on arn:<AWS::Partition>:scheduler:eu-central-1:${home}:schedule/${stackName}-timers/*`,
      'a timer is named by what it is for, in a group that holds nothing else',
    ],
  ])

  test('no action of a right has a wildcard', () => {
    expect([...rights.values()].flat().filter((right) => /\*[^ ]* on /.test(right))).toEqual([])
  })
  test('a resource of a right has a wildcard only for a listed reason', () => {
    const wild = [...rights.values()].flat().filter((right) => right.split(' on ')[1]?.includes('*'))
    expect(new Set(wild)).toEqual(new Set(reasons.keys()))
  })
  test('no role has a managed policy', () => {
    const managed = resourcesOf(assembly.hotwork, 'AWS::IAM::Role').filter(
      ([, { Properties }]) => Properties['ManagedPolicyArns'],
    )
    expect(managed).toEqual([])
  })
})

test('exactly fourteen roles have fixed names, which others must know beforehand', () => {
  const named = resourcesOf(assembly.hotwork, 'AWS::IAM::Role').flatMap(([, { Properties }]) =>
    Properties['RoleName'] ? [`${Properties['Path']}${Properties['RoleName']}`] : [],
  )
  const known = [
    'auditor',
    'broker',
    'call-reader',
    'follow-runs',
    'notary',
    'revoker',
    'simulator',
    ...readers.filter((reader) => reader !== broker),
  ].sort()
  expect(named.sort()).toEqual(known.map((role) => `/hotwork/${stackName}-${role}`))
})

test('each function has a role of its own except the two brokers, and no other service may assume one', () => {
  const shared = [...rolesOf(assembly.hotwork).values()].filter((owners) => owners.includes('&'))
  expect(shared).toEqual([broker])
  const trusted = resourcesOf(assembly.hotwork, 'AWS::IAM::Role').map(([id, { Properties }]) => {
    const [statement, ...more] = statementsOf(Properties['AssumeRolePolicyDocument'])
    return [/^(?:Runs|Workflow|Timers)/.exec(nameOf(id))?.[0], more.length, statement?.Principal.Service]
  })
  const services = new Map([
    ['Runs', 'states.amazonaws.com'],
    ['Workflow', 'states.amazonaws.com'],
    ['Timers', 'scheduler.amazonaws.com'],
  ])
  for (const [which, more, service] of trusted)
    expect([more, service]).toEqual([0, services.get(String(which)) ?? 'lambda.amazonaws.com'])
})

test('timers run with a role that may have cards drawn or due changes stored, for their group alone', () => {
  expect(rights.get('TimersRole')).toEqual(['lambda:InvokeFunction on <AdvanceWorkflow>', 'sqs:SendMessage on <Cards>'])
  const [, role] = resourcesOf(assembly.hotwork, 'AWS::IAM::Role').find(([id]) => nameOf(id).startsWith('Timers')) ?? []
  const [trust] = statementsOf(role?.Properties['AssumeRolePolicyDocument'])
  expect(JSON.stringify(trust?.Condition)).toMatch(/"aws:SourceAccount":.*"aws:SourceArn":/)
})

test('timers are made in their group, with their role, for the Scheduler alone, and never changed or removed', () => {
  expect(of('set-reminders', 'iam', '')).toEqual(['PassRole<TimersRole>'])
  expect(of('set-reminders', 'scheduler', '').map((right) => right.split('arn:')[0])).toEqual(['CreateSchedule'])
  const policies = grantsIn(assembly.hotwork).flatMap(({ statements }) => statements)
  const passing = policies.filter(({ Action }) => listOf(Action).includes('iam:PassRole'))
  expect(passing.map(({ Condition }) => Condition)).toEqual([
    { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
  ])
})

const trustOf = (account: string, role: string) => {
  const [, found] =
    resourcesOf(assembly.targets[account] as Template, 'AWS::IAM::Role').find(
      ([, { Properties }]) => Properties['RoleName'] === `${stackName}-${role}`,
    ) ?? []
  return found && statementsOf(found.Properties['AssumeRolePolicyDocument']).map(({ Principal }) => Principal.AWS)
}

test('each target account has a target role that trusts the one broker', () => {
  for (const account of [home, elsewhere])
    expect(new Set(trustOf(account, 'target'))).toEqual(new Set([roleIn(home, 'broker')]))
})

test('the account with a run has a runner that trusts the broker, and a follower that trusts the one function', () => {
  expect(new Set(trustOf(home, 'runner'))).toEqual(new Set([roleIn(home, 'broker')]))
  expect(trustOf(home, 'follower')?.flat()).toEqual([roleIn(home, 'follow-runs')])
  for (const role of ['runner', 'follower']) expect(trustOf(elsewhere, role)).toBeUndefined()
})

test("the foreign account has a revoker that trusts Hotwork's, and the home account has none", () => {
  expect(trustOf(elsewhere, 'revoker')).toEqual([roleIn(home, 'revoker')])
  expect(trustOf(home, 'revoker')).toBeUndefined()
})
