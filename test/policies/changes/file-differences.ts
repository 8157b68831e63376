import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Direction } from '../../../policy-tools/change/change.ts'
import { sampleBundle } from '../../support/world.ts'

export const sample = sampleBundle()

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
export type Json = any

export function changed(change: (bundle: Json) => void, from = sample): Bundle {
  const copy = structuredClone(from)
  change(copy)
  return copy
}

export const tier = (bundle: Json, n: number) => bundle.ladder.tiers[n]
export const person = ({ directory }: Json, id: string) =>
  directory.people.find((each: Json) => each.id === `person:${id}`)
export const agent = ({ agents }: Json, id: string) => agents.find((each: Json) => each.id === `agent:${id}`)
export const args = ({ actions }: Json, action: string) => actions[action].arguments.properties
export const opens = '2031-12-31'
export const seconds = (date: string) => Date.parse(date) / 1000

type Told = { [direction in Direction]?: readonly string[] }
export type Row = [rule: string, change: (bundle: Json) => void, told: Told]

const ladder: Row[] = [
  ['a lower quorum widens', (it) => (tier(it, 3).stages[1].quorum = 1), { widened: ['quorum'] }],
  ['a stage that is dropped widens', (it) => tier(it, 2).stages.pop(), { widened: ['stage'] }],
  ['stages in another order are told', (it) => tier(it, 2).stages.reverse(), { other: ['stages'] }],
  ['a tier that is dropped narrows', (it) => it.ladder.tiers.pop(), { narrowed: ['tier'] }],
  ['a longer deadline widens', (it) => (tier(it, 2).stages[1].deadline = 86_400), { widened: ['deadline'] }],
  [
    'silence that asks more people widens',
    (it) => (tier(it, 2).stages[1].onSilence = { escalateTo: 'on-call', deadline: 900 }),
    { widened: ['escalation'] },
  ],
  [
    'silence that asks other people widens and narrows',
    (it) => (tier(it, 1).stages[0].onSilence.escalateTo = 'sre'),
    { widened: ['escalation'], narrowed: ['escalation'] },
  ],
  ['no strong login widens', (it) => delete tier(it, 3).stages[1].acr, { widened: ['login'] }],
  ['another login cannot be ordered', (it) => (tier(it, 3).stages[1].acr = 'phr'), { other: ['login'] }],
  ['an older login widens', (it) => (tier(it, 3).stages[1].maxAge = 3600), { widened: ['login_age'] }],
  ['a login of any age widens', (it) => delete tier(it, 3).stages[1].maxAge, { widened: ['login_age'] }],
  ['a demanded comment narrows', (it) => (tier(it, 1).stages[0].comment = 'required'), { narrowed: ['comment'] }],
  [
    'a demanded name of the resource narrows at each stage of its tier',
    (it) => {
      for (const stage of tier(it, 3).stages) stage.typeTheName = true
    },
    { narrowed: ['typed_name', 'typed_name'] },
  ],
  ['a demanded reason narrows', (it) => (tier(it, 1).justification = 'required'), { narrowed: ['justification'] }],
  ['a live parent task narrows', (it) => (tier(it, 1).parentTask = 'live'), { narrowed: ['parent_task'] }],
  ['more uses widen', (it) => (tier(it, 2).grant.uses = 2), { widened: ['uses'] }],
  ['a longer lifetime widens', (it) => (tier(it, 2).grant.lifetime = 3600), { widened: ['lifetime'] }],
  ['a grant that waits longer widens', (it) => (tier(it, 2).grant.claimWithin = 7200), { widened: ['claim_within'] }],
  ['more open requests widen', (it) => (it.ladder.limits.openPerAgent = 101), { widened: ['open_per_agent'] }],
  [
    'a rate below the usual one narrows',
    (it) => (it.ladder.limits.submissions = { perMinute: 10, burst: 120 }),
    { narrowed: ['rate'] },
  ],
  ['the usual limits, written, are equal', (it) => (it.ladder.limits.submissions = { perMinute: 60, burst: 120 }), {}],
  ['another channel is told', (it) => (tier(it, 1).stages[0].channel = 'elsewhere'), { other: ['channel'] }],
  ['the channel of owners is told', (it) => (tier(it, 1).stages[0].channel = '{owners}'), { other: ['channel'] }],
  [
    'another channel to fall back to is told',
    (it) => (tier(it, 1).stages[0].fallbackChannel = 'elsewhere'),
    { other: ['fallback_channel'] },
  ],
  [
    'other people told directly are told',
    (it) => (tier(it, 3).stages[1].notify.direct = ['sre']),
    { other: ['direct', 'direct'] },
  ],
]

