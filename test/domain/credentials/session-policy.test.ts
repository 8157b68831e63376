import { runSimulation, runUnsafeSimulation, type Simulation } from '@cloud-copilot/iam-simulate'
import fc from 'fast-check'
import { accountOf } from '../../../functions/domain/policy/bundle.ts'
import {
  type CatalogueEntry,
  deriveResource,
  parseArguments,
  pinnedBy,
} from '../../../functions/domain/policy/catalogue.ts'
import { type JsonObject, rfc3339 } from '../../../functions/domain/values.ts'
import type { Conditions } from '../../../functions/targets/aws/rules/conditions.ts'
import { rightsStatements } from '../../../functions/targets/aws/rules/rights.ts'
import { sessionPolicy, sessionPolicyLimit } from '../../../functions/targets/aws/rules/session-policy.ts'
import { deriveStatement } from '../../../functions/targets/aws/rules/statement.ts'
import { anyCharacter } from '../../support/any-character.ts'
import { submittedAt } from '../../support/ask.ts'
import { sampleBundle } from '../../support/world.ts'

/**
 * The calls that a session policy allows, by an independent engine: among all calls near the approved one, that one
 * alone, until the end of the grant.
 */

const bundle = sampleBundle()
const notAfter = submittedAt + 900
const account = '000000000000'
const role = `arn:aws:sts::${account}:assumed-role/Hotwork-target/req_00000000000000000000000001`

const name = (min: number, max: number, letters = 'abcXYZ019_-') =>
  fc.string({ unit: fc.constantFrom(...letters), minLength: min, maxLength: max })
const path = fc.array(name(1, 12), { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`)

/** Values of DynamoDB keys: any text, also with characters that IAM interprets elsewhere. */
const keyText = fc.oneof(
  name(1, 12),
  fc.constantFrom('*', 'a*', '?', '$', '$a', 'é', 'A', 'a', '鍵', '🔥', 'ж\u0001\n"'),
)
const attribute = fc.constantFrom('enabled', 'price', 'owner', 'a')

/** Any arguments of each AWS action of the sample. */
const argumentsOf: { readonly [action: string]: fc.Arbitrary<JsonObject> } = {
  'ssm:PutParameter': fc.record(
    { Name: path, Value: name(1, 40), Overwrite: fc.boolean() },
    { requiredKeys: ['Name', 'Value'] },
  ),
  'lambda:PutFunctionConcurrency': fc.record({
    FunctionName: name(1, 64),
    ReservedConcurrentExecutions: fc.nat({ max: 10_000 }),
  }),
  'lambda:UpdateFunctionConfiguration': fc.record({ FunctionName: name(1, 64), Timeout: fc.constant(9) }),
  'dynamodb:UpdateItem': fc.record({
    TableName: name(3, 60, 'abcXYZ019_-'),
    Key: keyText.map((S) => ({ id: { S } })),
    UpdateExpression: attribute.map((each) => `SET ${each} = :a, #b.c = :b REMOVE gone`),
    ExpressionAttributeNames: fc.constant({ '#b': 'renamed' }),
  }),
  'ecs:UpdateService': fc.record(
    {
      cluster: name(1, 40),
      service: name(1, 40),
      desiredCount: fc.nat({ max: 9 }),
      taskDefinition: fc.tuple(name(1, 40), fc.nat({ max: 99 })).map(([family, revision]) => `${family}:${revision}`),
    },
    { requiredKeys: ['cluster', 'service'] },
  ),
}

/** The values of a call, by IAM's keys, that a condition may compare. */
type Carried = { readonly [key: string]: string | string[] }
type Call = { action: string; resource: string; at: number; carried: Carried }
type Approved = { entry: CatalogueEntry; args: JsonObject; conditions: Conditions; call: Call; policy: string }

