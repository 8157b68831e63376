// Rules: test/policies/catalogue.test.ts
import * as z from 'zod'
import {
  actOf,
  aliasedKinds,
  CredentialKind,
  isOwnCredential,
  kindOf,
  parts,
  placeKindOf,
  type Settings,
} from '../../targets/kinds.ts'
import { PreviewSource, ReachSource } from '../previews/preview-source.ts'
import { Alias, JsonObject, ok, type Resource, type Result, refuse, ToolId } from '../values.ts'
import { whatIsWrong } from '../what-is-wrong.ts'
import { isAbsent } from './absent.ts'
import { ArgumentsSchema } from './argument-schema.ts'
import { argumentsParser } from './arguments.ts'
import { Follow } from './follow.ts'
import { McpTool } from './mcp-tool.ts'
import { argumentIn, fillLiterally, isLiteral, partsOf, placesOf } from './templates.ts'

const Template = z.string().min(1).max(1024)

/** An entry of the catalogue, outside of which no action exists. */
export const CatalogueEntry = z.strictObject({
  /** The name; for AWS, IAM's own: `ssm:PutParameter`. */
  name: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{0,31}:[A-Za-z][A-Za-z0-9]{0,63}$/,
      'a service and an operation, such as `ssm:PutParameter`',
    ),
  /** `remediation`, `destructive`, `delegation`... */
  group: Alias,
  /** A gated tool, or a kind of target. */
  tool: z.union([ToolId, z.enum([...aliasedKinds, 'hotwork'])]),
  /** One line, with `{arguments.Name}` where a value goes. */
  title: Template,
  credential: CredentialKind,
  /** Whether it changes something; an orchestrator gets no credential for it then. */
  mutates: z.boolean(),
  arguments: ArgumentsSchema,
  resource: z.strictObject({ type: z.string().min(1).max(128), id: Template }),
  /** AWS's short form of `target`; for a gated tool, the account in its ARNs. */
  account: Alias.optional(),
  /** A target's alias in the deployment file. */
  target: Alias.optional(),
  /** The narrowable arguments, in this order. */
  narrowable: z.array(z.string()),
  undo: z.strictObject({ possible: z.boolean(), how: z.string().min(1).max(512) }),
  ...parts,
  /** The reading of the resource, so that people decide on its present state. */
  preview: PreviewSource.optional(),
  /** Facts about what it reaches, read beside the preview, or alone. */
  reach: z.array(ReachSource).min(1).max(5).optional(),
  /** For a call that starts a run. */
  follow: Follow.optional(),
  /** The action's MCP tool. `tool` is the gate before it. */
  mcp: McpTool.optional(),
  /** Arguments of one ask, for agents to copy. Its resource follows from them. */
  example: z.strictObject({ arguments: JsonObject }).optional(),
  /** Words for the card. */
  leavesOpen: z.record(z.string(), z.string().min(1).max(256)).default({}),
})
export type CatalogueEntry = z.infer<typeof CatalogueEntry>

/** Whether it is a change of the registry of agents. */
export const isOfRegistry = ({ tool }: Pick<CatalogueEntry, 'tool'>): boolean => tool === 'hotwork'

/** Whether the call starts something that acts as a role of its own, and may go on after it. */
export const startsRun = (entry: CatalogueEntry): boolean =>
  actOf(entry.credential) === 'call' && kindOf(entry).startsRun?.(entry) === true

/** Whether its reading tells what a change set does, which policy hears as `context.change`. */
export const tellsChange = ({ name, ...entry }: CatalogueEntry): boolean =>
  (('call' in entry ? entry.call : undefined) ?? name) === 'cloudformation:ExecuteChangeSet'

const parsers = new WeakMap<ArgumentsSchema, z.ZodType<JsonObject>>()

