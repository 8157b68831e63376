import type { Expr, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { sampleBundle } from '../../support/world.ts'
import type { Copy } from '../sample.ts'
import { expressionsOf, literalOf, operandsOf, type Policy, pathOf, policies, rewrite } from './cedar-file.ts'

/** One way to make the sample weaker. */
export type Weakening = { name: string; apply: (copy: Copy) => void; isOfPolicies?: boolean }
/** Weakenings of one kind, from which a seed picks. */
export type Kind = { kind: string; ways: readonly Weakening[] }

/** A freeze that policies never read does not compile. */
const doesNotCompile = ['drop the forbid: production-is-frozen']

/** Weakenings without effect in this folder, because another policy says the same. */
const sameInTheSample = new Set([
  // No permit lets an orchestrator do anything but propose.
  'drop the forbid: orchestrators-change-nothing',
  'drop a condition: planners-propose: context.moment == "plan"',
  // There is no third environment.
  'drop a condition: planners-propose: ["staging", "prod"].contains(context.resource.environment)',
  // resources.json classifies these as control plane.
  'drop an alternative: hotwork-guards-itself: context.resource.id like "*:parameter/prod/hotwork/*"',
  // The owner of any other agent may already permit the same in staging.
  'drop a condition: staging-with-the-owner: context.agent.autonomy == "supervised"',
  'drop a condition: assistant-with-the-owner: context.agent.autonomy == "assistive"',
  // These agents need a lower tier in staging than in production anyway.
  'drop a condition: prod-flags: context.resource.environment == "prod"',
  'drop a condition: prod-remediation: context.resource.environment == "prod"',
  'drop a condition: prod-release: context.resource.environment == "prod"',
  'another environment: prod-flags',
  'another environment: prod-remediation',
  'another environment: prod-release',
])

const forbids = policies.filter(({ json }) => json.effect === 'forbid')
const permits = policies.filter(({ json }) => json.effect === 'permit')

const way = (kind: string, policy: Policy, what: string, json: PolicyJson | undefined): Weakening => ({
  name: `${kind}: ${policy.id}${what === '' ? '' : `: ${what}`}`,
  apply: (copy) => rewrite(copy, policy, json),
  isOfPolicies: true,
})

const kindOf = (kind: string, ways: readonly Weakening[]): Kind => ({
  kind,
  ways: ways.filter(({ name }) => !sameInTheSample.has(name) && !doesNotCompile.includes(name)),
})

const wordsOf = (expression: Expr): string => {
  const { contains, like } = Object(expression) as { contains?: { left: Expr; right: Expr }; like?: { left: Expr } }
  const equal = operandsOf(expression, '==')
  if (equal) return `${pathOf(equal.left)} == ${JSON.stringify(literalOf(equal.right))}`
  if (contains && 'Set' in contains.left)
    return `[${contains.left.Set.map((each) => JSON.stringify(literalOf(each))).join(', ')}].contains(${pathOf(contains.right)})`
  if (like) return `${pathOf(like.left)} like "*:parameter/prod/hotwork/*"`
  return JSON.stringify(expression)
}

/** Both operands of each `&&` or `||`, as the expression left when the other is dropped. */
const dropped = (kind: string, of: readonly Policy[], operator: '&&' | '||') =>
  of.flatMap((policy) =>
    expressionsOf(policy.json).flatMap(({ expression, replaced }) => {
      const operands = operandsOf(expression, operator)
      if (!operands) return []
      const { left, right } = operands
      return [
        ...(operandsOf(right, operator) ? [] : [way(kind, policy, wordsOf(right), replaced(left))]),
        ...(operandsOf(left, operator) ? [] : [way(kind, policy, wordsOf(left), replaced(right))]),
      ]
    }),
  )

const lowered = (kind: string, of: readonly Policy[], operator: '<' | '>=') =>
  of.flatMap((policy) =>
    expressionsOf(policy.json).flatMap(({ expression, replaced }) => {
      const operands = operandsOf(expression, operator)
      const tier = literalOf(operands?.right)
      if (!operands || pathOf(operands.left) !== 'context.approval.tier' || typeof tier !== 'number') return []
      return [way(kind, policy, '', replaced({ [operator]: { ...operands, right: { Value: tier - 1 } } } as Expr))]
    }),
  )

const otherValue = (kind: string, of: readonly Policy[], path: string, value: (before: unknown) => unknown) =>
  of.flatMap((policy) =>
    expressionsOf(policy.json).flatMap(({ expression, replaced }) => {
      const [operator, operands] = Object.entries(expression)[0] as [string, { left: Expr; right: Expr }]
      if (pathOf(operands?.left) !== path || literalOf(operands?.right) === undefined) return []
      const right = { Value: value(literalOf(operands.right)) }
      return [way(kind, policy, '', replaced({ [operator]: { ...operands, right } } as Expr))]
    }),
  )

const groups = Object.keys(sampleBundle().directory.groups)

const owners = ['person:lena', 'person:dan', 'person:mia'].map((Value): Expr => ({ Value }))
const agentFacts: Expr = { '.': { left: { Var: 'context' }, attr: 'agent' } }
const isOfAnOwner: Expr = { contains: { left: { Set: owners }, right: { '.': { left: agentFacts, attr: 'owner' } } } }

/** Another permit lets the group do the same. */
const mayAlready = ({ json }: Policy, group: string) =>
  permits.some(
    (other) =>
      JSON.stringify(other.json.action) === JSON.stringify(json.action) &&
      JSON.stringify(other.json.principal).includes(`"${group}"`) &&
      other.json.conditions.length === 0,
  )

const inPolicies: readonly Kind[] = [
  kindOf(
    'drop the forbid',
    forbids.map((policy) => way('drop the forbid', policy, '', undefined)),
  ),
  kindOf('drop a condition', dropped('drop a condition', permits, '&&')),
  kindOf(
    'drop an alternative',
    // The arguments of the two excluded policies are always open, so one alternative implies the other.
    dropped(
      'drop an alternative',
      forbids.filter(({ id }) => !id.startsWith('stopping-')),
      '||',
    ),
  ),
  kindOf('lower the tier of a permit', lowered('lower the tier of a permit', permits, '>=')),
  kindOf('lower the tier of a forbid', lowered('lower the tier of a forbid', forbids, '<')),
  kindOf(
    'another environment',
    otherValue('another environment', permits, 'context.resource.environment', (was) =>
      was === 'prod' ? 'staging' : 'prod',
    ),
  ),
  kindOf('a number that is reached later', [
    ...otherValue('reached later', forbids, 'context.recent', (was) => Number(was) + 15),
    ...otherValue('reached later', forbids, 'context.delegationDepth', (was) => Number(was) + 2),
    ...otherValue('reached later', forbids, 'context.record.night', (was) => Number(was) + 30),
  ]),
  kindOf(
    'a condition more in a forbid',
    forbids
      .filter(({ json, id }) => json.principal.op !== 'All' && id !== 'orchestrators-change-nothing')
      .map((policy) =>
        way('a condition more in a forbid', policy, '', {
          ...policy.json,
          conditions: [...policy.json.conditions, { kind: 'unless', body: isOfAnOwner }],
        }),
      ),
  ),
  kindOf(
    'the group of actions instead of one',
    permits.flatMap((policy) => {
      const { action } = policy.json
      if (action.op !== '==' || !JSON.stringify(action).includes('flags:set')) return []
      const entity = { type: 'Hotwork::Action', id: 'mutating' }
      return [way('the group of actions instead of one', policy, '', { ...policy.json, action: { op: 'in', entity } })]
    }),
  ),
  kindOf(
    'one action fewer in a forbid',
    forbids.flatMap((policy) => {
      const { action } = policy.json
      const { entities = [] } = action as { entities?: { type: string; id: string }[] }
      return entities.map((one) =>
        way('one action fewer in a forbid', policy, one.id, {
          ...policy.json,
          action: { op: 'in', entities: entities.filter((each) => each !== one) },
        }),
      )
    }),
  ),
  kindOf(
    'another group',
    permits.flatMap((policy) => {
      const { principal } = policy.json
      if (principal.op !== 'in' || !('entity' in principal)) return []
      const { id } = Object(principal.entity) as { id: string }
      return groups
        .filter((group) => group !== id && group !== 'on-call-now' && !mayAlready(policy, group))
        .map((group) =>
          way('another group', policy, group, {
            ...policy.json,
            principal: { op: 'in', entity: { type: 'Hotwork::Group', id: group } },
          }),
        )
    }),
  ),
  kindOf(
    'any person instead of a group',
    permits
      .filter(({ json }) => json.principal.op === 'in')
      .map((policy) => way('any person instead of a group', policy, '', { ...policy.json, principal: { op: 'All' } })),
  ),
]

const json = (name: string, file: string, change: Parameters<Copy['editJson']>[1]): Weakening => ({
  name: `${file}: ${name}`,
  apply: (copy) => copy.editJson(`policies/${file}`, change),
})

const stages = [0, 1, 2].flatMap((at) => [
  json(`more uses at tier ${at + 1}`, 'ladder.json', ({ tiers }) => (tiers[at + 1].grant.uses = 5)),
  json(`a longer life at tier ${at + 1}`, 'ladder.json', ({ tiers }) => (tiers[at + 1].grant.lifetime = 'PT1H')),
])

const inFiles: readonly Kind[] = [
  kindOf('ladder: the grant', stages),
  kindOf('ladder: who decides', [
    json('a lower quorum', 'ladder.json', ({ tiers }) => (tiers[3].stages[1].quorum = 1)),
    json('a stage fewer', 'ladder.json', ({ tiers }) => tiers[2].stages.pop()),
    json(
      'silence asks others',
      'ladder.json',
      ({ tiers }) => (tiers[2].stages[1].onSilence = { escalateTo: 'on-call', deadline: 'PT15M' }),
    ),
  ]),
  kindOf('ladder: the login', [
    json('no acr', 'ladder.json', ({ tiers }) => delete tiers[3].stages[1].acr),
    json('an older login', 'ladder.json', ({ tiers }) => (tiers[3].stages[1].maxAge = 'PT4H')),
  ]),
  kindOf(
    'directory: one more in a group',
    ['payments-owners', 'sre', 'security', 'on-call', 'platform'].map((group) =>
      json(`one more in ${group}`, 'directory.json', ({ groups }) =>
        groups[group].push(group === 'on-call' ? 'person:ben' : 'person:jade'),
      ),
    ),
  ),
  kindOf('directory: another way to log in', [
    json('a second identity', 'directory.json', ({ people }) =>
      people[6].identities.push({ issuer: 'people', subject: 'gus-2' }),
    ),
  ]),
  kindOf('agents', [
    json('more autonomy', 'agents.json', ({ agents }) => (agents[0].autonomy = 'autonomous')),
    json('an assistant that is supervised', 'agents.json', ({ agents }) => (agents[5].autonomy = 'supervised')),
    json('a second identity', 'agents.json', ({ agents }) =>
      agents[1].identities.push({ issuer: 'workloads', subject: 'agent-remediator-2' }),
    ),
    json('a later recertification', 'agents.json', ({ agents }) => (agents[3].recertifyBy = '2026-09-30')),
  ]),
  kindOf('resources', [
    json('restricted is internal', 'resources.json', ({ resources }) => (resources[10].classification = 'internal')),
    json('control plane is internal', 'resources.json', ({ resources }) => (resources[4].classification = 'internal')),
    json('a wider rule', 'resources.json', ({ resources }) => (resources[9].id = 'arn:*:dynamodb:*:*:table/*')),
    json('prod is staging', 'resources.json', ({ resources }) => (resources[15].environment = 'staging')),
    json('people are shown more', 'resources.json', ({ show }) => (show.confidential = 'whole')),
  ]),
  kindOf('catalogue', [
    json(
      'a higher bound',
      'actions/lambda.put-function-concurrency.json',
      (entry) => (entry.arguments.properties.ReservedConcurrentExecutions.maximum *= 2),
    ),
    json(
      'a condition left out',
      'actions/ssm.put-parameter.json',
      ({ statement }) => delete statement.conditions.StringEqualsIfExists,
    ),
    json(
      'longer text',
      'actions/ssm.put-parameter.json',
      (entry) => (entry.arguments.properties.Value.maxLength = 8192),
    ),
  ]),
  kindOf('break-glass', [
    json('a larger budget', 'break-glass.json', ({ profiles }) => (profiles[0].budget = 'PT8H')),
    json('a shorter rest', 'break-glass.json', ({ action }) => (action.coolDown = 'PT1M')),
    json('a weaker login', 'break-glass.json', ({ profiles }) => delete profiles[0].login.acr),
    json('one more right', 'break-glass.json', ({ profiles }) =>
      profiles[0].rights.push({
        action: 'ecs:UpdateService',
        resources: ['arn:{partition}:ecs:{region}:{account}:service/prod/checkout*'],
      }),
    ),
  ]),
]

export const kinds: readonly Kind[] = [...inPolicies, ...inFiles]
