// Rules: test/domain/agents/registry-problems.test.ts
import { coincidences, type Held, type Wrong, wrongsOf } from '../people/identity-problems.ts'
import { type Agent, answersFor, type Identity, oneYear } from '../people/organisation.ts'
import type { Bundle } from '../policy/bundle.ts'
import { type AgentId, dayOf, defined, type NumericDate } from '../values.ts'
import { whatIsWrong } from '../what-is-wrong.ts'
import { latestFirstDate, wrongAgent } from './agent-problems.ts'
import { GovernedRegistry, nothingGoverned } from './governed-registry.ts'

/** A registry that cannot be stored would lose a change that people approved. */
const mostAgents = 2000
/** Each reader unpacks it whole. `mostStored` limits its packed size. */
const mostCharacters = 1_000_000

/**
 * The problems of the next registry, by the checks of the build over files and registry together. It skips unchanged
 * agents: a problem of one must not block changes of another.
 *
 * @param files the agents of the folder alone, with the people as they are now
 */
export function registryProblems(
  files: Bundle,
  next: GovernedRegistry,
  now: NumericDate,
  before: GovernedRegistry = nothingGoverned,
): readonly string[] {
  const { error } = GovernedRegistry.safeParse(next)
  if (error) return [whatIsWrong(error, 'registry')]
  const earlier = new Map(before.agents.map((agent) => [agent.id, agent]))
  const changed = next.agents.filter((agent) => JSON.stringify(agent) !== JSON.stringify(earlier.get(agent.id)))
  const active = changed.filter(({ status }) => status !== 'retired')
  return [
    // A retirement only removes rights, so its size is never refused.
    ...(active.length > 0 ? wrongSize(next) : []),
    ...wrongNames(files, next, { changed, before }),
    ...changed.flatMap((agent) => wrongChange(agent, earlier.get(agent.id))),
    ...active.flatMap((agent) => [
      ...wrongPeople(agent, earlier.get(agent.id), files),
      ...wrongDate(agent, files, now),
      ...wrongAddress(agent, files),
    ]),
    ...wrongIdentities(active, files, next, now),
  ]
}

function wrongSize(next: GovernedRegistry): string[] {
  if (next.agents.length > mostAgents)
    return [`the registry has at most ${mostAgents} agents: move some to agents.json`]
  if (JSON.stringify(next).length <= mostCharacters) return []
  return [`the registry has at most ${mostCharacters} characters: move some agents to agents.json`]
}

/** A deployment's agent overrides one of the registry, before the deployment is recorded too. */
function wrongNames(
  files: Bundle,
  { agents, retired }: GovernedRegistry,
  { changed, before }: { changed: readonly Agent[]; before: GovernedRegistry },
): string[] {
  const known = new Set(before.retired.map(({ id }) => id))
  const isBack = ({ id, status }: Agent) =>
    status !== 'retired' && !inFiles.has(id) && retired.some((it) => it.id === id)
  const inFiles = new Set<string>(files.agents.map(({ id }) => id))
  const ids = agents.map(({ id }) => id)
  return [
    ...changed
      .filter(({ id }) => inFiles.has(id))
      .map(({ id, status }) =>
        status === 'retired'
          ? `\`${id}\` was retired in the registry, for good: give the agent of agents.json another name`
          : `\`${id}\` is in agents.json: change it there`,
      ),
    ...changed.filter(isBack).map(({ id }) => `\`${id}\` was retired: choose another name`),
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `\`${id}\` is in the registry twice`),
    ...retired
      .filter(({ id }) => !inFiles.has(id) && !known.has(id))
      .map(({ id }) => `\`${id}\` is not in agents.json`),
  ]
}

/** Together they would give an unknown workload rights that its agent never had. */
function wrongChange(agent: Agent, before: Agent | undefined): string[] {
  if (!before || before.autonomy === agent.autonomy) return []
  if (JSON.stringify(before.identities) === JSON.stringify(agent.identities)) return []
  return [`\`${agent.id}\` changes its identities and its autonomy: change one after the other`]
}

/** A leaving person keeps their agents, and gets no others. */
function wrongPeople(agent: Agent, before: Agent | undefined, { directory: { people } }: Bundle): string[] {
  const kept = before ? answersFor(before) : []
  return [
    // Leaves out the fix, which lists the people.
    ...wrongAgent(agent, people).map(([, message]) => `\`${agent.id}\`: ${message}`),
    ...(['owner', 'backupOwner'] as const).flatMap((member) => {
      const person = people.find(({ id }) => id === agent[member])
      if (person === undefined) return []
      if (person.status !== 'active')
        return [`\`${agent.id}\`: \`${person.id}\` is inactive: name an active person as \`${member}\``]
      if (person.leavesOn === undefined || kept.includes(person.id)) return []
      return [`\`${agent.id}\`: \`${person.id}\` is leaving: name another person as \`${member}\``]
    }),
  ]
}