const directory: Row[] = [
  ['a member more widens', (it) => it.directory.groups.security.push('person:dan'), { widened: ['member'] }],
  ['a channel of a group is told', (it) => (it.directory.channels = { sre: 'sre' }), { other: ['group_channel'] }],
  ['a group with members widens', (it) => (it.directory.groups.night = ['person:dan']), { widened: ['group'] }],
  [
    'a person more widens',
    (it) => it.directory.people.push({ ...person(it, 'ana'), id: 'person:zoe' }),
    { widened: ['person'] },
  ],
  ['an inactive person narrows', (it) => (person(it, 'ana').status = 'inactive'), { narrowed: ['person_status'] }],
  [
    'another way to log in widens',
    (it) => person(it, 'ana').identities.push({ issuer: 'people', subject: 'ana-2' }),
    { widened: ['identity'] },
  ],
  [
    'an identity that ends narrows',
    (it) => (person(it, 'ana').identities[0].validUntil = seconds(opens)),
    { narrowed: ['identity_valid_until'] },
  ],
  ['a first chat account widens', (it) => (person(it, 'mia').chatUser = 'U0MIA'), { widened: ['chat_user'] }],
  [
    'another chat account widens and narrows',
    (it) => (person(it, 'ana').chatUser = 'U0ANN'),
    { widened: ['chat_user'], narrowed: ['chat_user'] },
  ],
  [
    'an account in another chat widens',
    (it) => (person(it, 'ana').accounts = { elsewhere: 'U0ANA' }),
    { widened: ['chat_user'] },
  ],
  [
    'a person without a date to be looked at again widens',
    (it) => delete person(it, 'ana').recertifyBy,
    { widened: ['recertify_by'] },
  ],
  ['a day on which a person leaves narrows', (it) => (person(it, 'ana').leavesOn = 1), { narrowed: ['leaves_on'] }],
  [
    'an earlier date for a group narrows',
    (it) => (it.directory.recertifyGroups.sre -= 86_400),
    { narrowed: ['recertify_by'] },
  ],
  [
    'a source that counts for a higher tier widens',
    (it) => (it.directory.sources['on-call-now'].tiers = 2),
    { widened: ['group_source_tiers'] },
  ],
  [
    'a source that lets people use break-glass widens',
    (it) => (it.directory.sources['on-call-now'].breakGlass = true),
    { widened: ['group_source_break_glass'] },
  ],
  [
    'another schedule widens and narrows',
    (it) => (it.directory.sources['on-call-now'].source.pager.schedule = 'POTHER'),
    { widened: ['group_source'], narrowed: ['group_source'] },
  ],
  ['another lead is told', (it) => (person(it, 'jade').lead = 'person:gus'), { other: ['lead'] }],
]

const agents: Row[] = [
  ['more autonomy widens', (it) => (agent(it, 'builder').autonomy = 'autonomous'), { widened: ['autonomy'] }],
  ['a planner that acts has no order', (it) => (agent(it, 'planner').autonomy = 'supervised'), { other: ['autonomy'] }],
  [
    'an agent more widens',
    (it) => it.agents.push({ ...agent(it, 'builder'), id: 'agent:other' }),
    { widened: ['agent'] },
  ],
  ['a suspended agent narrows', (it) => (agent(it, 'builder').status = 'suspended'), { narrowed: ['agent_status'] }],
  [
    'who no longer answers for an agent may approve what it asks',
    (it) => (agent(it, 'builder').owner = 'person:dan'),
    { widened: ['owner'], narrowed: ['owner'] },
  ],
  ['a backup owner more narrows', (it) => (agent(it, 'builder').backupOwner = 'person:dan'), { narrowed: ['owner'] }],
  [
    'owner and backup owner the other way round are told',
    (it) =>
      Object.assign(agent(it, 'librarian'), {
        owner: agent(it, 'librarian').backupOwner,
        backupOwner: agent(it, 'librarian').owner,
      }),
    { other: ['answers'] },
  ],
  [
    'a second identity widens',
    (it) => agent(it, 'builder').identities.push({ issuer: 'workloads', subject: 'other' }),
    { widened: ['identity'] },
  ],
  ['a later date widens', (it) => (agent(it, 'builder').recertifyBy = seconds(opens)), { widened: ['recertify_by'] }],
  [
    'a longer time until the first date widens',
    (it) => (it.recertifyAtMost = 365 * 86_400),
    { widened: ['recertify_at_most'] },
  ],
  [
    'a shorter time until the first date narrows',
    (it) => (it.recertifyAtMost = 86_400),
    { narrowed: ['recertify_at_most'] },
  ],
  [
    'a recertification that holds longer widens',
    (it) => (agent(it, 'librarian').recertifyEvery = 365 * 86_400),
    { widened: ['recertify_every'] },
  ],
  ['grants that may change their key widen', (it) => (agent(it, 'builder').rebind = true), { widened: ['rebind'] }],
  ['another host is told', (it) => (agent(it, 'builder').runsOn = { other: 'elsewhere' }), { other: ['host', 'host'] }],
  [
    'an identity more of a tool widens',
    (it) => it.tools[0].identities.push({ issuer: 'workloads', subject: 'x' }),
    { widened: ['identity'] },
  ],
  ['a tool that goes narrows', (it) => it.tools.pop(), { narrowed: ['tool'] }],
]

