// Rules: test/policies/check.test.ts
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shortForm } from '../../channels/kinds.ts'
import { onlyChat } from '../../domain/people/organisation.ts'
import { Alias } from '../../domain/values.ts'
import { allKinds, kinds } from '../../targets/kinds.ts'
import { DeploymentFile } from './file-shapes.ts'
import { JsonDocument } from './json-document.ts'
import type { Sourced } from './read-folder.ts'

/**
 * A deployment that declares every alias in a policy folder, for a folder that is read without one. The files' readers
 * report their problems. Accounts come from ARNs in `text`, if any.
 */
export function makeUpDeployment(folder: string, text = ''): Sourced<DeploymentFile> {
  const actions = jsonFilesIn(join(folder, 'actions'))
  const ladder = readJson(join(folder, 'ladder.json'))
  const parties = ['agents.json', 'directory.json', 'tools.json'].map((file) => readJson(join(folder, file)))
  const told = [ladder, readJson(join(folder, 'break-glass.json')), ...parties.slice(0, 2)]
  const { aws } = kinds
  const [, partition = aws.example.partition, region = aws.example.region, accountId] =
    /\barn:(aws[a-z-]*):[a-z0-9-]+:([a-z0-9-]+):(\d{12}):/.exec(text) ?? []
  const elsewhere = Object.fromEntries(actions.flatMap(targetOf))
  const wantsIncidents = membersOf(ladder, 'parentTask').includes('live')

  const people = membersOf(parties[1], 'people').flat().filter(isObject)
  const named = people.flatMap(({ accounts, slack }) => [
    ...(isObject(accounts) ? Object.keys(accounts) : []),
    ...(slack === undefined ? [] : [onlyChat]),
  ])
  const chats = named.length === 0 ? [onlyChat] : [...new Set([...named, ...membersOf(parties[1], 'chat')])]

  const made = {
    issuers: Object.fromEntries(issuersOf(parties)),
    tools: byAlias(membersOf(parties.at(-1), 'id').map(withoutKind), (alias) => {
      const address = `https://tools.invalid/of/${alias}`
      return { audience: address, addresses: [address], reads: `${address}/state` }
    }),
    channels: byAlias([...membersOf(told, 'channel'), ...membersOf(told, 'fallbackChannel')], (_, at) => ({
      chat: chats[0] ?? onlyChat,
      id: `C${digits(at, 8)}`,
    })),
    accounts: byAlias(
      [...membersOf(actions, 'account'), ...membersOf(actions, 'target')].filter(
        (alias) => !(String(alias) in elsewhere),
      ),
      (_, at) => ({ ...aws.example, partition, region, accountId: accountId ?? digits(at, 12) }),
    ),
    ...(Object.keys(elsewhere).length > 0 ? { targets: elsewhere } : {}),
    ...(wantsIncidents ? { incidents: { url: 'https://incidents.invalid/{incident}' } } : {}),
    chats: byAlias(chats, (_, at) => ({
      kind: shortForm.id,
      ...shortForm.example,
      ...Object.fromEntries(shortForm.apart.map((member) => [member, `${shortForm.example[member]}${at}`])),
    })),
  }
  const document = new JsonDocument('the deployment that is made up', JSON.stringify(made))
  const value = document.parse(DeploymentFile)
  if (!value) throw new TypeError(`an invalid deployment: ${JSON.stringify(document.problems)}`)
  return { value, document }
}

/** The alias of an action's target, except AWS: it names the kind, or has that kind's part. */
function targetOf(action: unknown): [alias: string, settings: object][] {
  if (!isObject(action) || !isAlias(action['target'])) return []
  const isOf = ({ id, entry }: (typeof allKinds)[number]) =>
    action['tool'] === id || Object.keys(entry).some((member) => Object.hasOwn(action, member))
  const kind = allKinds.find((each) => each.id !== 'aws' && isOf(each))
  return kind ? [[action['target'], { kind: kind.id, ...kind.example }]] : []
}

/**
 * The made-up issuers. Only GitHub's tokens identify without a subject; an OpenID Connect issuer may have any subject
 * and claims.
 */
function issuersOf(parties: readonly unknown[]): [alias: string, issuer: object][] {
  const identities = membersOf(parties, 'identities').flat().filter(isObject)
  const hasSubject = new Map<string, boolean>()
  for (const { issuer, subject } of identities)
    if (isAlias(issuer)) hasSubject.set(issuer, (hasSubject.get(issuer) ?? true) && subject !== undefined)
  return [...hasSubject].map(([alias, withSubject]) => [
    alias,
    {
      ...(withSubject ? { algorithms: ['ES256'] } : { kind: 'github', algorithms: ['RS256'] }),
      issuer: `https://issuers.invalid/${alias}`,
      audience: `{issuer}/of/${alias}`,
    },
  ])
}

const isObject = (value: unknown): value is { readonly [member: string]: unknown } =>
  typeof value === 'object' && value !== null

const isAlias = (value: unknown): value is string => Alias.safeParse(value).success

const withoutKind = (id: unknown) => (typeof id === 'string' ? id.replace(/^tool:/, '') : undefined)

const digits = (number: number, length: number): string => String(number).padStart(length, '0')

const byAlias = <T>(found: readonly unknown[], make: (alias: string, at: number) => T): { [alias: string]: T } =>
  Object.fromEntries([...new Set(found.filter(isAlias))].map((alias, at) => [alias, make(alias, at)]))

/** The values of all members with this name, at any depth. */
function membersOf(value: unknown, name: string): unknown[] {
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([member, inner]) => [
    ...(member === name ? [inner] : []),
    ...membersOf(inner, name),
  ])
}

function jsonFilesIn(folder: string): unknown[] {
  try {
    return readdirSync(folder).map((file) => readJson(join(folder, file)))
  } catch {
    return []
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
