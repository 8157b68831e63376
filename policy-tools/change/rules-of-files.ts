// Rules: test/policies/changes/diff-files.test.ts
import { usualAtMost } from '../../functions/domain/agents/agent-problems.ts'
import { sourceAccountNames } from '../../functions/group-sources/kinds.ts'
import { narrowestFirst } from '../../functions/targets/kinds.ts'
import { order } from './compare.ts'
import {
  conditionValues,
  demands,
  type Judge,
  less,
  longer,
  lowerClass,
  more,
  ofFreeze,
  patterns,
  permits,
  permitsBut,
  permitsOthers,
  ranked,
  sized,
  textPattern,
  unordered,
} from './judge.ts'

/** `*` stands for one name, `a|b` for either. A path without a row is a difference without an order. */
type Rule = readonly [path: string, kind: string, judge: Judge]

const identities = (of: string): readonly Rule[] => [
  [`${of}.identities.*`, 'identity', permits],
  [`${of}.identities.*.validFrom`, 'identity_valid_from', less],
  [`${of}.identities.*.validUntil`, 'identity_valid_until', longer],
]

const stage = 'ladder.tiers.*.stages.*'
const ladder: readonly Rule[] = [
  ['ladder.tiers.*', 'tier', permits],
  [stage, 'stage', demands],
  [`${stage}.quorum`, 'quorum', less],
  [`${stage}.deadline`, 'deadline', longer],
  [`${stage}.onSilence`, 'escalation', permitsBut('expire')],
  [`${stage}.onSilence.escalateTo`, 'escalation', permitsOthers],
  [`${stage}.onSilence.deadline`, 'escalation_deadline', longer],
  [`${stage}.acr`, 'login', demands],
  [`${stage}.maxAge`, 'login_age', longer],
  [`${stage}.comment`, 'comment', demands],
  [`${stage}.typeTheName`, 'typed_name', demands],
  ['ladder.tiers.*.justification', 'justification', demands],
  ['ladder.tiers.*.parentTask', 'parent_task', demands],
  ['ladder.tiers.*.grant.claimWithin', 'claim_within', longer],
  ['ladder.tiers.*.grant.lifetime', 'lifetime', longer],
  ['ladder.tiers.*.grant.uses', 'uses', more],
  ['ladder.limits.openPerAgent', 'open_per_agent', more],
  ['ladder.limits.openPerOwner', 'open_per_owner', more],
  ['ladder.limits.*.perMinute|burst', 'rate', more],
]

const directory: readonly Rule[] = [
  ['directory.people.*', 'person', permits],
  ['directory.people.*.status', 'person_status', ranked(['inactive', 'active'])],
  ...['chatUser', ...sourceAccountNames].map(
    (account): Rule => [`directory.people.*.${account}`, snake(account), permitsOthers],
  ),
  ['directory.people.*.accounts.*', 'chat_user', permitsOthers],
  ['directory.people.*.recertifyBy', 'recertify_by', longer],
  ['directory.people.*.leavesOn', 'leaves_on', longer],
  ...identities('directory.people.*'),
  ['directory.groups.*', 'group', permitsBut([])],
  ['directory.groups.*.*', 'member', permits],
  ['directory.channels.*', 'group_channel', unordered],
  ['directory.sources.*', 'group_source', permits],
  ['directory.sources.*.source.*', 'group_source', permitsOthers],
  ['directory.sources.*.source.*.*', 'group_source', permitsOthers],
  ['directory.sources.*.tiers', 'group_source_tiers', more],
  ['directory.sources.*.breakGlass', 'group_source_break_glass', more],
  ['directory.recertifyGroups.*', 'recertify_by', longer],
]