/** The values of the approved call in AWS, and other values of each kind. */
const carriedBy: { readonly [action: string]: (args: JsonObject) => { carried: Carried; others: readonly Carried[] } } =
  {
    'ssm:PutParameter': ({ Overwrite }) => {
      // A call without `Overwrite` overwrites nothing.
      const carried = Overwrite === undefined ? {} : { 'ssm:Overwrite': String(Overwrite) }
      return {
        carried,
        others: [
          ...(Overwrite === undefined ? [{ 'ssm:Overwrite': 'true' }] : [{ 'ssm:Overwrite': String(!Overwrite) }, {}]),
          // A policy of the parameter can delete it at a set time.
          { ...carried, 'ssm:Policies': 'true' },
        ],
      }
    },
    'ecs:UpdateService': ({ cluster, taskDefinition }) => {
      const arn = `arn:aws:ecs:us-east-1:${account}:cluster/${cluster}`
      const definition = (name: unknown) => `arn:aws:ecs:us-east-1:${account}:task-definition/${name}`
      const carried = {
        'ecs:cluster': arn,
        ...(taskDefinition !== undefined && { 'ecs:task-definition': definition(taskDefinition) }),
      }
      return {
        carried,
        others: [
          ...[`${arn}x`, arn.slice(0, -1), arn.replace('us-east-1', 'eu-west-1')].map((each) => ({
            ...carried,
            'ecs:cluster': each,
          })),
          // Another revision, one more digit of it, another family; and any at all if none was asked for.
          ...['checkout:1000', `${taskDefinition}0`, `x${taskDefinition}`].map((each) => ({
            ...carried,
            'ecs:task-definition': definition(each),
          })),
          ...(taskDefinition === undefined ? [] : [{ 'ecs:cluster': arn }]),
          ...['execute-command', 'service-connect', 'vpc-lattice', 'ebs-volumes'].map((each) => ({
            ...carried,
            [`ecs:enable-${each}`]: 'true',
          })),
          { ...carried, 'ecs:auto-assign-public-ip': 'true' },
          { ...carried, 'ecs:subnet': ['subnet-1'] },
          { ...carried, 'ecs:capacity-provider': [`arn:aws:ecs:us-east-1:${account}:capacity-provider/spot`] },
        ],
      }
    },
    'dynamodb:UpdateItem': ({ Key, UpdateExpression }) => {
      const key = (Key as { id: { S: string } }).id.S
      const set = String(UpdateExpression).split(' ')[1] as string
      const carried = {
        'dynamodb:LeadingKeys': [key],
        'dynamodb:Attributes': ['id', set, 'renamed', 'gone'],
        'dynamodb:ReturnValues': 'NONE',
      }
      const changed = (change: Carried) => ({ ...carried, ...change })
      return {
        carried,
        others: [
          ...[`${key}x`, `x${key}`, key.replace(/.$/u, ''), 'other', 'root', 'anything'].map((other) =>
            changed({ 'dynamodb:LeadingKeys': [other] }),
          ),
          changed({ 'dynamodb:LeadingKeys': [key, 'other'] }),
          changed({ 'dynamodb:Attributes': ['id', set, 'renamed', 'gone', 'salary'] }),
          changed({ 'dynamodb:Attributes': ['id', '#b'] }),
          changed({ 'dynamodb:ReturnValues': 'ALL_OLD' }),
          { 'dynamodb:Attributes': ['id'], 'dynamodb:ReturnValues': 'NONE' },
          { 'dynamodb:LeadingKeys': [key] },
        ],
      }
    },
  }
const carried = ({ entry, args }: Pick<Approved, 'entry' | 'args'>) =>
  carriedBy[entry.name]?.(args) ?? { carried: {}, others: [] }