export const rule = (id: string, more: object = {}) => ({
  type: 'flags:flag',
  id,
  environment: 'prod',
  classification: 'internal',
  group: 'payments-owners',
  ...more,
})
export const ruleOf = ({ resources }: Json, id: string) => resources.find((each: Json) => each.id === id)
export const cards = 'arn:*:dynamodb:*:*:table/payment-cards*'

export const tables = 'arn:*:dynamodb:*:*:table/*'

const resources: Row[] = [
  [
    'a resource that no rule knew widens',
    (it) =>
      it.resources.push({ ...ruleOf(it, 'arn:*:ssm:*:*:parameter/staging/*'), id: 'arn:*:ssm:*:*:parameter/test/*' }),
    { widened: ['resource_known'] },
  ],
  ['a resource that no rule knows now narrows', (it) => it.resources.splice(-2, 1), { narrowed: ['resource_known'] }],
  [
    'a rule behind one that takes all it covers is no difference of any resource',
    (it) => it.resources.push(rule('prod/x*')),
    { other: ['resource_rules'] },
  ],
  [
    'a rule before another takes what both cover',
    (it) => it.resources.unshift(rule('prod/x*', { classification: 'restricted' })),
    { narrowed: ['resource_classification'] },
  ],
  [
    'a lower class widens',
    (it) => (ruleOf(it, cards).classification = 'confidential'),
    { widened: ['resource_classification'] },
  ],
  [
    'the class of Hotwork itself is the highest',
    (it) => (ruleOf(it, cards).classification = 'control-plane'),
    { narrowed: ['resource_classification'] },
  ],
  [
    'a class that the folder does not order is told',
    (it) => (ruleOf(it, cards).classification = 'secret'),
    { other: ['resource_classification'] },
  ],
  [
    'another environment is told',
    (it) => (ruleOf(it, cards).environment = 'staging'),
    { other: ['resource_environment'] },
  ],
  [
    'other owners widen by those who come, and narrow by those who go',
    (it) => (ruleOf(it, cards).group = 'sre'),
    { widened: Array(3).fill('resource_group'), narrowed: Array(2).fill('resource_group'), other: ['resource_group'] },
  ],
  [
    'a rule that comes before one of which it covers all decides in its place',
    (it) => it.resources.splice(it.resources.indexOf(ruleOf(it, cards)), 0, { ...ruleOf(it, tables) }),
    {
      widened: ['resource_classification', ...Array(6).fill('resource_group')],
      narrowed: Array(4).fill('resource_group'),
      other: ['resource_group', 'resource_group'],
    },
  ],
  [
    'rules of other types in another order are no difference',
    (it) => it.resources.unshift(it.resources.pop()),
    { other: ['resource_rules'] },
  ],
  ['more of a value shown widens', (it) => (it.show.restricted = 'part'), { widened: ['shown'] }],
]

