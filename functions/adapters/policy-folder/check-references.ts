// Rules: test/policies/bad-folder.test.ts
import { kinds as chatKinds } from '../../channels/kinds.ts'
import { wrongAgent } from '../../domain/agents/agent-problems.ts'
import { accountsOf, onlyChat } from '../../domain/people/organisation.ts'
import { addressesOf, type Bundle, chatsOf } from '../../domain/policy/bundle.ts'
import { owners, type Stage, type Tier } from '../../domain/policy/ladder.ts'
import { known, type Path, type Say } from '../../domain/what-is-wrong.ts'
import { allSourceKinds, groupIn, sourceOf } from '../../group-sources/kinds.ts'
import { mustBeIn, type Problem, problemsIn } from './json-document.ts'
import type { Folder } from './read-folder.ts'

/** Checks that names in the files refer to something. Each file is well formed by itself. */
export function checkReferences(folder: Folder): Problem[] {
  const { ladder, directory, agents, tools, resources } = folder
  return [
    ...problemsIn(ladder.document, (say) => checkLadder(folder, say)),
    ...problemsIn(directory.document, (say) => checkDirectory(folder, say)),
    ...problemsIn(agents.document, (say) => checkAgents(folder, say)),
    ...problemsIn(tools.document, (say) => checkTools(folder, say)),
    ...problemsIn(resources.document, (say) => checkResources(folder, say)),
  ]
}

function checkLadder(folder: Folder, say: Say): void {
  const { limits, tiers } = folder.ladder.value
  if (limits && limits.openPerAgent > limits.openPerOwner)
    say(
      ['limits', 'openPerAgent'],
      `one agent may have ${limits.openPerAgent} open, and all of its owner's together ${limits.openPerOwner}: the first is never reached`,
      'make `openPerOwner` at least as large',
    )
  if (limits && limits.burst >= limits.openPerAgent)
    say(
      ['limits', 'burst'],
      `a burst begins above ${limits.burst}, and an agent may have ${limits.openPerAgent} open: there is never one`,
      'make `burst` less than `openPerAgent`',
    )
  const logins = new Map<string, string>()
  tiers.forEach((tier, index) => {
    const path = ['tiers', index]
    checkTier(tier, tiers[index - 1], path, say)
    tier.stages.forEach((stage, at) => {
      const here = [...path, 'stages', at]
      checkStageNames(stage, folder, here, say)
      if (tier.stages.findIndex(({ name }) => name === stage.name) !== at)
        say(
          [...here, 'name'],
          `stage \`${stage.name}\` is twice in tier ${tier.tier}`,
          'raise the quorum of one, or rename one',
        )
      // Approvals count by the stage's name on every rung, so that name must always need the same login.
      const login = JSON.stringify([stage.acr, stage.maxAge])
      if ((logins.get(stage.name) ?? login) !== login)
        say(
          here,
          `stage \`${stage.name}\` asks for another login in another tier`,
          'give it the same `acr` and `maxAge`, or another name',
        )
      logins.set(stage.name, login)
    })
  })
}

function checkTier({ tier, stages }: Tier, before: Tier | undefined, path: Path, say: Say): void {
  if (!before && tier !== 0) say([...path, 'tier'], 'the first tier is not 0', 'begin with tier 0')
  if (before && tier <= before.tier) {
    const message = `tier ${tier} does not rise above tier ${before.tier}`
    say([...path, 'tier'], message, 'order the tiers from the lowest up, each number once')
  }
  if (tier === 0 && stages.length > 0) {
    const message = 'tier 0 has stages, but it is satisfied before anyone decides'
    say([...path, 'stages'], message, 'move them to a tier above 0')
  }
  if (tier > 0 && stages.length === 0) {
    const message = `tier ${tier} has no stages, so it is satisfied as soon as tier 0 is`
    say([...path, 'stages'], message, 'give it a stage')
  }
}

