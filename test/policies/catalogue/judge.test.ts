import { join } from 'node:path'
import { runSimulation, runUnsafeSimulation, type Simulation } from '@cloud-copilot/iam-simulate'
import { type CatalogueEntry, parseArguments, unpinnedArguments } from '../../../functions/domain/policy/catalogue.ts'
import { type JsonObject, rfc3339 } from '../../../functions/domain/values.ts'
import { runStatements } from '../../../functions/targets/aws/rules/run-statements.ts'
import { runOf } from '../../../functions/targets/aws/rules/runs.ts'
import { sessionPolicy } from '../../../functions/targets/aws/rules/session-policy.ts'
import { deriveStatement } from '../../../functions/targets/aws/rules/statement.ts'
import { actOf } from '../../../functions/targets/kinds.ts'
import { readLibrary } from '../../../policy-tools/catalogue/library.ts'
import { account, answered, compiled } from './answered.ts'
import { type Call, callWith, neighboursOf } from './neighbours.ts'

/** The statements of the library, judged by an engine of another author: what an entry says is pinned, is. */

const notAfter = 1_800_000_000
const role = `arn:aws:sts::${account.accountId}:assumed-role/Hotwork-target/req_00000000000000000000000001`

function statementsOf(entry: CatalogueEntry, args: JsonObject) {
  const run = runOf(entry)
  const statement = deriveStatement(entry, args, account)
  const found = run ? runStatements(entry, run, args, account) : statement && { statements: [statement] }
  if (!found) throw new Error(`${entry.name} has no statement`)
  return { passes: undefined, ...found }
}

type Judged = { name: string; entry: CatalogueEntry; example: JsonObject; policy: string; open: readonly string[] }
const library = readLibrary(join(__dirname, '../../../policy-tools/library'))
  .filter(({ entry }) => entry['tool'] === 'aws')
  .map(({ entry: shelved, example }): Judged => {
    const entry = compiled(answered(shelved))
    const { statements, passes } = statementsOf(entry, example as JsonObject)
    const policy = sessionPolicy(statements, notAfter, { drill: false, passes })
    const open = unpinnedArguments(entry, example as JsonObject, account)
    return { name: entry.name, entry, example: example as JsonObject, policy, open }
  })

const simulations = (policy: string, { action, resources, carried }: Call): Simulation[] =>
  resources.map((resource) => ({
    request: {
      principal: role,
      action,
      resource: { resource, accountId: account.accountId },
      contextVariables: { ...carried, 'aws:CurrentTime': rfc3339(notAfter - 1) },
    },
    identityPolicies: [{ name: 'session', policy: JSON.parse(policy) }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }))

/** Whether AWS lets the call through, if the role behind the session may do everything. */
const allows = (policy: string, call: Call): boolean =>
  simulations(policy, call).every((simulation) => runUnsafeSimulation(simulation, {}) === 'Allowed')

/** Hotwork makes a mediated call itself: of its arguments, IAM judges those in the ARN. */
const isMediated = ({ entry }: Judged) => actOf(entry.credential) === 'call'
const sameCall = (one: Call, other: Call) => JSON.stringify(one) === JSON.stringify(other)

test.each(library)(
  'the approved call of $name goes through, and IAM knows each key that it compares',
  async ({ entry, example, policy }) => {
    const call = callWith(entry, example)
    expect(allows(policy, call)).toBe(true)
    // The engine knows no document of AWS's own, whose ARN has no account.
    const placed = (text: string) => text.replaceAll('ssm:us-east-1::', `ssm:us-east-1:${account.accountId}:`)
    for (const simulation of simulations(placed(policy), { ...call, resources: call.resources.map(placed) })) {
      const result = await runSimulation(simulation, {})
      if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors))
      expect(result.overallResult).toBe('Allowed')
      if (result.resultType === 'single') expect(result.result.ignoredContextKeys).toEqual([])
    }
  },
)

