import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '../../local/loopback.ts'
import { root } from './repository.ts'

/**
 * The sample's policies with the ladder and the terms of break-glass of test/support/policies, a recurring freeze, and
 * an address of this machine at which test/stack/swift/notified-tool.test.ts receives the notifications of the tool of
 * flags.
 */
export async function swiftPolicies(folder: string): Promise<string> {
  rmSync(folder, { recursive: true, force: true })
  cpSync(join(root, 'policies'), folder, { recursive: true })
  for (const file of ['ladder.json', 'break-glass.json'])
    cpSync(join(root, 'test/support/policies', file), join(folder, file))
  freezeFlags(folder)
  useTwoWorkspaces(folder)
  useTeams(folder)
  const file = join(folder, 'tools.json')
  const { tools, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as { tools: { id: string }[] }
  const notify = `http://127.0.0.1:${await findFreePort()}/hooks/hotwork`
  const notified = tools.map((tool) => (tool.id === 'tool:flag-service' ? { ...tool, notify } : tool))
  writeFileSync(file, JSON.stringify({ ...rest, tools: notified }))
  return folder
}

/** A second workspace of Slack, with the channels in it, as `startStack` takes them. */
export const workspaces = { war: ['war-room'] }

/** Tier 1 escalates in the second workspace too. Kofi's user id there is Jade's in the first. */
function useTwoWorkspaces(folder: string): void {
  type Stage = { onSilence: object }
  edit(join(folder, 'ladder.json'), ({ tiers, ...ladder }) => {
    const [, one] = tiers as { stages: Stage[] }[]
    const [owner] = one?.stages ?? []
    if (owner) owner.onSilence = { ...owner.onSilence, channel: 'war-room' }
    return { ...ladder, tiers }
  })
  const accounts: { [person: string]: object } = {
    'person:jade': { slack: 'U0JADE', war: 'U9JADE' },
    'person:kofi': { slack: 'U0KOFI', war: 'U0JADE' },
  }
  edit(join(folder, 'directory.json'), ({ people, ...directory }) => ({
    ...directory,
    people: (people as { id: string; slack?: string }[]).map(({ slack, ...person }) => {
      const own = accounts[person.id]
      return { ...person, ...(own ? { accounts: own } : slack !== undefined && { slack }) }
    }),
  }))
}

/** Teams that own the flags of staging that begin with their name, each with a channel of that name. */
export const teams = Array.from({ length: 10 }, (_, at) => `team-${at}`)

/** Tier 1 has its cards with the team that owns the resource. Groups without a channel keep the channel of the sample. */
function useTeams(folder: string): void {
  type Stage = { channel: string; fallbackChannel?: string }
  edit(join(folder, 'ladder.json'), ({ tiers, ...ladder }) => {
    const [, one] = tiers as { stages: Stage[] }[]
    for (const stage of one?.stages ?? []) {
      stage.fallbackChannel = stage.channel
      stage.channel = '{owners}'
    }
    return { ...ladder, tiers }
  })
  edit(join(folder, 'directory.json'), ({ groups, ...directory }) => ({
    ...directory,
    groups: {
      ...(groups as Json),
      ...Object.fromEntries(teams.map((team) => [team, { people: ['person:ana', 'person:ben'], channel: team }])),
    },
  }))
  edit(join(folder, 'resources.json'), ({ resources, ...file }) => ({
    ...file,
    resources: [
      ...teams.map((group) => ({
        ...{ type: 'flags:flag', id: `staging/${group}-*`, environment: 'staging', classification: 'internal', group },
      })),
      ...(resources as Json[]),
    ],
  }))
}

/**
 * Adds a freeze to a policy folder: for two hours, flags of production are frozen in the last seconds of each minute.
 */
function freezeFlags(folder: string, now = new Date()): void {
  edit(join(folder, 'calendar.json'), (calendar) => ({
    ...calendar,
    freezes: { ...(calendar['freezes'] as Json), [freezeName]: endsOfMinutes(now) },
  }))
  writeFileSync(join(folder, 'freeze.cedar'), policy)
  writeFileSync(join(folder, 'cases', 'freeze.json'), JSON.stringify({ cases: [frozenCase(now)] }, null, 2))
}

type Json = { [member: string]: unknown }

const edit = (file: string, change: (json: Json) => Json): void =>
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as Json), null, 2))

export const freezeName = 'end-of-the-minute'
/** The second of each minute. */
export const freezesAt = 40

const policy = `@id("flags-stand-still")
forbid (principal is Hotwork::Agent, action == Hotwork::Action::"flags:set", resource)
when { context.windows.contains("${freezeName}") && context.resource.environment == "prod" };
`

const minute = 60_000
const secondOf = (now: Date, minutes: number, seconds: number): string =>
  new Date((Math.floor(now.getTime() / minute) + minutes) * minute + seconds * 1000).toISOString().slice(0, 19)

/** The ends of the minutes of two hours. */
const endsOfMinutes = (now: Date) =>
  Array.from({ length: 120 }, (_, ahead) => ({
    zone: 'UTC',
    from: secondOf(now, ahead, freezesAt),
    until: secondOf(now, ahead + 1, 0),
    reason: 'flags stand still at the end of each minute',
  }))

const frozenCase = (now: Date) => ({
  name: 'at the end of a minute no flag of production is set',
  ask: {
    agent: 'agent:builder',
    action: 'flags:set',
    arguments: { environment: 'prod', flag: 'express-checkout', value: true },
    purpose: 'release',
  },
  now: `${secondOf(now, 0, freezesAt)}Z`,
  expect: { refused: 'policy_denied', policies: ['flags-stand-still'] },
})
