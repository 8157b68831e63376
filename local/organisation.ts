import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { Principal } from './identity-provider.ts'

const Text = z.string()
const Identity = z.object({
  issuer: Text,
  subject: Text.optional(),
  claims: z.record(Text, Text).optional(),
  validFrom: Text.optional(),
  validUntil: Text.optional(),
})
type Identity = z.infer<typeof Identity>
const Party = z.object({ id: Text, identities: z.array(Identity).min(1) })
type Party = z.infer<typeof Party>
const Workload = Party.extend({ notify: Text.optional() })
const Agents = z.object({
  agents: z.array(Workload.extend({ owner: Text, autonomy: Text })),
  tell: z.object({ channel: Text }).optional(),
  recertifyAtMost: Text.optional(),
})
const Tools = z.object({ tools: z.array(Workload) })
const Group = z.object({
  people: z.array(Text).default([]),
  source: z.object({ pagerDuty: z.object({ schedule: Text }).optional() }).optional(),
  channel: Text.optional(),
})
const Directory = z.object({
  people: z.array(
    Party.extend({
      name: Text,
      slack: Text.optional(),
      accounts: z.record(Text, Text).default({}),
      pagerDuty: Text.optional(),
    }),
  ),
  groups: z.record(Text, z.union([z.array(Text), Group])),
})
const Stage = z.object({
  channel: Text,
  fallbackChannel: Text.optional(),
  onSilence: z.union([Text, z.object({ channel: Text.optional() })]),
})
const Ladder = z.object({ tiers: z.array(z.object({ stages: z.array(Stage) })) })
const Action = z.object({ account: Text.optional() })

/** Workloads that a folder without them does not name, to be registered while the local stack runs. */
const newcomers = ['deployer', 'releaser', 'reporter', 'stranger'].map((name) => ({
  id: `agent:${name}`,
  subject: `agent-${name}`,
}))
/** The subjects of the local workloads that may be agents. */
export const expectedSubjects = ['agent-*']

const sample = join(import.meta.dirname, '../policies/directory.json')
/** The files of a folder that have first dates. */
const dated = ['agents.json', 'directory.json', 'break-glass.json'] as const

/**
 * The folder. If it has the sample's first dates of recertification: a copy in which the last of them is the latest that
 * the folder allows today, and the others are as far before it, so that an old checkout still runs.
 */
export function withDatesOfToday(folder: string, copy: string): string {
  const dates = distinct(readFileSync(sample, 'utf8').match(/"\d{4}-\d\d-\d\d"/g) ?? []).toSorted()
  const texts = dated
    .filter((name) => existsSync(join(folder, name)))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const)
  if (!texts.some(([, text]) => dates.some((date) => text.includes(date)))) return folder
  rmSync(copy, { recursive: true, force: true })
  cpSync(folder, copy, { recursive: true })
  const timeOf = (date = '') => Date.parse(date.slice(1, -1))
  const later = Date.parse(latestFirstDay(folder)) - timeOf(dates.at(-1))
  const moved = (date: string) => (dates.includes(date) ? `"${dayOf(timeOf(date) + later)}"` : date)
  for (const [name, text] of texts) writeFileSync(join(copy, name), text.replaceAll(/"\d{4}-\d\d-\d\d"/g, moved))
  return copy
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

/** The latest first date that the folder allows, from today: `recertifyAtMost` of agents.json. */
export function latestFirstDay(folder: string): string {
  const { recertifyAtMost = 'P180D' } = readJson(join(folder, 'agents.json'), Agents)
  const days = Number(/^P(\d+)D/.exec(recertifyAtMost)?.[1] ?? 0)
  return dayOf(Date.now() + days * 86_400_000)
}

/** The principals of a policy folder, and the aliases in it that a deployment must define. */
export type Organisation = ReturnType<typeof readOrganisation>