const wrongDate = ({ id, recertifyBy }: Agent, files: Bundle, now: NumericDate): string[] => {
  const latest = latestFirstDate(now, files)
  return recertifyBy > latest
    ? [`\`${id}\`: \`recertifyBy\` is too late: write ${dayOf(latest)} or an earlier day`]
    : []
}

/** A deployment has a secret for webhooks only if its folder has one. */
const wrongAddress = ({ id, notify }: Agent, { agents, tools }: Bundle): string[] =>
  notify === undefined || [...agents, ...tools].some((each) => each.notify !== undefined)
    ? []
    : [
        `\`${id}\`: \`notify\` needs the secret of webhooks: deploy an agent or tool of the folder with \`notify\` first`,
      ]

function wrongIdentities(
  active: readonly Agent[],
  files: Bundle,
  next: GovernedRegistry,
  now: NumericDate,
): readonly string[] {
  const issuers = new Map(Object.entries(files.deployment.issuers))
  const own = active.flatMap(heldBy)
  const changed = new Set<string>(active.map(({ id }) => id))
  // Earlier parties come first, since a conflict is reported for the later one.
  const held = [...othersHeld(files, next, changed, now), ...own]
  const worded = ({ holder }: Held, [member, message, fix]: Wrong) =>
    `\`${holder}\`: \`${['identities', ...member].join('.')}\`: ${message}: ${fix}`
  return [
    ...own.flatMap((each) => wrongsOf(each.identity, each.holder, issuers).map((wrong) => worded(each, wrong))),
    ...coincidences(held, own).map(({ one, wrong }) => worded(one, wrong)),
  ]
}

const heldBy = ({ id, identities }: { id: string; identities: readonly Identity[] }): Held[] =>
  identities.map((identity) => ({ holder: id, identity }))

/** The identities of all others, each for a year longer, so that records of two holders are not confused. */
function othersHeld(
  { agents, directory, tools }: Bundle,
  { agents: governed, retired, former }: GovernedRegistry,
  changed: ReadonlySet<string>,
  now: NumericDate,
): Held[] {
  const retiredAt = new Map<AgentId, NumericDate>(retired.map(({ id, at }) => [id, at]))
  const unchanged = governed.filter(
    ({ id, status }) => !changed.has(id) && !(status === 'retired' && isFormer(id, former)),
  )
  const parties = [...directory.people, ...agents, ...tools, ...unchanged]
  const current = parties.flatMap(heldBy).map(({ holder, identity }) => {
    const ends = [identity.validUntil, retiredAt.get(holder as AgentId)].filter((each) => each !== undefined)
    return { holder, identity: until(identity, ends.length === 0 ? undefined : Math.min(...ends) + oneYear) }
  })
  const ended = former.filter((each) => each.until > now)
  return [
    ...current,
    ...ended.map(({ agent, identity, until: end }) => ({ holder: agent, identity: until(identity, end) })),
  ]
}

/** Identities of the folder that another party had within a year, by the pulled registry. */
export function formerProblems(
  { agents, directory, tools }: Pick<Bundle, 'agents' | 'directory' | 'tools'>,
  { former }: GovernedRegistry,
  now: NumericDate,
): readonly { holder: string; problem: string }[] {
  const had = former.filter((each) => each.until > now)
  const held = had.map(({ agent, identity, until: end }) => ({
    holder: agent as string,
    identity: until(identity, end),
  }))
  const own = [...directory.people, ...agents, ...tools].flatMap(heldBy)
  // The build reports those of the folder itself.
  const told = new Set(coincidences(own).map(({ one }) => one))
  const mine = new Set(own)
  return coincidences([...held, ...own])
    .filter(({ one }) => mine.has(one) && !told.has(one))
    .map(({ one: { holder }, wrong: [, message, fix] }) => ({ holder, problem: `\`${holder}\`: ${message}: ${fix}` }))
}

/** Whether the former identities include the agent's, and so already reserve them. */
const isFormer = (agent: AgentId, former: GovernedRegistry['former']): boolean =>
  former.some((each) => each.agent === agent)

/** The identity, reserved until `end`. */
const until = ({ validFrom: _, validUntil: __, ...identity }: Identity, end: NumericDate | undefined): Identity => ({
  ...identity,
  ...defined({ validUntil: end }),
})