const approved: fc.Arbitrary<Approved> = fc.constantFrom(...Object.keys(argumentsOf)).chain((action) => {
  const entry = bundle.actions[action] as CatalogueEntry
  return (argumentsOf[action] as fc.Arbitrary<JsonObject>)
    .filter((args) => parseArguments(entry, args).ok)
    .map((args) => {
      const where = accountOf(bundle, entry)
      const statement = deriveStatement(entry, args, where)
      if (!statement) throw new Error(`${action} has no statement`)
      const resource = deriveResource(entry, args, where).id
      const call = { action, resource, at: notAfter - 1, carried: carried({ entry, args }).carried }
      return {
        entry,
        args,
        conditions: statement.conditions ?? {},
        call,
        policy: sessionPolicy([statement], notAfter, { drill: false }),
      }
    })
})

const request = ({ action, resource, at, carried }: Call): Simulation['request'] => ({
  principal: role,
  action,
  resource: { resource, accountId: account },
  contextVariables: { ...carried, 'aws:CurrentTime': rfc3339(at) },
})

const noControls = { serviceControlPolicies: [], resourceControlPolicies: [] }

/** Whether the policy allows a call, if the role behind it is allowed everything. */
const allows = (policy: string, call: Call): boolean =>
  runUnsafeSimulation(
    { request: request(call), identityPolicies: [{ name: 'session', policy: JSON.parse(policy) }], ...noControls },
    {},
  ) === 'Allowed'

// --- near misses

/** Ways to more rights, or to the same rights for longer. */
const pivots = [
  ...['sts:AssumeRole', 'sts:AssumeRoleWithSAML', 'sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoot', 'sts:TagSession'],
  ...['sts:GetFederationToken', 'sts:GetSessionToken', 'sts:GetWebIdentityToken', 'sts:SetSourceIdentity'],
  ...['sts:GetServiceBearerToken', 'sts:SetContext', 'iam:PassRole', 'iam:CreateAccessKey', 'iam:PutRolePolicy'],
  ...['iam:AttachRolePolicy', 'iam:UpdateAssumeRolePolicy', 'iam:CreateServiceLinkedRole', 'iam:CreateUser'],
  ...['iam:DeleteRolePermissionsBoundary', 'organizations:LeaveOrganization', 'organizations:DetachPolicy'],
]
/** Actions near in name or in effect. */
const others = [
  ...['ssm:PutParameters', 'ssm:GetParameter', 'ssm:DeleteParameter', 'ssm:PutParameterPolicy', 'ssm:SendCommand'],
  ...['lambda:InvokeFunction', 'lambda:UpdateFunctionCode', 'lambda:AddPermission', 'lambda:DeleteFunctionConcurrency'],
  ...['dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:UpdateTable', 'dynamodb:BatchWriteItem', 'ecs:RunTask'],
  ...['ecs:UpdateServicePrimaryTaskSet', 'ecs:DeleteService', 'ecs:ExecuteCommand', 'ecs:RegisterTaskDefinition'],
  ...['kms:Decrypt', 'kms:CreateGrant', 'secretsmanager:GetSecretValue', 's3:GetObject', 'logs:FilterLogEvents'],
  ...Object.keys(argumentsOf),
]

const replaceField = (arn: string, index: number, by: string) =>
  arn
    .split(':')
    .map((field, at) => (at === index ? by : field))
    .join(':')

/**
 * Other ARNs that a call can name: they begin with `arn:` and have no `*` or `?`, which the engine would read as a
 * pattern.
 */