/** Checks the channels of a stage, and the people and groups that it notifies or leaves quiet. */
function checkStageNames(stage: Stage, folder: Folder, path: Path, say: Say): void {
  const { channel, fallbackChannel, onSilence, notify } = stage
  const isChannel = mustBeIn(Object.keys(folder.deployment.value.channels), say)
  if (channel !== owners) isChannel([...path, 'channel'], channel, `channel \`${channel}\` is not in the deployment`)
  else if (fallbackChannel === undefined)
    say(
      [...path, 'channel'],
      `stage \`${stage.name}\` has the channel \`${owners}\` and no \`fallbackChannel\``,
      'name the channel for what no group with a channel owns, and for channels that cannot be posted to',
    )
  if (fallbackChannel !== undefined)
    isChannel([...path, 'fallbackChannel'], fallbackChannel, `channel \`${fallbackChannel}\` is not in the deployment`)
  const wider = onSilence === 'expire' ? undefined : onSilence.channel
  if (wider !== undefined)
    isChannel([...path, 'onSilence', 'channel'], wider, `channel \`${wider}\` is not in the deployment`)
  const { people, all } = partiesIn(folder)
  for (const [member, names, there] of [
    ['direct', notify?.direct ?? [], all],
    ['quiet', notify?.quiet ?? [], people],
  ] as const)
    for (const [at, name] of names.entries())
      mustBeIn(there, say)([...path, 'notify', member, at], name, `\`${name}\` is not in directory.json`)
}

export function partiesIn({ directory: { value } }: Pick<Folder, 'directory'>) {
  const people: readonly string[] = value.people.map(({ id }) => id)
  return { people, all: [...people, ...Object.keys(value.groups)] }
}

function checkDirectory(folder: Folder, say: Say): void {
  const { value } = folder.directory
  const { people } = partiesIn(folder)
  checkTwice(value.people, 'id', (at) => ['people', at, 'id'], say)
  checkAccounts(folder, say)
  for (const { name, account } of allSourceKinds)
    if (account) checkTwice(value.people, account.member, (at) => ['people', at, name], say)
  const isPerson = mustBeIn(people, say)
  value.people.forEach(({ id, lead }, at) => {
    const path = ['people', at, 'lead']
    if (lead === id) say(path, `\`${id}\` is their own lead`, 'name who they answer to, or leave it out')
    else if (lead !== undefined) isPerson(path, lead, `\`${lead}\` is not among the people`)
  })
  for (const group of Object.keys(value.recertifyGroups ?? {}))
    if (!Object.hasOwn(value.groups, group))
      say(['recertifyGroups', group], `\`${group}\` is not among the groups`, known(Object.keys(value.groups)))
  const { groups, sources = {}, channels = {} } = value
  const isChannel = mustBeIn(Object.keys(folder.deployment.value.channels), say)
  for (const [group, channel] of Object.entries(channels))
    isChannel(['groups', group, 'channel'], channel, `channel \`${channel}\` is not in the deployment`)
  for (const [group, members] of Object.entries(groups)) {
    const isSourced = Object.hasOwn(sources, group)
    if (members.length === 0 && !isSourced)
      say(['groups', group], `group \`${group}\` has no members`, 'add a person, or remove it')
    const path = isSourced || Object.hasOwn(channels, group) ? ['groups', group, 'people'] : ['groups', group]
    for (const [at, member] of members.entries())
      isPerson([...path, at], member, `\`${member}\` is not among the people`)
  }
  checkSources(folder, say)
}

/** Checks that each account is in a chat of the deployment, has an id of its kind, and belongs to one person. */
function checkAccounts({ directory: { value }, deployment }: Folder, say: Say): void {
  const chats = chatsOf(deployment.value)
  const seen = new Set<string>()
  value.people.forEach((person, at) => {
    for (const [chat, account] of accountsOf(person)) {
      const path = ['people', at, ...(chat === onlyChat ? [onlyChat] : ['accounts', chat])]
      const kind = chats.get(chat)?.kind
      if (!kind) say(path, `there is no chat \`${chat}\` in the deployment`, known(chats.keys()))
      else if (!chatKinds[kind].accountId.test(account))
        say(path, `\`${account}\` is not an account of a chat of kind \`${kind}\``, 'write its id, not its name')
      if (seen.has(`${chat} ${account}`)) say(path, `\`${account}\` is here twice`, 'keep one of them')
      seen.add(`${chat} ${account}`)
    }
  })
}

