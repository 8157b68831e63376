import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { cedar } from '../../functions/adapters/cedar/compile-cedar.ts'
import { openFolder } from '../../functions/adapters/policy-folder/compile-folder.ts'
import { noRecord, unseenHost } from '../../functions/domain/people/host.ts'
import { type Asking, askable } from '../../functions/domain/policy/askable.ts'
import { findFacts, findTier, questionOf } from '../../functions/domain/policy/assess.ts'
import { agentOf, type Bundle } from '../../functions/domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../functions/domain/policy/catalogue.ts'
import { type Point, samplePoints, spaceOf } from '../../policy-tools/change/question-space.ts'
import { pick, seeded } from '../../policy-tools/change/random.ts'
import { sideOf } from '../../policy-tools/verbs/open.ts'
import { cases } from '../support/deep.ts'
import { start } from '../support/world.ts'
import { sampleDeployment, sampleFolder } from './sample.ts'

/** The actions that policy could permit an agent, while arguments, times and other facts are not known yet. */

const opened = openFolder(sampleFolder, sampleDeployment, cedar)
if (!opened.ok) throw new Error('the sample does not compile')
const { bundle: sample, folder } = opened
const policy = new CedarPolicy(sample)
const put = 'ssm:PutParameter'
const entryOf = (bundle: Bundle, name: string) => bundle.actions[name] as CatalogueEntry

type Of = Omit<Partial<Asking>, 'agent' | 'bundle' | 'weigh'> & { agent?: string; by?: CedarPolicy }
function found(name: string, { agent: id = 'agent:remediator', by = policy, ...more }: Of = {}) {
  const agent = agentOf(by.bundle, id)
  if (!agent) throw new Error(`no ${id}`)
  return askable(entryOf(by.bundle, name), { bundle: by.bundle, weigh: by.explainer.weigh, agent, now: start, ...more })
}
const parameter = (name: string) => `arn:aws:ssm:us-east-1:000000000000:parameter${name}`
const staging = { resource: parameter('/staging/checkout/timeout') }
const prod = { resource: parameter('/prod/checkout/timeout') }
const looked = { hostOf: () => ({ ...unseenHost, ambient: 'denied' as const }) }

let made = 0
/** The sample in which only these policies cover the action that sets a parameter. */
function withPolicies(...policies: readonly string[]): CedarPolicy {
  made += 1
  const own = Object.fromEntries(policies.map((text, at) => [`p${at}`, text]))
  const hash = `askable-${made}` as Bundle['hash']
  return new CedarPolicy({ ...sample, hash, policies: { ...sample.policies, [put]: own } })
}
const permit = (when: string) => `permit (principal, action, resource) when { ${when} };`
const forbid = (when: string) => `forbid (principal, action, resource) when { ${when} };`

/** The tier that policy itself gives a point; undefined if it refuses it on every rung. */
function tierOf(by: CedarPolicy, { asked, moment, now }: Point): number | undefined {
  const facts = findFacts(by.bundle, asked, now)
  if (!facts.ok) return undefined
  const search = findTier(by.bundle.ladder.tiers, (tier) =>
    by.ask(questionOf(facts.value, asked, { moment, tier, now })),
  )
  return search.outcome === 'found' ? search.tier.tier : undefined
}
const resourceOf = (by: CedarPolicy, { asked, now }: Point) => {
  const facts = findFacts(by.bundle, asked, now)
  return facts.ok ? facts.value.resource : undefined
}

const side = sideOf({ bundle: sample, folder })
const points = Object.keys(sample.actions).flatMap((action, at) =>
  samplePoints(spaceOf([side], action), [side], cases(100, 1_000), 31 + at).map((point) => ({
    ...point,
    tier: point.moment === 'request' ? tierOf(policy, point) : undefined,
  })),
)

test('each action that policy permits at any tier is found, with its resource and purpose or without', () => {
  const permitted = points.filter(({ tier }) => tier !== undefined)
  expect(permitted.length).toBeGreaterThan(120)
  const known = new Map<string, ReturnType<typeof found>>()
  const missed = permitted.filter((point) => {
    const { agent, action, purpose } = point.asked
    const { type, id: resource } = resourceOf(policy, point) ?? {}
    const name = `${agent} ${action}`
    if (!known.has(name)) known.set(name, found(action, { agent }))
    const wholly = known.get(name)
    const partly = found(action, { agent, wanted: { type, resource, purpose } })
    const isNamed = wholly?.purposes?.includes(purpose) ?? true
    return !wholly || wholly.planOnly || !isNamed || !partly || partly.planOnly
  })
  expect(missed).toEqual([])
})

test('each said tier is the tier of every permitted ask, for all arguments and times', () => {
  let said = 0
  const wrong = points.filter((point) => {
    const { agent, action, purpose, delegators = [], host = unseenHost, taskSource = 'agent' } = point.asked
    const { tier } = point
    const isOwn = delegators.length === 0 && taskSource === 'agent'
    if (tier === undefined || !isOwn) return false
    const { type, id: resource } = resourceOf(policy, point) ?? {}
    const told = found(action, { agent, wanted: { type, resource, purpose }, hostOf: () => host })?.tier
    if (told !== undefined) said += 1
    return told !== undefined && told !== tier
  })
  expect(wrong).toEqual([])
  expect(said).toBeGreaterThan(30)
})