const otherArn = (arn: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom('aws-cn', 'aws-us-gov', 'aws-iso', '').map((partition) => replaceField(arn, 1, partition)),
    fc.constantFrom('us-east-2', 'eu-west-1', 'us-east-1a', '').map((region) => replaceField(arn, 3, region)),
    fc.constantFrom('000000000001', '111122223333', '', 'aws').map((other) => replaceField(arn, 4, other)),
    // Longer, shorter, one changed character, changed case.
    fc.constantFrom('x', '/', '-1', '/x', ':x', ':$LATEST', '.').map((tail) => `${arn}${tail}`),
    fc.integer({ min: 1, max: 12 }).map((cut) => arn.slice(0, -cut)),
    fc
      .tuple(fc.integer({ min: 4, max: arn.length - 1 }), fc.constantFrom(...'aZ9-_/:.'))
      .map(([at, by]) => `${arn.slice(0, at)}${by}${arn.slice(at + 1)}`),
    fc.integer({ min: 4, max: arn.length - 1 }).map((at) => arn.slice(0, at) + arn.slice(at + 1)),
    fc.constantFrom(`arn:${arn.slice(4).toUpperCase()}`, arn.toLowerCase(), `${arn} `, arn.replace(/[^:/]+$/, '')),
    fc.tuple(fc.constantFrom('x', '../', '/'), fc.nat({ max: 5 })).map(([part, back]) => {
      const at = arn.length - 1 - back
      return arn.slice(0, at) + part + arn.slice(at)
    }),
  )

const nearMiss = (it: Approved): fc.Arbitrary<Call> => {
  const { call } = it
  const { others: carriedElse } = carried(it)
  const elsewhere = otherArn(call.resource).map((resource) => ({ ...call, resource }))
  return fc
    .oneof(
      { weight: 6, arbitrary: elsewhere },
      {
        weight: 4,
        arbitrary:
          carriedElse.length === 0
            ? elsewhere
            : fc.constantFrom(...carriedElse).map((carried) => ({ ...call, carried })),
      },
      { weight: 2, arbitrary: fc.constantFrom(...others).map((action) => ({ ...call, action })) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom(...pivots), fc.constantFrom(call.resource, '*', `arn:aws:iam::${account}:role/admin`))
          .map(([action, resource]) => ({ ...call, action, resource })),
      },
      {
        weight: 1,
        arbitrary: fc
          .oneof(fc.constantFrom(0, 1, 59, 900), fc.nat({ max: 10 ** 9 }))
          .map((after) => ({ ...call, at: notAfter + after })),
      },
    )
    .filter((miss) => !sameCall(miss, call))
}

test('IAM has each key of a condition for its action, so that none compares a missing value', async () => {
  for (const name of Object.keys(argumentsOf)) {
    const [{ policy, call, ...it }] = fc.sample(
      approved.filter(({ entry }) => entry.name === name),
      { numRuns: 1, seed: 7 },
    ) as [Approved]
    const keys = [{ carried: call.carried }, ...carried(it).others.map((carried) => ({ carried }))]
    const said = Object.assign({}, ...keys.map(({ carried }) => carried))
    const result = await runSimulation(
      {
        request: request({ ...call, carried: said }),
        sessionPolicy: JSON.parse(policy),
        identityPolicies: [],
        ...noControls,
      },
      {},
    )
    if (result.resultType !== 'single') throw new Error(JSON.stringify(result))
    expect(result.result.ignoredContextKeys).toEqual([])
    const compared = Object.values(it.conditions).flatMap((each) => Object.keys(each))
    expect(Object.keys(said)).toEqual(expect.arrayContaining(compared))
  }
})

test('a change of a service is allowed if the call turns off the features that were not asked for', () => {
  const changes = fc.sample(
    approved.filter(({ entry }) => entry.name === 'ecs:UpdateService'),
    { numRuns: 20, seed: 7 },
  )
  for (const { call, policy } of changes) {
    const off = { 'ecs:enable-execute-command': 'false', 'ecs:auto-assign-public-ip': 'false' }
    expect(allows(policy, { ...call, carried: { ...call.carried, ...off } })).toBe(true)
  }
})

const sameCall = (one: Call, other: Call) => JSON.stringify(one) === JSON.stringify(other)

