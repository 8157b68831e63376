// Rules: test/infra/lambdas.test.ts, test/policies/targets.test.ts
import * as z from 'zod'
import { aws } from './aws/kind.ts'
import { hotwork } from './hotwork/kind.ts'
import type { TargetKind } from './kind.ts'
import { kubernetes } from './kubernetes/kind.ts'
import { tool } from './tool/kind.ts'

export const kinds = {
  aws,
  kubernetes,
  tool,
  hotwork,
} satisfies { readonly [id: string]: TargetKind }

type Kinds = typeof kinds
export type TargetId = keyof Kinds
type NamesIn<T> = T extends unknown ? keyof T & string : never
type ActsIn<T> = T extends { readonly [name: string]: { act: infer Act } } ? Act : never
type Intersect<T> = (T extends unknown ? (each: T) => void : never) extends (all: infer All) => void ? All : never

const byId: { readonly [id in TargetId]: TargetKind<TargetId> } = kinds
export const allKinds = Object.values(byId)

/** The settings of an alias in the deployment file. */
export type Settings = { readonly [member: string]: unknown }

/** The members of a catalogue entry that belong to one kind. */
export const parts: Intersect<Kinds[TargetId]['entry']> = Object.assign({}, ...allKinds.map(({ entry }) => entry))

/** The kinds with aliases. Gated tools have a separate table in the deployment file, and Hotwork is one. */
export const aliasedKinds = allKinds.map(({ id }) => id).filter((id) => id !== 'tool' && id !== 'hotwork')

/** @param entry whose `tool` is one of tools.json, or a kind */
export const kindOf = ({ tool }: { tool: string }): TargetKind => byId[isTargetId(tool) ? tool : 'tool']

/** The kind of an entry's alias, also if a tool acts on the target. `account` is AWS's. */
export const placeKindOf = (entry: { tool: string; target?: string | undefined }): TargetKind =>
  entry.target === undefined ? byId.aws : kindOf(entry)

export const isTargetId = (id: string): id is TargetId => Object.hasOwn(kinds, id)

/** @param tool the tool of a use: one of tools.json, or a kind of target */
export const recordsCalls = (tool: string): boolean => kindOf({ tool }).recordsCalls

const credentials = Object.fromEntries(Object.values(kinds).flatMap((kind) => Object.entries(kind.credentials)))

export type CredentialKind = NamesIn<Kinds[TargetId]['credentials']>
export const CredentialKind = z.enum(Object.keys(credentials) as CredentialKind[])

export type Act = ActsIn<Kinds[TargetId]['credentials']>

/** Undefined for a plan, which has no credential. */
export const actOf = (credential: CredentialKind | 'none'): Act | undefined => credentials[credential]?.act

export const wordsOf = (credential: string): string => credentials[credential]?.words ?? credential

export type OwnCredential = Extract<Act, TargetId>
export const isOwnCredential = (act: Act | undefined): act is OwnCredential => act !== undefined && isTargetId(act)
const ownCredentials = Object.values(credentials).flatMap(({ act, words }) =>
  isOwnCredential(act) ? [{ act, words }] : [],
)

/** First the mediated call, then credentials with which several calls can be made. */
export const narrowestFirst: readonly string[] = ['call', ...ownCredentials.map(({ act }) => act)].flatMap((act) =>
  Object.entries(credentials).flatMap(([name, each]) => (each.act === act ? [name] : [])),
)

/**
 * The kinds that are issued: an access token at `/token`, and a target's own credentials with it at
 * `/{kind}/credentials`.
 */
export const IssuedKind = z.enum(['access_token', ...ownCredentials.map(({ act }) => act)])
export type IssuedKind = z.infer<typeof IssuedKind>

/** The words in the plural. */
export const wordsOfIssued = (claim: OwnCredential): string =>
  ownCredentials.find(({ act }) => act === claim)?.words ?? claim

type Use = { tool: string; key: string }
/** Whether a use is the one that begins with the first credential of a target's own, for all calls with it. */
export const isSession = <U extends Use>(use: U): use is U & { key: OwnCredential } =>
  isTargetId(use.tool) && use.key === use.tool
/** Whether a use is the one call that Hotwork makes. */
export const isCall = ({ tool, key }: Use): boolean => isTargetId(tool) && key === 'call'

/** @param place the place where a credential ends: for AWS the ARN of a role, otherwise a kind and an alias */
export const kindAt = (place: string): TargetId => {
  const [id = ''] = place.split(':')
  return isTargetId(id) ? id : 'aws'
}
