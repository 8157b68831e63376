import { sourceAccountNames } from '../../functions/group-sources/kinds.ts'
import { narrowestFirst } from '../../functions/targets/kinds.ts'
import { order } from './compare.ts'
import {
  conditionValues,
  demands,
  type Judge,
  less,
  longer,
  more,
  patterns,
  permits,
  permitsIfAny,
  permitsOthers,
  ranked,
  textPattern,
  unordered,
} from './judge.ts'

/** `*` stands for one name. What no row covers is told as a difference without an order. */
export type Rule = readonly [path: string, kind: string, judge: Judge]

const identities = (of: string): Rule[] => [
  [`${of}.identities.*`, 'identity', permits],
  [`${of}.identities.*.validFrom`, 'identity_valid_from', less()],
  [`${of}.identities.*.validUntil`, 'identity_valid_until', longer],
]

/** `pagerUser`: `pager_user`. */
const wordOf = (account: string): string => account.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const ladder: Rule[] = [
  ['ladder.tiers.*', 'tier', permits],
  ['ladder.tiers.*.stages.*', 'stage', demands],
  ['ladder.tiers.*.stages.*.quorum', 'quorum', less()],
  ['ladder.tiers.*.stages.*.deadline', 'deadline', longer],
  ['ladder.tiers.*.stages.*.escalateTo.*', 'escalation', permits],
  ['ladder.tiers.*.stages.*.escalateTo.*.deadline', 'escalation_deadline', longer],
  ['ladder.tiers.*.stages.*.acr', 'login', demands],
  ['ladder.tiers.*.stages.*.maxAge', 'login_age', longer],
  ['ladder.tiers.*.stages.*.comment', 'comment', demands],
  ['ladder.tiers.*.justification', 'justification', demands],
  ['ladder.tiers.*.parentTask', 'parent_task', demands],
  ['ladder.tiers.*.grant.claimWithin', 'claim_within', longer],
  ['ladder.tiers.*.grant.lifetime', 'lifetime', longer],
  ['ladder.tiers.*.grant.uses', 'uses', more()],
  ['ladder.limits.openPerAgent', 'open_per_agent', more()],
  ['ladder.limits.openPerOwner', 'open_per_owner', more()],
  ['ladder.limits.*.perMinute', 'rate', more()],
  ['ladder.limits.*.burst', 'rate', more()],
]

const directory: Rule[] = [
  ['directory.people.*', 'person', permits],
  ['directory.people.*.status', 'person_status', ranked(['inactive', 'active'])],
  ['directory.people.*.chatUser.*', 'chat_user', permits],
  ...sourceAccountNames.map((account): Rule => [`directory.people.*.${account}.*`, wordOf(account), permits]),
  ['directory.people.*.recertifyBy', 'recertify_by', longer],
  ...identities('directory.people.*'),
  ['directory.groups.*', 'group', permitsIfAny],
  ['directory.groups.*.*', 'member', permits],
  ['directory.sources.*', 'group_source', permits],
  ['directory.sources.*.source.*', 'group_source', permits],
  ['directory.sources.*.tiers', 'group_source_tiers', more()],
  ['directory.sources.*.breakGlass', 'group_source_break_glass', more()],
  ['directory.recertifyGroups.*', 'recertify_by', longer],
]

const agents: Rule[] = [
  ['agents.*', 'agent', permits],
  ['agents.*.autonomy', 'autonomy', ranked(['assistive', 'supervised', 'autonomous'])],
  // Who answers for an agent never approves what it asks.
  ['agents.*.answers.*', 'owner', demands],
  ['agents.*.runsOn', 'host', unordered],
  ['agents.*.status', 'agent_status', ranked(['retired', 'suspended', 'active'])],
  ['agents.*.rebind', 'rebind', more()],
  ['agents.*.recertifyBy', 'recertify_by', longer],
  ['agents.*.recertifyEvery', 'recertify_every', longer],
  ['agentsTell.channel', 'agents_told', unordered],
  ...identities('agents.*'),
]

const tools: Rule[] = [['tools.*', 'tool', permits], ...identities('tools.*')]

const argumentsOf = 'actions.*.arguments'
const statementOf = 'actions.*.statement'
const conditions = (of: string): Rule[] => [
  [`${of}.*`, 'condition', demands],
  [`${of}.*.ifExists`, 'condition', more()],
  [`${of}.*.values.*`, 'condition', conditionValues],
]