/** Reads only the used members: synthesis validates the folder. @throws an error that names the file and the member */
export function readOrganisation(folder: string) {
  const { agents, tell } = readJson(join(folder, 'agents.json'), Agents)
  const { tools } = readJson(join(folder, 'tools.json'), Tools)
  const { people, groups } = readJson(join(folder, 'directory.json'), Directory)
  const membersOf = (group: (typeof groups)[string] = []) => (Array.isArray(group) ? group : group.people)
  const { tiers } = readJson(join(folder, 'ladder.json'), Ladder)
  const actions = readdirSync(join(folder, 'actions'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => readJson(join(folder, 'actions', name), Action))

  const workloads = [...agents, ...tools]
  const subjects = new Map([...enrol(workloads), ...enrol(people)])
  const subjectOf = (id: string) => subjects.get(id) as string
  const [workloadIssuers, peopleIssuers] = [servedFor(workloads), servedFor(people)]
  return {
    agents: agents.map(({ id, owner, autonomy }) => ({ id, owner, autonomy, subject: subjectOf(id) })),
    newcomers: newcomers.filter(({ id, subject }) => !subjects.has(id) && ![...subjects.values()].includes(subject)),
    tools: tools.map(({ id }) => ({ id, subject: subjectOf(id) })),
    people: people.map(({ id, name, slack, accounts }) => ({
      id,
      name,
      groups: Object.keys(groups).filter((group) => membersOf(groups[group]).includes(id)),
      slackUserId: slack ?? accounts['slack'] ?? unsaidSlackId(id),
      /** Accounts by the alias of the chat. */
      accounts,
      subject: subjectOf(id),
    })),
    ...{ workloadIssuers, peopleIssuers },
    /** The first date for what the deployment file names. */
    firstDay: latestFirstDay(folder),
    absentIssuers: absentOf([...workloads, ...people], [...workloadIssuers, ...peopleIssuers]),
    pager: {
      users: people.flatMap(({ pagerDuty }) => pagerDuty ?? []),
      schedules: distinct(
        Object.values(groups).flatMap((group) =>
          Array.isArray(group) ? [] : (group.source?.pagerDuty?.schedule ?? []),
        ),
      ),
    },
    channels: distinct([
      ...tiers.flatMap(({ stages }) => stages.flatMap(channelsOf)),
      ...(tell ? [tell.channel] : []),
      ...Object.values(groups).flatMap((group) => (Array.isArray(group) ? [] : (group.channel ?? []))),
    ]),
    notified: workloads.flatMap(({ id, notify }) => (notify === undefined ? [] : { id, url: notify })),
    accounts: distinct(actions.flatMap(({ account }) => account ?? [])),
  }
}

/** All who get tokens from the local identity provider. */
export const principalsOf = ({ agents, newcomers, tools, people }: Organisation): Principal[] => [
  ...[...agents, ...newcomers, ...tools].map(({ subject }) => ({ kind: 'workload' as const, subject })),
  ...people.map((person) => ({ kind: 'person' as const, ...person })),
]

/** An id in Slack's form, the same at each start. */
const unsaidSlackId = (id: string) => `U0${id.replace(/^person:|[^a-z0-9]/gi, '').toUpperCase()}`

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  const { success, data, error } = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (success) return data
  throw new Error(`${path} is invalid for the local stack:\n${z.prettifyError(error)}`)
}

/** Whether the local identity provider can issue this identity: its tokens prove only a subject. */
const isPlain = ({ subject, claims, validFrom, validUntil }: Identity): boolean =>
  subject !== undefined &&
  claims === undefined &&
  (validFrom === undefined || Date.parse(validFrom) <= Date.now()) &&
  (validUntil === undefined || Date.now() < Date.parse(validUntil))

/** The issuer that the local identity provider replaces: the first one whose identities it can issue. */
const servedFor = (parties: readonly Party[]): string[] =>
  parties.flatMap(({ identities }) => identities.filter(isPlain).map(({ issuer }) => issuer)).slice(0, 1)

function enrol(parties: readonly Party[]): [id: string, subject: string][] {
  const [served] = servedFor(parties)
  return parties.map(({ id, identities }) => {
    const subject = identities.find((it) => it.issuer === served && isPlain(it))?.subject
    if (subject !== undefined) return [id, subject]
    const where = served === undefined ? 'any issuer' : `issuer \`${served}\``
    throw new Error(
      `${id} needs an identity at ${where} that has only a subject and is valid now: the local identity provider issues no other`,
    )
  })
}

function absentOf(parties: readonly Party[], served: readonly string[]) {
  const others = parties.flatMap(({ identities }) => identities).filter(({ issuer }) => !served.includes(issuer))
  return distinct(others.map(({ issuer }) => issuer)).map((alias) => ({
    alias,
    matchedByClaims: others.some(({ issuer, subject }) => issuer === alias && subject === undefined),
  }))
}

const channelsOf = ({ channel, fallbackChannel, onSilence }: z.infer<typeof Stage>): string[] => [
  ...(channel === '{owners}' ? [] : [channel]),
  ...(fallbackChannel === undefined ? [] : [fallbackChannel]),
  ...(typeof onSilence === 'object' && onSilence.channel !== undefined ? [onSilence.channel] : []),
]

const distinct = (values: string[]) => [...new Set(values)]