const agentsAndTools: readonly Rule[] = [
  ['agents.*', 'agent', permits],
  ['agents.*.autonomy', 'autonomy', ranked(['assistive', 'supervised', 'autonomous'])],
  // The owner and the backup owner never approve the agent's requests.
  ['agents.*.answers.*', 'owner', demands],
  ['agents.*.runsOn.*', 'host', unordered],
  ['agents.*.status', 'agent_status', ranked(['retired', 'suspended', 'active'])],
  ['agents.*.rebind', 'rebind', more],
  ['agents.*.recertifyBy', 'recertify_by', longer],
  ['agents.*.recertifyEvery', 'recertify_every', longer],
  ['recertifyAtMost', 'recertify_at_most', sized(usualAtMost)],
  ['tools.*', 'tool', permits],
  ...identities('agents|tools.*'),
]

const conditions = (of: string): readonly Rule[] => [
  [`${of}.*`, 'condition', demands],
  [`${of}.*.ifExists`, 'condition', more],
  [`${of}.*.values.*`, 'condition', conditionValues],
]

const argument = 'actions.*.arguments.properties.*'
const statement = 'actions.*.statement'
const actions: readonly Rule[] = [
  ['actions.*', 'action', permits],
  ['actions.*.mutates', 'mutates', less],
  ['actions.*.credential', 'credential', ranked(narrowestFirst)],
  [argument, 'argument', permits],
  ['actions.*.arguments.required.*', 'argument_required', demands],
  [`${argument}.required.*`, 'argument_required', demands],
  [`${argument}.oneOf.*`, 'argument_branch', permits],
  [`${argument}.minLength|minimum|minProperties|minItems|uniqueItems`, 'argument_bounds', less],
  [`${argument}.maxLength|maximum|maxProperties|maxItems`, 'argument_bounds', more],
  [`${argument}.propertyNames.maxLength`, 'argument_bounds', more],
  [`${argument}.propertyNames.pattern`, 'argument_pattern', textPattern],
  [`${argument}.pattern`, 'argument_pattern', textPattern],
  [`${argument}.enum`, 'argument_values', demands],
  [`${argument}.enum.*`, 'argument_values', permits],
  [`${argument}.type.*`, 'argument_type', permits],
  [`${statement}.actions.*`, 'statement_action', permits],
  [`${statement}.resources.*`, 'statement_resource', patterns],
  ...conditions(`${statement}.conditions`),
  [`${statement}.whenAbsent.*`, 'condition', demands],
  ...conditions(`${statement}.whenAbsent.*`),
  ['actions.*.reads.*', 'read_right', permits],
  ['actions.*.reads.*.*', 'read_right', patterns],
  ['actions.*.preview', 'preview', demands],
  ['actions.*.preview.guard.*', 'preview_guard', demands],
  ['actions.*.preview.atMost.*', 'preview_shown', ranked(['compared', 'part', 'whole'], 'whole')],
  ['actions.*.mcp', 'mcp', demands],
  ['actions.*.mcp.tool|schema', 'mcp', permitsOthers],
  ['actions.*.mcp.server.*', 'mcp', permitsOthers],
  ['actions.*.undo.*', 'undo', unordered],
]

const profile = 'breakGlass.profiles.*'
const breakGlass: readonly Rule[] = [
  ['breakGlass', 'break_glass', permits],
  ['breakGlass.incident', 'incident', textPattern],
  ['breakGlass.budgetOfPerson', 'budget', longer],
  [profile, 'profile', permits],
  [`${profile}.rights.*`, 'profile_right', permits],
  [`${profile}.recertifyBy`, 'recertify_by', longer],
  [`${profile}.rights.*.resources.*`, 'profile_right', patterns],
  ...['breakGlass.action', profile].flatMap((of): readonly Rule[] => [
    [`${of}.window`, 'window', longer],
    [`${of}.budget`, 'budget', longer],
    [`${of}.coolDown`, 'cool_down', less],
    [`${of}.login.acr`, 'login', demands],
    [`${of}.login.maxAge`, 'login_age', longer],
  ]),
]