/** @param at the settings of its alias, where they are known */
export function parseArguments(
  entry: CatalogueEntry,
  value: unknown,
  at?: Settings,
): Result<JsonObject, 'invalid_arguments'> {
  const parser = parsers.get(entry.arguments) ?? argumentsParser(entry.arguments)
  parsers.set(entry.arguments, parser)
  const parsed = parser.safeParse(value)
  if (!parsed.success) return refuse('invalid_arguments', whatIsWrong(parsed.error, 'arguments'))
  const loose = pinnedBy(entry).find((name) => !isPinnable(parsed.data[name]))
  if (loose !== undefined)
    return refuse('invalid_arguments', `\`${loose}\` names a resource, so it holds no wildcard, space, quote or \`..\``)
  const refused = kindOf(entry).refuse?.(entry, parsed.data, at)
  return refused === undefined ? ok(parsed.data) : refuse('invalid_arguments', refused)
}

const isPinnable = (value: unknown) => value === undefined || (typeof value === 'string' && isLiteral(value))

export function deriveResource(entry: CatalogueEntry, args: JsonObject, at: Settings | undefined): Resource {
  return { type: entry.resource.type, id: fillLiterally(entry.resource.id, args, factsOf(entry, at)) }
}

/** The values of the places in its resource's template that the target's alias fills. */
export const factsOf = (entry: CatalogueEntry, at: Settings | undefined): { readonly [place: string]: string } =>
  at ? placeKindOf(entry).facts(at) : {}

const titleValueLength = 80

/** Cuts long values with `…`. The text is not escaped. */
export const titleOf = (entry: CatalogueEntry, args: JsonObject): string =>
  titleParts(entry, args)
    .map(({ text }) => text)
    .join('')

/** The title in parts, to tell values from Hotwork's words. */
export function titleParts(entry: CatalogueEntry, args: JsonObject): readonly { text: string; isValue: boolean }[] {
  return partsOf(entry.title).map((part, index) => {
    if (index % 2 === 0) return { text: part, isValue: false }
    const value = args[part.replace(/^arguments\./, '')]
    const text = typeof value === 'string' ? value : JSON.stringify(value ?? null)
    const characters = [...text]
    const short = characters.length <= titleValueLength
    return { text: short ? text : `${characters.slice(0, titleValueLength - 1).join('')}…`, isValue: true }
  })
}

/** The arguments that name a resource, whose values must be literal. */
export function pinnedBy(entry: CatalogueEntry): readonly string[] {
  // The id of an agent has a form of its own, with a colon.
  if (isOfRegistry(entry)) return []
  const known = pinned.get(entry)
  if (known) return known
  const templates = [entry.resource.id, ...(kindOf(entry).literals?.(entry) ?? [])]
  const names = [...new Set(templates.flatMap(placesOf).flatMap((path) => argumentIn(path) ?? []))]
  pinned.set(entry, names)
  return names
}

/** A cache, since every use asks. */
const pinned = new WeakMap<CatalogueEntry, readonly string[]>()

/** Whether the target accepts the act even if the state changes after the last reading. */
export const hasGap = (entry: CatalogueEntry): boolean => !kindOf(entry).comparesState?.(entry)

/** The open arguments: none for a mediated call or gated tool, which check all. */
const openOf = (entry: CatalogueEntry) => (isOwnCredential(actOf(entry.credential)) ? kindOf(entry).open : undefined)

export const unpinnedArguments = (entry: CatalogueEntry, args: JsonObject, at: Settings | undefined) =>
  openOf(entry)?.with(entry, args, at) ?? []

/** The arguments that credentials leave open for at least one ask. */
export const sometimesUnpinned = (entry: CatalogueEntry, at: Settings | undefined) =>
  openOf(entry)?.sometimes(entry, at) ?? []

/** One open argument in the entry's words, or in plain ones. */
export const openWords = ({ leavesOpen }: CatalogueEntry, name: string, absent = false): string =>
  leavesOpen[name] ??
  (absent
    ? `\`${name}\` may be given, though none was approved`
    : `any \`${name}\` may be given, not only the approved one`)

/** The open arguments in plain words, for the card. */
export function unpinnedOf(entry: CatalogueEntry, args: JsonObject, at: Settings | undefined): string[] {
  const words = unpinnedArguments(entry, args, at).map((name) => openWords(entry, name, isAbsent(args, name)))
  return [...words, ...(openOf(entry)?.always ?? [])]
}
