import { addressesOf, type Bundle } from '../../domain/policy/bundle.ts'
import type { Stage } from '../../domain/policy/ladder.ts'
import { checkLogin } from './check-login.ts'
import { checkToolsApart } from './check-tools.ts'
import type { Problem } from './file-shapes.ts'
import type { Folder, Sourced } from './read-folder.ts'

type Path = (string | number)[]

/** Does every name mean something? Each file is well formed; here they are held against one another. */
export function checkReferences(folder: Folder): Problem[] {
  return [
    ...checkLadder(folder),
    ...checkDirectory(folder),
    ...checkAgents(folder),
    ...checkTools(folder),
    ...checkToolsApart(folder),
    ...checkResources(folder),
    ...checkLogin(folder),
  ]
}

export const known = (names: Iterable<string>) => {
  const all = [...names]
  return all.length === 0 ? 'there are none' : `there are: ${all.map((name) => `\`${name}\``).join(', ')}`
}

function checkLadder(folder: Folder): Problem[] {
  const { ladder, deployment } = folder
  const { value, document } = ladder
  const problems: Problem[] = []
  const say = (path: Path, message: string, fix: string) => problems.push(document.report(path, message, fix))
  const channels = deployment.value.channels
  const logins = new Map<string, string>()
  const { limits } = value
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

  value.tiers.forEach((tier, index) => {
    const path: Path = ['tiers', index]
    if (index === 0 && tier.tier !== 0) say([...path, 'tier'], 'the first tier is not 0', 'begin with tier 0')
    const before = value.tiers[index - 1]
    if (before && tier.tier <= before.tier) {
      say(
        [...path, 'tier'],
        `tier ${tier.tier} does not rise above tier ${before.tier}`,
        'order the tiers from the lowest up, each number once',
      )
    }
    if (tier.tier === 0 && tier.stages.length > 0) {
      say(
        [...path, 'stages'],
        'tier 0 has stages, but it is satisfied before anyone decides',
        'move them to a tier above 0',
      )
    }
    if (tier.tier > 0 && tier.stages.length === 0) {
      say(
        [...path, 'stages'],
        `tier ${tier.tier} has no stages, so it is satisfied as soon as tier 0 is`,
        'give it a stage',
      )
    }
    tier.stages.forEach((stage, at) => {
      const here: Path = [...path, 'stages', at]
      if (!Object.hasOwn(channels, stage.channel)) {
        say([...here, 'channel'], `channel \`${stage.channel}\` is not in the deployment`, known(Object.keys(channels)))
      }
      const wider = stage.onSilence === 'expire' ? undefined : stage.onSilence.channel
      if (wider !== undefined && !Object.hasOwn(channels, wider)) {
        say(
          [...here, 'onSilence', 'channel'],
          `channel \`${wider}\` is not in the deployment`,
          known(Object.keys(channels)),
        )
      }
      problems.push(...checkNotify(folder, stage, here))
      if (tier.stages.findIndex(({ name }) => name === stage.name) !== at) {
        say(
          [...here, 'name'],
          `stage \`${stage.name}\` is twice in tier ${tier.tier}`,
          'raise the quorum of one, or rename one',
        )
      }
      // Approvals count by the stage's name, on whichever rung: a weak login must not stand for a strong one.
      const login = JSON.stringify([stage.acr, stage.maxAge])
      if ((logins.get(stage.name) ?? login) !== login) {
        say(
          here,
          `stage \`${stage.name}\` asks for another login in another tier`,
          'give it the same `acr` and `maxAge`, or another name',
        )
      }
      logins.set(stage.name, login)
    })
  })
  return problems
}