const account = 'deployment.accounts.*'
const deployment: readonly Rule[] = [
  ['deployment.issuers.*', 'issuer', permits],
  ['deployment.issuers.*.maxAge', 'issuer', longer],
  // The issuer signs for all identities of this alias.
  ['deployment.issuers.*.*', 'issuer', permitsOthers],
  ['deployment.issuers.*.*.*', 'issuer', permits],
  ['deployment.login.issuer', 'login_issuer', permitsOthers],
  ['deployment.tools.*', 'tool', permits],
  ['deployment.evidenceHosts.*', 'evidence_host', permits],
  ['deployment.channels.*', 'channels', unordered],
  // The workspace of all a chat's account and channel ids.
  ['deployment.chats.*', 'chat', permits],
  ...['deployment.chat', 'deployment.chats.*'].flatMap((of): readonly Rule[] =>
    ['teamId', 'appId', 'enterpriseId', 'apiUrl'].map((member): Rule => [`${of}.${member}`, 'chat', permitsOthers]),
  ),
  [account, 'account', permits],
  [`${account}.unjudgedConditions.*`, 'condition', permits],
  [`${account}.scopedCredentials`, 'scoped_credentials', less],
  [`${account}.sealed`, 'sealed_role', permits],
  [`${account}.sealed.people.*`, 'sealed_role', permits],
  [`${account}.sealed.recertifyBy`, 'recertify_by', longer],
  ['deployment.anchor.retentionDays', 'retention', less],
]

const otherFiles: readonly Rule[] = [
  ['resources.(rules)', 'resource_rules', unordered],
  ['resources.*.(rules)', 'resource_rules', unordered],
  ['resources.*.(too many rules)', 'resource_rules', permits],
  ['resources.*.*', 'resource_known', permits],
  ['resources.*.*.classification', 'resource_classification', lowerClass],
  ['resources.*.*.environment', 'resource_environment', unordered],
  ['resources.*.*.group', 'resource_group', unordered],
  ['resources.*.*.owners.*', 'resource_group', permits],
  ['show.*', 'shown', ranked(['compared', 'part', 'whole'], 'compared')],
  ['calendar.freezes.*', 'freeze', ofFreeze(demands)],
  ['calendar.freezes.*.*', 'freeze', ofFreeze(demands)],
  ['calendar.freezes.*.*.until', 'freeze', ofFreeze(less)],
  ['calendar.windows.*', 'window', unordered],
  ['calendar.dates.*', 'dates', unordered],
  ['observed.*', 'observed_policy', unordered],
  // Proving less lets more pass.
  ['prove.people.*', 'prove_people', demands],
  ['prove.standby.*', 'prove_standby', permits],
]

const rules = [...ladder, ...directory, ...agentsAndTools, ...actions, ...breakGlass, ...deployment, ...otherFiles].map(
  ([path, kind, judge]) => ({ path: path.split('.').map((part) => part.split('|')), kind, judge }),
)

/** The rules of an argument hold for its items and its members too. */
function withoutNesting(path: readonly string[]): readonly string[] {
  if (path[0] !== 'actions' || path[2] !== 'arguments' || path[3] !== 'properties') return path
  const nested = path.slice(5)
  let at = 0
  for (;;)
    if (nested[at] === 'items') at += 1
    else if (nested[at] === 'properties' && nested[at + 1] !== undefined) at += 2
    else return [...path.slice(0, 5), ...nested.slice(at)]
}

function ruleFor(whole: readonly string[]) {
  const path = withoutNesting(whole)
  return rules.find(
    (rule) =>
      rule.path.length === path.length &&
      rule.path.every((names, at) => names[0] === '*' || names.includes(path[at] ?? '')),
  )
}

/** Compared as a whole if one side lacks it, because its presence has a meaning. */
export const isWhole = (path: readonly string[]): boolean => ruleFor(path) !== undefined

/** A place without a rule is for people to judge, and its kind is its member's name. */
export function howJudged(path: readonly string[], isMember: boolean): { kind: string; judge: Judge } {
  const last = path.at(-1) ?? ''
  const rule = last === order ? undefined : ruleFor(path)
  return rule ?? { kind: snake(isMember || last === order ? (path.at(-2) ?? '') : last), judge: unordered }
}

/** `pagerUser`: `pager_user`. */
function snake(member: string): string {
  return member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
