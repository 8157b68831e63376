import type * as z from 'zod'
import {
  AgentAnswer,
  AgentLines,
  type Counts,
  Recertified,
  SubjectAnswer,
} from '../../functions/domain/cards/wire/agent.ts'
import { type Context, type IdTyped, nextCommand, show } from '../context.ts'
import { type Exit, wrongUsage } from '../outcome.ts'
import { fact, table, time, timeAndSpan } from '../screen.ts'
import { waysRound } from './hosts.ts'

export async function listAgents({ owner }: { owner?: string }, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const all = await api.call(AgentLines, { method: 'GET', path: '/v1/agents' })
  const isOf = (each: Line) => owner === undefined || each.owner === owner || each.backup_owner === owner
  const found = { ...all, agents: all.agents.filter(isOf) }
  const rows = found.agents.map((each) => [
    each.id,
    each.owner,
    each.autonomy,
    stateOf(each, surroundings),
    time(each.recertification.due, surroundings),
    `${each.ambient.allowed} allowed, ${each.ambient.unknown} unknown`,
    String(each.live_grants),
  ])
  const head = ['ID', 'OWNER', 'AUTONOMY', 'STATUS', 'RECERTIFY BY', 'ITS HOST ALONE', 'GRANTS']
  return show(context, found, () => [
    ...(rows.length === 0 ? ['none'] : table(head, rows, surroundings.columns)),
    ...found.agents.flatMap((each) => fact('next', nextOf(each, context))),
  ])
}

type Line = z.infer<typeof AgentLines>['agents'][number]
type Marked = Pick<Line, 'id' | 'status' | 'because' | 'leaving'>

function stateOf({ status, because, leaving }: Marked, surroundings: Context['surroundings']): string {
  const mark = leaving?.on === undefined ? ', owner left' : `, owner leaves ${time(leaving.on, surroundings)}`
  return `${status}${because === undefined ? '' : ` (${because})`}${leaving ? mark : ''}`
}

/** The next step for an agent whose owner left or leaves. */
function nextOf({ id, leaving }: Marked, { settings }: Pick<Context, 'settings'>): string | undefined {
  if (!leaving) return undefined
  return leaving.entry === 'folder'
    ? `${id}: name another owner in agents.json, and deploy`
    : nextCommand(`registry transfer ${id} --to PERSON --reason TEXT`, settings)
}

export async function showAgent({ id }: IdTyped, context: Context): Promise<Exit> {
  const { api } = context
  if (/^(?:person|group|sealed|profile):/.test(id)) return showSubject(id, context)
  const found = await api.call(AgentAnswer, { method: 'GET', path: `/v1/agents/${encodeURIComponent(id)}` })
  return show(context, found, () => wordsOf(found, context))
}

async function showSubject(id: string, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const found = await api.call(SubjectAnswer, { method: 'GET', path: `${placeOf(id)}/recertification` })
  const { subject, recertification: last, evidence } = found
  return show(context, found, () => [
    subject,
    ...recertifyWords(last, surroundings),
    ...fact('people', ...evidence.people),
    ...Object.entries(evidence.registration ?? {}).flatMap(([name, value]) => fact(name, JSON.stringify(value))),
    ...fact('evidence', found.evidence_digest),
  ])
}

const recertifyWords = (last: AgentAnswer['recertification'], surroundings: Context['surroundings']) => [
  ...fact('recertify', `by ${timeAndSpan(last.due, surroundings)}`),
  ...(last.by === undefined
    ? []
    : fact('last by', `${last.by}${last.at === undefined ? '' : `, ${time(last.at, surroundings)}`}`)),
]