test('the tier is said where it depends on resource and purpose alone', () => {
  expect(found(put)?.tier).toBeUndefined()
  expect(found(put, { wanted: prod })?.tier).toBe(3)
  expect(found(put, { wanted: prod, ...looked })?.tier).toBe(2)
  expect(found(put, { wanted: staging, ...looked })?.tier).toBeUndefined()
  expect(found(put, { wanted: { ...staging, purpose: 'remediation' }, ...looked })?.tier).toBe(0)
  expect(found(put, { wanted: { ...staging, purpose: 'release' }, ...looked })?.tier).toBe(1)
  const able = { hostOf: () => ({ ...unseenHost, ambient: 'allowed' as const }) }
  expect(found(put, { wanted: { ...staging, purpose: 'release' }, ...able })?.tier).toBe(2)
})

test('the tier is left out where arguments decide it', () => {
  const name = 'lambda:PutFunctionConcurrency'
  const resource = 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker'
  expect(found(name, { wanted: { resource, purpose: 'remediation' } })).toMatchObject({ entry: { name } })
  expect(found(name, { wanted: { resource, purpose: 'remediation' }, ...looked })?.tier).toBeUndefined()
})

test('a resource that no rule knows, one of Hotwork itself and one of another action are not found', () => {
  expect(found(put, { wanted: { resource: parameter('/prod/hotwork/key') } })).toBeUndefined()
  expect(found(put, { wanted: { resource: parameter('/elsewhere/x') } })).toBeUndefined()
  expect(found('flags:set', { wanted: prod })).toBeUndefined()
  expect(found(put, { wanted: { ...prod, type: 'flags:flag' } })).toBeUndefined()
})

test('an action of another tool is not found', () => {
  expect(found('flags:set', { wanted: { tool: 'tool:flag-service' } })?.entry.name).toBe('flags:set')
  expect(found('flags:set', { wanted: { tool: 'aws' } })).toBeUndefined()
})

test('an assistant is told of staging alone', () => {
  const agent = 'agent:assistant'
  expect(found(put, { agent, wanted: staging })).toMatchObject({ tier: 2 })
  expect(found(put, { agent, wanted: prod })).toBeUndefined()
})

test('a planner is told of what it may propose, without a tier', () => {
  const told = found(put, { agent: 'agent:planner', wanted: prod })
  expect(told).toMatchObject({ planOnly: true, purposes: ['maintenance', 'release', 'remediation'] })
  expect(told).not.toHaveProperty('tier')
})

test('the purposes are those of which policy could permit one', () => {
  expect(found(put, { wanted: staging })?.purposes).toEqual(['maintenance', 'release', 'remediation'])
  expect(found(put, { wanted: prod })?.purposes).toEqual(['maintenance', 'remediation'])
  expect(found(put, { wanted: { ...prod, purpose: 'release' } })).toBeUndefined()
  expect(found(put, { by: withPolicies(permit('context.purpose != "fun"')) })).not.toHaveProperty('purposes')
  expect(found(put, { by: withPolicies(permit('context.purpose like "rel*"')) })).not.toHaveProperty('purposes')
  expect(found(put, { by: withPolicies(permit('["a", "b"].contains(context.purpose)')) })?.purposes).toEqual(['a', 'b'])
})

test('a freeze, a record and a host of today hide nothing', () => {
  const thanksgiving = Date.UTC(2026, 10, 27, 12) / 1000
  expect(found(put, { now: thanksgiving, wanted: prod })).toBeDefined()
  const by = withPolicies(permit('true'), forbid('context.record.refused > 3 || context.ambient == "allowed"'))
  const hostOf = () => ({ ambient: 'allowed' as const, record: { ...noRecord, refused: 9 } })
  expect(found(put, { by, hostOf })).toMatchObject({ entry: { name: put } })
})

test('a rule for any id of a type counts, although its pattern has no part of an ARN', () => {
  const { bundle } = withPolicies(permit('context.resource.environment == "lab"'))
  const rest = { environment: 'lab', classification: 'internal', group: 'group:sre' }
  const rule = { type: 'ssm:parameter', id: '*', ...rest } as Bundle['resources'][number]
  const resources = [...bundle.resources, rule]
  const by = new CedarPolicy({ ...bundle, resources })
  expect(found(put, { by })).toBeDefined()
  expect(found(put, { by, wanted: { resource: parameter('/lab/x') } })).toBeDefined()
})

test('the form of the resource has the places of the target filled', () => {
  expect(found(put)?.resource).toEqual({ type: 'ssm:parameter', id: parameter('{arguments.Name}') })
})