test.each(library)('no call near the approved one of $name goes through that differs in what is pinned', (judged) => {
  const { entry, example, policy, open } = judged
  const call = callWith(entry, example)
  const through = neighboursOf(entry, example).filter(
    ({ argument, call: near }) =>
      !(argument !== undefined && (open.includes(argument) || isMediated(judged))) &&
      !sameCall(near, call) &&
      allows(policy, near),
  )
  expect(through.map(({ what }) => what)).toEqual([])
})

test.each(library)('each argument that $name pins is in a call that IAM sees', (judged) => {
  if (isMediated(judged)) return
  const { entry, example, open } = judged
  const call = callWith(entry, example)
  const seen = (name: string) =>
    neighboursOf(entry, example).some(({ argument, call: near }) => argument === name && !sameCall(near, call))
  const pinned = Object.keys(entry.arguments.properties).filter((name) => !open.includes(name))
  expect(pinned.filter((name) => !seen(name))).toEqual([])
})

test.each(library)('each argument that $name leaves open is open: another value goes through', (judged) => {
  const { entry, example, policy, open } = judged
  const near = neighboursOf(entry, example)
  expect(open.filter((name) => !near.some(({ argument, call }) => argument === name && allows(policy, call)))).toEqual(
    [],
  )
})

test.each(library)('a wildcard in an argument of $name is refused, or stands for itself alone', (judged) => {
  const { entry, example } = judged
  for (const [name, value] of Object.entries(example)) {
    if (typeof value !== 'string') continue
    const wild = { ...example, [name]: `${value.slice(0, -1)}*` }
    if (!parseArguments(entry, wild).ok) continue
    const statement = deriveStatement(entry, wild, account)
    const policy = sessionPolicy(statement ? [statement] : [], notAfter, { drill: false })
    const isOpen = isMediated(judged) || unpinnedArguments(entry, wild, account).includes(name)
    expect([name, isOpen || !allows(policy, callWith(entry, example))]).toEqual([name, true])
  }
})

describe.each(library.filter(({ entry }) => entry.runsAs))('the session that starts $name', ({ policy, entry }) => {
  const role = entry.runsAs ?? ''
  const passing = (resource: string, to?: string): Call => ({
    action: 'iam:PassRole',
    resources: [resource],
    carried: to === undefined ? {} : { 'iam:PassedToService': to },
  })

  test('the session passes the role of the entry to Systems Manager', () => {
    expect(allows(policy, passing(role, 'ssm.amazonaws.com'))).toBe(true)
  })

  test.each([
    ['another role', passing(`${role}-2`, 'ssm.amazonaws.com')],
    ['a role of another path', passing(role.replace('role/', 'role/admin/'), 'ssm.amazonaws.com')],
    ['a role of another account', passing(role.replace('111122223333', '999999999999'), 'ssm.amazonaws.com')],
    ['the role to another service', passing(role, 'ec2.amazonaws.com')],
    ['the role to no service', passing(role)],
    ['another right over the role', { ...passing(role), action: 'iam:AttachRolePolicy' }],
    ['the role itself', { ...passing(role), action: 'sts:AssumeRole' }],
  ])('the session does not get %s', (_what, call) => {
    expect(allows(policy, call)).toBe(false)
  })
})

test('an entry without its conditions lets calls through that it refuses with them', () => {
  const keyed = library.filter(({ entry }) => entry.statement?.conditions !== undefined)
  const loose = keyed.filter(({ entry, example, policy }) => {
    const parsed = JSON.parse(policy)
    parsed.Statement[0].Condition = { DateLessThan: parsed.Statement[0].Condition.DateLessThan }
    return neighboursOf(entry, example).some(
      ({ call }) => !allows(policy, call) && allows(JSON.stringify(parsed), call),
    )
  })
  expect(loose.map(({ name }) => name)).toEqual(keyed.map(({ name }) => name))
})

test('more than a thousand neighbours are judged', () => {
  const judged = library.reduce((sum, { entry, example }) => sum + neighboursOf(entry, example).length, 0)
  expect(judged).toBeGreaterThan(1000)
})