function wordsOf(agent: AgentAnswer, { surroundings, settings }: Context): readonly string[] {
  const { recertification: last, counts } = agent
  return [
    `${agent.id}  ${stateOf(agent, surroundings)}`,
    ...(agent.description === undefined ? [] : fact('what', agent.description)),
    ...fact('owner', agent.owner),
    ...(agent.backup_owner === undefined ? [] : fact('backup', agent.backup_owner)),
    ...fact('autonomy', agent.autonomy),
    ...Object.entries(agent.runs_on).flatMap(([kind, where]) => fact('runs on', `${kind} ${where}`)),
    ...agent.identities.flatMap(({ issuer, subject = '', valid_until: until }) =>
      fact('identity', `${issuer} ${subject}${until === undefined ? '' : `, until ${time(until, surroundings)}`}`),
    ),
    ...recertifyWords(last, surroundings),
    ...(agent.last_seen === undefined ? [] : fact('last seen', time(agent.last_seen, surroundings))),
    ...Object.entries(agent.last_use).flatMap(([action, at]) =>
      fact('last use', `${action} ${time(at, surroundings)}`),
    ),
    ...(counts.at === undefined
      ? fact('record', 'not summed up yet: Hotwork sums up once a day')
      : [...fact('30 days', countWords(counts.days_30)), ...fact('90 days', countWords(counts.days_90))]),
    ...fact('finding', ...agent.findings),
    ...agent.live_grants.flatMap((each) =>
      fact('grant', `${each.request} ${each.action}, until ${time(each.until, surroundings)}`),
    ),
    ...fact('its host', ...hostWords(agent, surroundings)),
    ...fact('next', nextOf(agent, { settings })),
    ...fact('evidence', agent.evidence_digest),
  ]
}

function hostWords({ id, ambient }: AgentAnswer, surroundings: Context['surroundings']): readonly string[] {
  const unknown = Object.values(ambient.actions).filter((answer) => answer === 'unknown').length
  const ways = waysRound({ id, ambient }).map(
    ({ action, resource, by }) =>
      `could do ${action} on ${resource} without Hotwork${by.length === 0 ? '' : `: detach ${by.join(', ')}`}`,
  )
  const looked = ambient.at === undefined ? 'never looked at' : `looked at ${time(ambient.at, surroundings)}`
  return [
    ...ways,
    `${looked}: for ${unknown} actions the answer is unknown`,
    ...(ambient.changes === undefined ? [] : [ambient.changes]),
    ...(ambient.note === undefined ? [] : [ambient.note]),
  ]
}

const countWords = (counts: Counts): string =>
  `${counts.asked} asked, ${counts.approved} approved, ${counts.denied} denied, ${counts.refused} refused; ${counts.tier_zero} by policy alone, ${counts.night} at night, ${counts.extra_calls} extra calls`

export type RecertifyTyped = IdTyped & { reason: string; evidence: string; retire?: boolean }

/** The page of a subject, by the prefix before the colon. A name without a prefix is an agent's. */
const places: { readonly [prefix: string]: (name: string) => string } = {
  agent: (name) => `/v1/agents/${encodeURIComponent(`agent:${name}`)}`,
  person: (name) => `/v1/people/${encodeURIComponent(`person:${name}`)}`,
  group: (name) => `/v1/groups/${encodeURIComponent(name)}`,
  profile: (name) => `/v1/profiles/${encodeURIComponent(name)}`,
  sealed: (name) => `/v1/sealed-roles/${encodeURIComponent(name)}`,
}

function placeOf(id: string): string {
  const [, prefix = 'agent', name = ''] = /^(?:([a-z]+):)?(.+)$/s.exec(id) ?? []
  const place = Object.hasOwn(places, prefix) ? places[prefix] : undefined
  if (!place)
    throw wrongUsage(
      `\`${id}\` cannot be recertified`,
      'write agent:NAME, person:NAME, group:NAME, profile:NAME or sealed:ACCOUNT',
    )
  return place(name)
}

export async function recertify(typed: RecertifyTyped, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const { id, reason, evidence: shown, retire = false } = typed
  if (retire && /^(?:person|group|sealed|profile):/.test(id))
    throw wrongUsage(`\`${id}\` cannot be retired here`, 'remove it in the policy folder, and deploy that')
  const json = { reason, evidence_digest: shown, ...(retire ? { verdict: 'retire' } : {}) }
  const done = await api.call(Recertified, { method: 'POST', path: `${placeOf(id)}/recertify`, json })
  const { by, evidence } = done.recertification ?? done.retired ?? { by: '', evidence: '' }
  return show(context, done, () => [
    `${done.retired ? 'RETIRED' : 'RECERTIFIED'} ${done.subject}`,
    ...(done.recertification ? fact('until', timeAndSpan(done.recertification.due, surroundings)) : []),
    ...fact('by', by),
    ...fact('evidence', evidence),
  ])
}