test('an example is told if policy could permit it', () => {
  expect(found(put)?.example).toEqual({
    arguments: { Name: '/staging/checkout/timeout', Value: '5', Overwrite: true },
    resource: { type: 'ssm:parameter', id: staging.resource },
  })
  const by = withPolicies(permit('context.arguments.Value == "6"'))
  expect(found(put, { by })).not.toHaveProperty('example')
  expect(found(put, { by })).toBeDefined()
})

test.each([
  ['no policy', [], false],
  ['a permit that holds always', [permit('true')], true],
  ['a permit that holds never', [permit('false')], false],
  ['a forbid that holds always', [permit('true'), forbid('true')], false],
  ['a forbid of every resource', [permit('true'), 'forbid (principal, action, resource is Hotwork::Resource);'], false],
  [
    'a forbid of one resource',
    [permit('true'), 'forbid (principal, action, resource == Hotwork::Resource::"x");'],
    true,
  ],
  [
    'a forbid of this agent',
    [permit('true'), 'forbid (principal == Hotwork::Agent::"agent:remediator", action, resource);'],
    false,
  ],
  ['a permit of another agent', ['permit (principal == Hotwork::Agent::"agent:builder", action, resource);'], false],
  ['a forbid below every tier', [permit('true'), forbid('context.approval.tier < 9')], false],
  ['a forbid below the highest tier', [permit('true'), forbid('context.approval.tier < 3')], true],
  ['a permit of a higher tier than there is', [permit('context.approval.tier > 3')], false],
  ['a permit that reads two parts at once', [permit('context.resource.environment == context.purpose')], true],
  ['a permit of the whole context', [permit('context == {}')], true],
  ['a permit of a time', [permit('context.now < datetime("2020-01-01T00:00:00Z")')], true],
  ['a permit of one environment', [permit('context.resource.environment == "elsewhere"')], false],
  [
    'either of two environments',
    [permit('context.resource.environment == "elsewhere" || context.resource.environment == "prod"')],
    true,
  ],
  [
    'neither of two environments',
    [permit('!(context.resource.environment == "prod" || context.resource.environment == "staging")')],
    false,
  ],
  ['a choice by `if`', [permit('if context.arguments.Overwrite then false else context.approval.tier > 1')], true],
])('%s', (_, policies, isFound) => expect(found(put, { by: withPolicies(...policies) }) !== undefined).toBe(isFound))

test('an action whose policies cannot be weighed is not found', () => {
  const agent = agentOf(sample, 'agent:remediator')
  if (!agent) throw new Error('no agent')
  expect(askable(entryOf(sample, put), { bundle: sample, weigh: () => undefined, agent, now: start })).toBeUndefined()
})

const atoms = [
  ...[
    'context.resource.environment == "prod"',
    'context.resource.classification != "internal"',
    'context.approval.tier >= 2',
  ],
  ...['context.approval.tier < 1', 'context.purpose == "release"', '["release", "fun"].contains(context.purpose)'],
  ...['context.agent.autonomy == "autonomous"', 'context.arguments.Value == "5"', 'context.arguments has Overwrite'],
  ...[
    'context.recent > 3',
    'context.justified',
    'context.unpinned.contains("Value")',
    'context.resource.id like "*checkout*"',
  ],
]

/** Conditions of a few atoms, nested and negated. */
function someCondition(random: () => number, depth: number): string {
  if (depth === 0 || random() < 0.3) return random() < 0.3 ? `!(${pick(random, atoms)})` : pick(random, atoms)
  const [one, other] = [someCondition(random, depth - 1), someCondition(random, depth - 1)]
  return `${random() < 0.2 ? '!' : ''}(${one} ${pick(random, ['&&', '||'])} ${other})`
}

test('each action that random policies permit is found, and each said tier is that of every permitted ask', () => {
  const random = seeded(7)
  const usual = points.filter(
    ({ asked, moment }) => asked.action === put && asked.agent === 'agent:remediator' && moment === 'request',
  )
  let [permitted, refused, said] = [0, 0, 0]
  for (let round = 0; round < cases(25, 200); round++) {
    const count = 1 + Math.floor(random() * 4)
    const by = withPolicies(
      permit(someCondition(random, 2)),
      ...Array.from({ length: count }, () => pick(random, [permit, forbid])(someCondition(random, 3))),
    )
    const wholly = found(put, { by })
    if (!wholly) refused += 1
    for (const point of Array.from({ length: 30 }, () => pick(random, usual))) {
      const tier = tierOf(by, point)
      if (tier === undefined) continue
      permitted += 1
      const { purpose, host = unseenHost } = point.asked
      const partly = found(put, { by, wanted: { resource: resourceOf(by, point)?.id, purpose }, hostOf: () => host })
      expect([round, wholly?.purposes?.includes(purpose) ?? true, partly === undefined]).toEqual([round, true, false])
      expect(wholly).toBeDefined()
      for (const told of [wholly?.tier, partly?.tier]) {
        if (told !== undefined) said += 1
        expect([round, told ?? tier]).toEqual([round, tier])
      }
    }
  }
  expect({ permitted: permitted > 150, refused: refused > 2, said: said > 30 }).toEqual({
    permitted: true,
    refused: true,
    said: true,
  })
})