const schedules = allSourceKinds.flatMap(({ by, title }) => (by === 'schedule' ? [title] : [])).join(' or ')

/** The most sources: DynamoDB reads them with each decision, and Slack allows 20 such calls a minute. */
const mostSources = 20

function checkSources({ directory: { value }, ladder, deployment }: Folder, say: Say): void {
  const chats = [...chatsOf(deployment.value).keys()]
  const sources = Object.entries(value.sources ?? {})
  const highest = ladder.value.tiers.at(-1)?.tier ?? 0
  if (sources.length > mostSources)
    say(['groups'], `${sources.length} groups have a source`, `keep at most ${mostSources}`)
  for (const [alias, { source, tiers, breakGlass }] of sources) {
    const path = ['groups', alias]
    if (tiers > highest)
      say([...path, 'tiers'], `there is no tier ${tiers}`, `the highest tier of ladder.json is ${highest}`)
    const { by, name, account } = sourceOf(source).kind
    const { chatGroup } = source
    const group = chatGroup && groupIn(chatGroup, chats[0] ?? '')
    if (typeof chatGroup === 'string' && chats.length > 1)
      say(
        [...path, 'source', name],
        'it names no chat, and the deployment has several',
        `write \`{ "chat": "${chats[0]}", "id": "${chatGroup}" }\`; ${known(chats)}`,
      )
    else if (group)
      mustBeIn(chats, say)(
        [...path, 'source', name, 'chat'],
        group.chat,
        `there is no chat \`${group.chat}\` in the deployment`,
      )
    if (breakGlass && by !== 'schedule')
      say([...path, 'breakGlass'], `only ${schedules} may let people use break-glass`, 'remove it')
    if (account && !value.people.some((person) => person[account.member] !== undefined))
      say(
        [...path, 'source', name],
        `no person has a \`${name}\`, so this group is always empty`,
        `give people ${account.title}`,
      )
  }
}

function checkAgents(folder: Folder, say: Say): void {
  const { agents } = folder.agents.value
  checkTwice(agents, 'id', (at) => ['agents', at, 'id'], say)
  const { tell } = folder.agents.value
  if (tell)
    mustBeIn(Object.keys(folder.deployment.value.channels), say)(
      ['tell', 'channel'],
      tell.channel,
      `channel \`${tell.channel}\` is not in the deployment`,
    )
  for (const [at, agent] of agents.entries())
    for (const [member, message, fix] of wrongAgent(agent, folder.directory.value.people))
      say(['agents', at, ...member], message, fix)
}

function checkTools({ tools: { value }, deployment }: Folder, say: Say): void {
  checkTwice(value.tools, 'id', (at) => ['tools', at, 'id'], say)
  const withAddress = value.tools.filter(({ id }) => addressesOf({ deployment: deployment.value } as Bundle, id))
  value.tools.forEach((tool, at) => {
    if (!withAddress.includes(tool))
      say(
        ['tools', at, 'id'],
        `\`${tool.id}\` has no address in the deployment`,
        known(Object.keys(deployment.value.tools)),
      )
  })
}

function checkResources({ resources, directory, actions }: Folder, say: Say): void {
  const isGroup = mustBeIn(Object.keys(directory.value.groups), say)
  const isType = mustBeIn(new Set(actions.map(({ value }) => value.resource.type)), say)
  resources.value.resources.forEach(({ type, group }, at) => {
    isGroup(['resources', at, 'group'], group, `group \`${group}\` is not in directory.json`)
    isType(['resources', at, 'type'], type, `no action has a resource of type \`${type}\``)
  })
}

function checkTwice<K extends string>(
  items: readonly { readonly [key in K]?: unknown }[],
  key: K,
  path: (index: number) => Path,
  say: Say,
): void {
  items.forEach((item, at) => {
    if (item[key] !== undefined && items.findIndex((other) => other[key] === item[key]) !== at)
      say(path(at), `\`${String(item[key])}\` is here twice`, 'keep one of them')
  })
}