const put = 'ssm:PutParameter'
const catalogue: Row[] = [
  [
    'an action more widens',
    (it) => {
      it.policies['flags:drop'] = it.policies['flags:set']
      it.actions['flags:drop'] = { ...it.actions['flags:set'], name: 'flags:drop' }
    },
    { widened: ['action'] },
  ],
  [
    'a higher bound widens',
    (it) => (args(it, 'ecs:UpdateService').desiredCount.maximum = 9000),
    { widened: ['argument_bounds'] },
  ],
  ['a shorter text narrows', (it) => (args(it, put).Value.maxLength = 9), { narrowed: ['argument_bounds'] }],
  ['a pattern that is dropped widens', (it) => delete args(it, put).Name.pattern, { widened: ['argument_pattern'] }],
  [
    'a pattern that takes more texts widens',
    (it) => (args(it, 'flags:set').flag.pattern = '^(?!.*\\.\\.)[a-z0-9][a-z0-9._:-]*$'),
    { widened: ['argument_pattern'] },
  ],
  [
    'a pattern that takes other texts widens and narrows',
    (it) => (args(it, 'flags:set').flag.pattern = '^[A-Z]+$'),
    { widened: ['argument_pattern'], narrowed: ['argument_pattern'] },
  ],
  [
    'a pattern that takes the same texts is told',
    (it) => (args(it, 'ecs:UpdateService').cluster.pattern = '^[-_0-9A-Za-z]+$'),
    { other: ['argument_pattern'] },
  ],
  [
    'one part more of a name widens',
    (it) => (args(it, put).Name.pattern = args(it, put).Name.pattern.replace('15', '16')),
    { widened: ['argument_pattern'] },
  ],
  ['a new value widens', (it) => args(it, 'flags:set').environment.enum.push('test'), { widened: ['argument_values'] }],
  ['a new argument widens', (it) => (args(it, put).Tier = { type: 'string', maxLength: 9 }), { widened: ['argument'] }],
  ['an optional argument widens', (it) => it.actions[put].arguments.required.pop(), { widened: ['argument_required'] }],
  [
    'AWS credentials in place of a mediated call widen',
    (it) => (it.actions['dynamodb:UpdateItem'].credential = 'sts'),
    { widened: ['credential'] },
  ],
  ['an action declared read-only widens', (it) => (it.actions['flags:set'].mutates = false), { widened: ['mutates'] }],
  [
    'an IAM action more widens',
    (it) => it.actions[put].statement.actions.push('ssm:DeleteParameter'),
    { widened: ['statement_action'] },
  ],
  [
    'a wider resource of the statement widens',
    (it) => (it.actions[put].statement.resources = ['arn:{partition}:ssm:{region}:{account}:parameter*']),
    { widened: ['statement_resource'], other: ['statement_resource'] },
  ],
  [
    'a condition that is dropped widens',
    (it) => delete it.actions[put].statement.conditions.StringEqualsIfExists,
    { widened: ['condition'] },
  ],
  [
    'a condition that passes what leaves the key out widens',
    (it) => {
      const { conditions } = it.actions[put].statement
      conditions.StringEqualsIfExists = { ...conditions.StringEqualsIfExists, ...conditions.StringEquals }
      delete conditions.StringEquals
    },
    { widened: ['condition'] },
  ],
  [
    'what holds a call to an absent argument is a condition',
    (it) => delete it.actions[put].statement.whenAbsent,
    { widened: ['condition'] },
  ],
  [
    'another read of the reader role widens',
    (it) =>
      it.actions[put].reads.push({ actions: ['ssm:GetParameterHistory'], resources: [it.actions[put].resource.id] }),
    { widened: ['read_right'] },
  ],
  ['an action without a preview widens', (it) => delete it.actions[put].preview, { widened: ['preview'] }],
  [
    'a guard that is dropped widens',
    (it) => it.actions['ecs:UpdateService'].preview.guard.pop(),
    { widened: ['preview_guard'] },
  ],
  [
    'more of an argument shown widens',
    (it) => delete it.actions['lambda:UpdateFunctionConfiguration'].preview.atMost,
    { widened: ['preview_shown'] },
  ],
  ['a tool that is no longer pinned widens', (it) => delete it.actions['files:WriteFile'].mcp, { widened: ['mcp'] }],
  [
    'another version of the MCP server permits others and no longer these',
    (it) => (it.actions['files:WriteFile'].mcp.server.version = '0.3.0'),
    { widened: ['mcp'], narrowed: ['mcp'] },
  ],
  [
    'another tool of another MCP server permits others and no longer these',
    (it) => {
      const { mcp } = it.actions['files:WriteFile']
      mcp.server.name = 'another-server'
      mcp.tool = 'write'
      mcp.schema = `sha-256:${'A'.repeat(43)}`
    },
    { widened: ['mcp', 'mcp', 'mcp'], narrowed: ['mcp', 'mcp', 'mcp'] },
  ],
  ['another account is told', (it) => (it.actions[put].account = 'other'), { other: ['account'] }],
  ['another tool is told', (it) => (it.actions['flags:set'].tool = 'tool:files-gate'), { other: ['tool'] }],
  ['another group is told', (it) => (it.actions['flags:set'].group = 'remediation'), { other: ['group'] }],
  ['how it is undone is told', (it) => (it.actions['flags:set'].undo.possible = false), { other: ['undo'] }],
]

