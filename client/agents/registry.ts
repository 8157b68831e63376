// Rules: test/client/agents/registry.test.ts
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { RegistryAnswer } from '../../functions/domain/cards/wire/registry.ts'
import { Request } from '../../functions/domain/cards/wire/request.ts'
import { Members } from '../../functions/domain/cards/wire/word.ts'
import { type Context, type IdTyped, nextCommand, show } from '../context.ts'
import { parsedJson } from '../http.ts'
import { type Exit, systemCodeOf, wrongUsage } from '../outcome.ts'
import { readSetting } from '../requests/decide.ts'
import { registryWords } from '../requests/registry.ts'
import { headOf, stagesOf } from '../requests/show.ts'
import { fact, table, time } from '../screen.ts'

const read = ({ api }: Pick<Context, 'api'>): Promise<RegistryAnswer> =>
  api.call(RegistryAnswer, { method: 'GET', path: '/v1/registry' })

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

export async function listRegistry(_typed: object, context: Context): Promise<Exit> {
  const found = await read(context)
  const { surroundings } = context
  const members = ['id', 'owner', 'autonomy', 'status', 'recertifyBy']
  const rows = [
    ...found.agents.map((each) =>
      members.map((member) => textOf(each[member] ?? (member === 'status' ? 'active' : ''))),
    ),
    ...found.retired.map(({ id, at }) => [id, '', '', `retired ${time(at, surroundings)}`, '']),
  ]
  const head = ['ID', 'OWNER', 'AUTONOMY', 'STATUS', 'RECERTIFY BY']
  return show(context, found, () => [
    `version ${found.version}`,
    ...(rows.length === 0
      ? ['nothing was changed since the deployment: `agents` lists all agents']
      : table(head, rows, surroundings.columns)),
  ])
}

export async function showEntry({ id }: IdTyped, context: Context): Promise<Exit> {
  const { agents, retired, changed, version } = await read(context)
  const entry = agents.find((each) => each['id'] === id)
  const end = retired.find((each) => each.id === id)
  if (!entry && !end)
    throw wrongUsage(
      `the registry has no entry for \`${id}\``,
      `\`agents show ${id}\` shows an agent of the policy folder too; \`registry list\` lists the entries`,
    )
  const { surroundings } = context
  const at = changed[id]
  return show(context, entry ?? { id, retired: end?.at }, () => [
    `${id}  ${end ? 'retired, and still in the policy folder' : (entry?.['status'] ?? 'active')}`,
    ...Object.entries(entry ?? {}).flatMap(([member, value]) => (member === 'id' ? [] : fact(member, textOf(value)))),
    ...fact('retired', end && time(end.at, surroundings)),
    ...fact('changed', at && `identities, owner or autonomy, ${time(at, surroundings)}`),
    ...fact('version', String(version)),
  ])
}

type Asked = { reason: string }

/** Asks for a new agent: FILE has its entry as in agents.json. */
export const register = ({ file, reason }: Asked & { file: string }, context: Context): Promise<Exit> =>
  ask('hotwork:RegisterAgent', readEntry(file, context), reason, context)

export function change(
  { id, set, reason }: Asked & IdTyped & { set: readonly string[] },
  context: Context,
): Promise<Exit> {
  const members = Object.fromEntries(set.map(readSetting))
  if (Object.hasOwn(members, 'id')) throw wrongUsage('an id cannot be changed', 'retire it, and register a new agent')
  return ask('hotwork:ChangeAgent', { id, ...members }, reason, context)
}

export const transfer = (
  { id, to: owner, backup, reason }: Asked & IdTyped & { to: string; backup?: string },
  context: Context,
): Promise<Exit> =>
  ask('hotwork:TransferAgent', { id, owner, ...(backup === undefined ? {} : { backupOwner: backup }) }, reason, context)

export const retire = ({ id, reason }: Asked & IdTyped, context: Context): Promise<Exit> =>
  ask('hotwork:RetireAgent', { id }, reason, context)

async function ask(
  action: string,
  args: { readonly [member: string]: unknown },
  reason: string,
  context: Context,
): Promise<Exit> {
  const asked = await context.api.call(Request, {
    ...{ method: 'POST', path: '/v1/registry/requests' },
    headers: { 'idempotency-key': randomUUID() },
    json: { action, arguments: args, reason },
  })
  return told(asked, 'ASKED', context)
}

/** Accepts an agent as its new owner. People decide afterwards. */
export async function accept({ id }: IdTyped, context: Context): Promise<Exit> {
  const path = `/v1/registry/requests/${encodeURIComponent(id)}/accept`
  return told(await context.api.call(Request, { method: 'POST', path, json: {} }), 'ACCEPTED', context)
}

const told = (request: Request, did: string, context: Context): Exit =>
  show(context, request, () => [
    `${did}  ${request.id}`,
    ...fact('what', request.title),
    ...registryWords(request, context.surroundings),
    ...fact('tier', String(request.tier)),
    ...fact('decide', ...stagesOf(request, context.surroundings)),
    ...fact('now', ...headOf(request, context.surroundings)),
    ...fact('page', `${context.api.url}/decide/${request.id}`),
    ...fact('next', nextCommand(`show ${request.id}`, context.settings)),
  ])

/** @throws Refusal */
function readEntry(file: string, { surroundings: { folder } }: Context): { readonly [member: string]: unknown } {
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : resolve(folder, file), 'utf8')
  } catch (fault) {
    throw wrongUsage(`\`${file}\` cannot be read (${systemCodeOf(fault)})`, "name a file with an agent's entry")
  }
  const parsed = Members.safeParse(parsedJson(text))
  if (parsed.success) return parsed.data
  throw wrongUsage(
    `\`${file}\` has no JSON object`,
    'write one entry as in agents.json, such as `{ "id": "agent:deployer", "owner": "person:dan", ... }`',
  )
}