test('the approved call goes through to the last second, and of 20,000 calls near it none', () => {
  const judged = { approved: new Map<string, number>(), misses: 0, carried: 0 }
  const property = fc.property(
    approved.chain((it) => fc.tuple(fc.constant(it), fc.array(nearMiss(it), { minLength: 20, maxLength: 20 }))),
    ([{ call, policy }, misses]) => {
      if (!allows(policy, call)) throw new Error(`not let through: ${JSON.stringify({ call, policy })}`)
      judged.approved.set(call.action, (judged.approved.get(call.action) ?? 0) + 1)
      for (const miss of misses) {
        judged.misses += 1
        if (sameCall({ ...miss, carried: call.carried }, call)) judged.carried += 1
        if (allows(policy, miss)) throw new Error(`let through: ${JSON.stringify({ miss, policy })}`)
      }
    },
  )
  fc.assert(property, { numRuns: 1000 })
  expect(judged.misses).toBeGreaterThanOrEqual(20_000)
  // Some differ only in a value that a condition compares.
  expect(judged.carried).toBeGreaterThan(1000)
  expect([...judged.approved.keys()].sort()).toEqual(Object.keys(argumentsOf).sort())
}, 120_000)

test('the judge is no yes-man: with the confines left out it lets near misses through', () => {
  const [sample] = fc.sample(
    approved.filter(({ entry }) => entry.name === 'lambda:PutFunctionConcurrency'),
    { numRuns: 1, seed: 7 },
  ) as [Approved]
  const loosened = (change: (allow: { Action: unknown; Resource: unknown; Condition?: unknown }) => void) => {
    const policy = JSON.parse(sample.policy)
    change(policy.Statement[0])
    return JSON.stringify(policy)
  }
  const { call } = sample
  const anyAction = loosened((allow) => Object.assign(allow, { Action: '*' }))
  const anyResource = loosened((allow) => Object.assign(allow, { Resource: '*' }))
  const anyTime = loosened((allow) => delete allow.Condition)
  expect(allows(anyAction, { ...call, action: 's3:GetObject' })).toBe(true)
  expect(allows(anyResource, { ...call, resource: `${call.resource}x` })).toBe(true)
  expect(allows(anyTime, { ...call, at: notAfter })).toBe(true)
  // The sample's conditions keep out calls that differ only in such a value.
  const judged = fc.sample(
    approved.filter((it) => carried(it).others.length > 0),
    { numRuns: 50, seed: 7 },
  )
  for (const it of judged) {
    const policy = JSON.parse(it.policy)
    policy.Statement[0].Condition = { DateLessThan: policy.Statement[0].Condition.DateLessThan }
    for (const other of carried(it).others)
      expect(allows(JSON.stringify(policy), { ...it.call, carried: other })).toBe(true)
  }
  // The deny still holds.
  for (const action of pivots) expect([action, allows(anyAction, { ...call, action })]).toEqual([action, false])
})

test('a session reaches no more by an administrator’s role, or by trust that names it', async () => {
  const [{ policy, call }] = fc.sample(approved, { numRuns: 1, seed: 7 }) as [Approved]
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
  const judge = async (asked: Call, resourcePolicy?: unknown) => {
    const result = await runSimulation(
      {
        request: request(asked),
        sessionPolicy: JSON.parse(policy),
        identityPolicies: [{ name: 'administrator', policy: everything }],
        ...noControls,
        ...(resourcePolicy ? { resourcePolicy } : {}),
      },
      {},
    )
    if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors))
    return result.overallResult
  }
  expect(await judge(call)).toBe('Allowed')
  expect(await judge({ ...call, at: notAfter })).toBe('ImplicitlyDenied')
  expect(await judge({ ...call, resource: `${call.resource}x` })).toBe('ImplicitlyDenied')
  const admin = `arn:aws:iam::${account}:role/admin`
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: role } }
  const trusting = { Version: '2012-10-17', Statement: [trust] }
  expect(await judge({ ...call, action: 'sts:AssumeRole', resource: admin }, trusting)).toBe('ExplicitlyDenied')
})