const breakGlass: Row[] = [
  ['a missing file of break-glass narrows', (it) => delete it.breakGlass, { narrowed: ['break_glass'] }],
  ['a longer window widens', (it) => (it.breakGlass.profiles[0].window = 3601), { widened: ['window'] }],
  ['a larger budget widens', (it) => (it.breakGlass.action.budget = 86_400), { widened: ['budget'] }],
  ['a shorter rest widens', (it) => (it.breakGlass.action.coolDown = 60), { widened: ['cool_down'] }],
  [
    'a profile that people look at later widens',
    (it) => (it.breakGlass.profiles[0].recertifyBy = seconds(opens)),
    { widened: ['recertify_by'] },
  ],
  ['a weaker login widens', (it) => delete it.breakGlass.profiles[0].login.acr, { widened: ['login'] }],
  [
    'a profile more widens',
    (it) => it.breakGlass.profiles.push({ ...it.breakGlass.profiles[0], name: 'other' }),
    { widened: ['profile'] },
  ],
  [
    'a wider right widens',
    (it) => (it.breakGlass.profiles[0].rights[1].resources = ['arn:{partition}:lambda:{region}:{account}:function:*']),
    { widened: ['profile_right'], other: ['profile_right'] },
  ],
  ['other people told are told', (it) => (it.breakGlass.profiles[0].tell.people = []), { other: ['people'] }],
  ['any name for an incident widens', (it) => (it.breakGlass.incident = '^.*$'), { widened: ['incident'] }],
]

const winter = { zone: 'Europe/Berlin', from: seconds('2030-12-20'), until: seconds('2031-01-04'), reason: 'holidays' }
const frozen = (more: object) => (it: Json) => {
  it.calendar.freezes.winter = [{ ...it.calendar.freezes.winter[0], ...more }]
}

/** The rows for a folder whose policies read only the freeze `winter`. */
export const calendar: Row[] = [
  ['a freeze that ends sooner widens', frozen({ until: seconds('2031-01-02') }), { widened: ['freeze'] }],
  ['a freeze that ends later narrows', frozen({ until: seconds('2031-01-09') }), { narrowed: ['freeze'] }],
  [
    'a freeze at another time widens and narrows',
    frozen({ from: seconds('2030-12-24') }),
    { widened: ['freeze'], narrowed: ['freeze'] },
  ],
  ['another reason for a freeze is told', frozen({ reason: 'the new year' }), { other: ['reason'] }],
  ['a freeze that is dropped widens', (it) => delete it.calendar.freezes.winter, { widened: ['freeze'] }],
  ['a freeze that no policy reads is told', (it) => (it.calendar.freezes.summer = [winter]), { other: ['freeze'] }],
  [
    'other hours of a window are told',
    (it) => (it.calendar.windows.business.hours = ['08:00-20:00']),
    { other: ['hours', 'hours'] },
  ],
  ['a window more is told', (it) => (it.calendar.windows.night = { zone: 'UTC' }), { other: ['window'] }],
]

/** The sample with a calendar of which its policies read a freeze. */
export const frozenSample = changed((it) => {
  it.calendar = { windows: { business: { zone: 'UTC', hours: ['09:00-17:00'] } }, freezes: { winter: [winter] } }
  it.policies['flags:set'].frozen = 'forbid (principal, action, resource) when { context.windows.contains("winter") };'
})

const deployment: Row[] = [
  [
    'one more host of addresses that a model names widens',
    (it) => {
      it.deployment.evidenceHosts = ['tickets.example.com']
    },
    { widened: ['evidence_host'] },
  ],
  [
    'a condition that is left out widens',
    (it) => {
      it.deployment.accounts.target.unjudgedConditions = ['ssm:Overwrite']
    },
    { widened: ['condition'] },
  ],
  [
    'another account number is told',
    (it) => (it.deployment.accounts.target.accountId = '111111111111'),
    { other: ['account_id'] },
  ],
  [
    'another signer under the alias of an issuer widens and narrows',
    (it) => (it.deployment.issuers.workloads.issuer = 'https://elsewhere.example'),
    { widened: ['issuer'], narrowed: ['issuer'] },
  ],
  [
    'the written part of the schema is told',
    (it) => (it.schema = it.schema.replace('action lift', 'action lift, drop')),
    { other: ['schema', 'schema'] },
  ],
]

/** By file. */
export const files: readonly [file: string, rows: readonly Row[]][] = [
  ['ladder.json', ladder],
  ['directory.json', directory],
  ['agents.json and tools.json', agents],
  ['resources.json', resources],
  ['actions/*.json', catalogue],
  ['break-glass.json', breakGlass],
  ['the deployment and the schema', deployment],
]