const actions: Rule[] = [
  ['actions.*', 'action', permits],
  ['actions.*.mutates', 'mutates', less()],
  ['actions.*.credential', 'credential', ranked(narrowestFirst)],
  [`${argumentsOf}.properties.*`, 'argument', permits],
  [`${argumentsOf}.required.*`, 'argument_required', demands],
  [`${argumentsOf}.properties.*.minLength`, 'argument_bounds', less()],
  [`${argumentsOf}.properties.*.maxLength`, 'argument_bounds', more()],
  [`${argumentsOf}.properties.*.minimum`, 'argument_bounds', less()],
  [`${argumentsOf}.properties.*.maximum`, 'argument_bounds', more()],
  [`${argumentsOf}.properties.*.minProperties`, 'argument_bounds', less()],
  [`${argumentsOf}.properties.*.maxProperties`, 'argument_bounds', more()],
  [`${argumentsOf}.properties.*.propertyNames.maxLength`, 'argument_bounds', more()],
  [`${argumentsOf}.properties.*.propertyNames.pattern`, 'argument_pattern', textPattern],
  [`${argumentsOf}.properties.*.pattern`, 'argument_pattern', textPattern],
  [`${argumentsOf}.properties.*.enum`, 'argument_values', demands],
  [`${argumentsOf}.properties.*.enum.*`, 'argument_values', permits],
  [`${argumentsOf}.properties.*.type.*`, 'argument_type', permits],
  [`${statementOf}.actions.*`, 'statement_action', permits],
  [`${statementOf}.resources.*`, 'statement_resource', patterns],
  ...conditions(`${statementOf}.conditions`),
  [`${statementOf}.whenAbsent.*`, 'condition', demands],
  ...conditions(`${statementOf}.whenAbsent.*`),
  ['actions.*.preview', 'preview', demands],
  ['actions.*.preview.guard.*', 'preview_guard', demands],
  ['actions.*.preview.atMost.*', 'preview_shown', ranked(['compared', 'part', 'whole'], 'whole')],
  ['actions.*.mcp', 'mcp', demands],
  ['actions.*.mcp.tool', 'mcp', permitsOthers],
  ['actions.*.mcp.schema', 'mcp', permitsOthers],
  ['actions.*.mcp.server.*', 'mcp', permitsOthers],
  ['actions.*.undo.possible', 'undo', unordered],
  ['actions.*.undo.how', 'undo', unordered],
]

const terms = (of: string): Rule[] => [
  [`${of}.window`, 'window', longer],
  [`${of}.budget`, 'budget', longer],
  [`${of}.coolDown`, 'cool_down', less()],
  [`${of}.login.acr`, 'login', demands],
  [`${of}.login.maxAge`, 'login_age', longer],
]

const profile = 'breakGlass.profiles.*'
const breakGlass: Rule[] = [
  ['breakGlass', 'break_glass', permits],
  ['breakGlass.incident', 'incident', textPattern],
  ['breakGlass.budgetOfPerson', 'budget', longer],
  ...terms('breakGlass.action'),
  [profile, 'profile', permits],
  [`${profile}.rights.*`, 'profile_right', permits],
  [`${profile}.rights.*.resources.*`, 'profile_right', patterns],
  ...terms(profile),
]

const account = 'deployment.accounts.*'
const deployment: Rule[] = [
  ['deployment.issuers.*', 'issuer', permits],
  ['deployment.issuers.*.maxAge', 'issuer', longer],
  // Who signs for all identities of this alias.
  ['deployment.issuers.*.*', 'issuer', permitsOthers],
  ['deployment.issuers.*.*.*', 'issuer', permits],
  ['deployment.login.issuer', 'login_issuer', permitsOthers],
  ['deployment.tools.*', 'tool', permits],
  [account, 'account', permits],
  [`${account}.unjudgedConditions.*`, 'condition', permits],
  [`${account}.scopedCredentials`, 'scoped_credentials', less()],
  [`${account}.sealed`, 'sealed_role', permits],
  [`${account}.sealed.people.*`, 'sealed_role', permits],
  [`${account}.sealed.recertifyBy`, 'recertify_by', longer],
  ['deployment.anchor.retentionDays', 'retention', less()],
]

const calendar: Rule[] = [
  ['calendar.zone', 'zone', unordered],
  ['calendar.freezes.*', 'freeze', demands],
  ['calendar.freezes.*.*', 'freeze', demands],
  ['calendar.freezes.*.*.until', 'freeze', less()],
  ['calendar.windows.*', 'window', unordered],
  ['calendar.dates.*', 'dates', unordered],
]

const observed: Rule[] = [['observed.*', 'observed_policy', unordered]]

const classes: Rule[] = [['classes.*', 'shown', ranked(['compared', 'part', 'whole'], 'compared')]]

/** What is proved of the folder: less of it lets more pass. */
const prove: Rule[] = [
  ['prove.people.*', 'prove_people', demands],
  ['prove.standby.*', 'prove_standby', permits],
]

const rules = [
  ...ladder,
  ...directory,
  ...agents,
  ...tools,
  ...actions,
  ...breakGlass,
  ...deployment,
  ...calendar,
  ...observed,
  ...classes,
  ...prove,
].map(([path, kind, judge]) => ({ path: path.split('.'), kind, judge }))

/** Undefined where people judge it. */
export function ruleFor(path: readonly string[]): { kind: string; judge: Judge } | undefined {
  if (path.at(-1) === order) return undefined
  return rules.find(
    (rule) => rule.path.length === path.length && rule.path.every((part, at) => part === '*' || part === path[at]),
  )
}