test('a session policy is one allow of named actions on literal ARNs until the end, one deny, and nothing else', () => {
  fc.assert(
    fc.property(approved, ({ entry, call, conditions, policy }) => {
      const { Version, Statement, ...rest } = JSON.parse(policy)
      expect([Version, rest]).toEqual(['2012-10-17', {}])
      expect(Statement).toEqual([
        {
          Sid: 'Approved',
          Effect: 'Allow',
          Action: entry.statement?.actions,
          Resource: [call.resource],
          Condition: { ...conditions, DateLessThan: { 'aws:CurrentTime': rfc3339(notAfter) } },
        },
        { Sid: 'NoPivot', Effect: 'Deny', Action: expect.any(Array), Resource: '*' },
      ])
      for (const text of [...Statement[0].Action, ...Statement[0].Resource]) expect(text).not.toMatch(/[*?${}\s]/)
      expect(policy).not.toMatch(/"Not(Action|Resource|Principal)"|"Action":"\*"|"Action":\[[^\]]*"\*"/)
      expect(policy.length).toBeLessThanOrEqual(sessionPolicyLimit)
    }),
    { numRuns: 200 },
  )
})

test('no argument that could mean more than itself gets into an ARN, under any pattern of the catalogue', () => {
  const hostile = fc.constantFrom(
    ...['*', '?', `\${aws:username}`, `\${*}`, ' ', '"', '\\', '\n', '..', '\0', 'é', ':'],
  )
  fc.assert(
    fc.property(approved, hostile, fc.nat({ max: 4 }), ({ entry, args }, bad, at) => {
      const properties = Object.entries(entry.arguments.properties).map(
        ([name, property]) => [name, { ...property, pattern: undefined }] as const,
      )
      const loose = { ...entry, arguments: { ...entry.arguments, properties: Object.fromEntries(properties) } }
      for (const pinned of pinnedBy(entry)) {
        const spoiled = { ...args, [pinned]: `${'/chk'.slice(0, at)}${bad}out` }
        expect(parseArguments(loose, { ...args, [pinned]: '/chkout' })).toMatchObject({ ok: true })
        expect(parseArguments(loose, spoiled)).toMatchObject({ ok: false, detail: expect.stringContaining(pinned) })
        expect(parseArguments(entry, spoiled)).toMatchObject({ ok: false })
      }
    }),
    { numRuns: 300 },
  )
})

test('conditions of the catalogue stay beside the end, which no catalogue can move', () => {
  const statement = {
    actions: ['dynamodb:UpdateItem'],
    resources: ['arn:aws:dynamodb:us-east-1:000000000000:table/t'],
    conditions: {
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': 'a' },
      DateLessThan: { 'aws:CurrentTime': '2099-01-01T00:00:00Z', 'aws:TokenIssueTime': '2098-01-01T00:00:00Z' },
    },
  }
  expect(JSON.parse(sessionPolicy([statement], notAfter, { drill: false })).Statement[0].Condition).toEqual({
    'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': 'a' },
    DateLessThan: { 'aws:CurrentTime': rfc3339(notAfter), 'aws:TokenIssueTime': '2098-01-01T00:00:00Z' },
  })
})

test('a session policy has only characters that STS takes, keeps its meaning, and is measured as it is sent', () => {
  const entry = bundle.actions['dynamodb:UpdateItem'] as CatalogueEntry
  const text = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 40 }).filter((each) => !each.includes(`\${`))
  fc.assert(
    fc.property(text, text, (key, attribute) => {
      const args = { TableName: 'orders', Key: { [attribute]: { S: key } }, UpdateExpression: 'SET a = :a' }
      const statement = deriveStatement(entry, args, accountOf(bundle, entry))
      if (!statement) throw new Error('no statement')
      const policy = sessionPolicy([statement], notAfter, { drill: false })
      const units = policy.split('').map((unit) => unit.charCodeAt(0))
      expect(units.filter((unit) => ![9, 10, 13].includes(unit) && (unit < 0x20 || unit > 0xff))).toEqual([])
      const equals = JSON.parse(policy).Statement[0].Condition['ForAllValues:StringEquals']
      expect(equals['dynamodb:LeadingKeys']).toEqual([key])
      expect(equals['dynamodb:Attributes']).toEqual(expect.arrayContaining([attribute]))
    }),
    { numRuns: 300 },
  )
  const lengthOf = (S: string) => {
    const statement = deriveStatement(
      entry,
      { TableName: 'orders', Key: { id: { S } }, UpdateExpression: 'SET a = :a' },
      accountOf(bundle, entry),
    )
    return statement ? sessionPolicy([statement], notAfter, { drill: false }).length : 0
  }
  expect(lengthOf('鍵'.repeat(100)) - lengthOf('k'.repeat(100))).toBe(500)
})