/** Whom a stage pings, and whom it never does, are people and groups that there are. */
function checkNotify({ ladder: { document }, directory }: Folder, { notify }: Stage, here: Path): Problem[] {
  const people = directory.value.people.map(({ id }) => id)
  const groups = Object.keys(directory.value.groups)
  const missing = (member: 'direct' | 'quiet', names: readonly string[], there: readonly string[]) =>
    names.flatMap((name, at) =>
      there.includes(name)
        ? []
        : [document.report([...here, 'notify', member, at], `\`${name}\` is not in directory.json`, known(there))],
    )
  return [
    ...missing('direct', notify?.direct ?? [], [...people, ...groups]),
    ...missing('quiet', notify?.quiet ?? [], people),
  ]
}

function checkDirectory({ directory: { value, document } }: Folder): Problem[] {
  const people = new Set<string>(value.people.map(({ id }) => id))
  return [
    ...duplicates(value.people, 'id', (at) => ['people', at, 'id'], document),
    ...duplicates(value.people, 'chatUser', (at) => ['people', at, 'slack'], document),
    ...value.people.flatMap(({ id, lead }, at) =>
      lead === undefined || (lead !== id && people.has(lead))
        ? []
        : [
            document.report(
              ['people', at, 'lead'],
              lead === id ? `\`${id}\` is their own lead` : `\`${lead}\` is not among the people`,
              lead === id ? 'name who they answer to, or leave it out' : known(people),
            ),
          ],
    ),
    ...Object.keys(value.chatGroups ?? {}).flatMap((group) =>
      Object.hasOwn(value.groups, group)
        ? []
        : [
            document.report(
              ['slackGroups', group],
              `\`${group}\` is not among the groups`,
              'name a group that the directory has: Slack adds to one and makes none',
            ),
          ],
    ),
    ...Object.entries(value.groups).flatMap(([group, members]) => [
      ...(members.length === 0
        ? [document.report(['groups', group], `group \`${group}\` has nobody`, 'add someone, or remove it')]
        : []),
      ...members.flatMap((member, at) =>
        people.has(member)
          ? []
          : [document.report(['groups', group, at], `\`${member}\` is not among the people`, known(people))],
      ),
    ]),
  ]
}

function checkAgents({ agents: { value, document }, directory }: Folder): Problem[] {
  const people = directory.value.people.map(({ id }) => id)
  return [
    ...duplicates(value.agents, 'id', (at) => ['agents', at, 'id'], document),
    ...value.agents.flatMap(({ owner }, at) =>
      people.includes(owner)
        ? []
        : [document.report(['agents', at, 'owner'], `owner \`${owner}\` is not in directory.json`, known(people))],
    ),
  ]
}

function checkTools({ tools: { value, document }, deployment }: Folder): Problem[] {
  return [
    ...duplicates(value.tools, 'id', (at) => ['tools', at, 'id'], document),
    ...value.tools.flatMap(({ id }, at) =>
      addressesOf({ deployment: deployment.value } as Bundle, id)
        ? []
        : [
            document.report(
              ['tools', at, 'id'],
              `\`${id}\` has no address in the deployment`,
              known(Object.keys(deployment.value.tools)),
            ),
          ],
    ),
  ]
}

function checkResources({ resources: { value, document }, directory, actions }: Folder): Problem[] {
  const groups = Object.keys(directory.value.groups)
  const types = new Set(actions.map(({ value: { resource } }) => resource.type))
  return value.resources.flatMap(({ type, group }, at) => [
    ...(groups.includes(group)
      ? []
      : [document.report(['resources', at, 'group'], `group \`${group}\` is not in directory.json`, known(groups))]),
    ...(types.has(type)
      ? []
      : [document.report(['resources', at, 'type'], `no action has a resource of type \`${type}\``, known(types))]),
  ])
}

function duplicates<K extends string>(
  items: readonly { readonly [key in K]?: unknown }[],
  key: K,
  path: (index: number) => Path,
  document: Sourced<unknown>['document'],
): Problem[] {
  return items.flatMap((item, at) =>
    item[key] !== undefined && items.findIndex((other) => other[key] === item[key]) !== at
      ? [document.report(path(at), `\`${String(item[key])}\` is here twice`, 'keep one of them')]
      : [],
  )
}