const arnOf = (resource: string) => `arn:aws:dynamodb:us-east-1:${account}:table/${resource}`
const where = accountOf(bundle, bundle.actions['dynamodb:UpdateItem'] as CatalogueEntry)
if (!where) throw new Error('the sample has no such account')
const profile = (rights: Parameters<typeof rightsStatements>[0], { drill = false, unjudged = [] as string[] } = {}) =>
  sessionPolicy(rightsStatements(rights, bundle.actions, { ...where, unjudgedConditions: unjudged }), notAfter, {
    drill,
  })
const tables = {
  action: 'dynamodb:UpdateItem',
  resources: ['arn:{partition}:dynamodb:{region}:{account}:table/flags-*'],
}
const parameters = {
  action: 'ssm:PutParameter',
  resources: ['arn:{partition}:ssm:{region}:{account}:parameter/prod/checkout/*'],
}
const call = {
  action: 'dynamodb:UpdateItem',
  resource: arnOf('flags-1'),
  at: notAfter - 1,
  carried: { 'dynamodb:LeadingKeys': ['any'], 'dynamodb:Attributes': ['any'], 'dynamodb:ReturnValues': 'NONE' },
}
const put = {
  action: 'ssm:PutParameter',
  resource: `arn:aws:ssm:us-east-1:${account}:parameter/prod/checkout/timeout`,
  at: notAfter - 1,
  carried: { 'ssm:Overwrite': 'true' },
}

test.each<[what: string, call: Call]>([
  ['any arguments on its resources', call],
  ['an overwrite, which a profile does not compare', put],
  ['a new parameter too', { ...put, carried: { 'ssm:Overwrite': 'false' } }],
])('a profile opens %s', (_what, each) => expect(allows(profile([tables, parameters]), each)).toBe(true))

test.each<[what: string, call: Call]>([
  ['another resource', { ...call, resource: arnOf('orders') }],
  ['an action on a resource of another action', { ...call, action: 'ssm:PutParameter' }],
  ['any call after its end', { ...call, at: notAfter }],
  ['a way to more rights', { ...call, action: 'sts:AssumeRole', resource: `arn:aws:iam::${account}:role/admin` }],
  ['a call that the catalogue forbids', { ...call, carried: { ...call.carried, 'dynamodb:ReturnValues': 'ALL_OLD' } }],
  ['a call without a condition of the catalogue', { ...call, carried: {} }],
])('a profile does not open %s', (_what, each) => expect(allows(profile([tables, parameters]), each)).toBe(false))

test('a profile has no condition on arguments, and all others that are judged in that account', () => {
  const conditions = (policy: string) =>
    JSON.parse(policy).Statement.map(({ Condition }: { Condition?: object }) => Object.keys(Condition ?? {}))
  expect(conditions(profile([tables, parameters]))).toEqual([
    ['Null', 'StringEqualsIfExists', 'DateLessThan'],
    ['StringEqualsIfExists', 'DateLessThan'],
    [],
  ])
  expect(conditions(profile([tables], { unjudged: ['dynamodb:ReturnValues'] }))).toEqual([['Null', 'DateLessThan'], []])
})

test('a profile opens nothing in a drill', () => {
  for (const each of [call, put]) expect(allows(profile([tables, parameters], { drill: true }), each)).toBe(false)
})
