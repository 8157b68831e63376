import * as z from 'zod'
import { CredentialKind } from '../../targets/kinds.ts'
import { PreviewSource } from '../previews/preview-source.ts'
import { type JsonObject, ok, type Resource, type Result, refuse, ToolId } from '../values.ts'
import { whatIsWrong } from '../what-is-wrong.ts'
import { ArgumentsSchema, argumentsParser } from './arguments.ts'
import type { Account } from './bundle.ts'
import {
  type Conditions,
  ConditionTemplates,
  comparesPatterns,
  conditionPlace,
  conditionTemplates,
  fill,
  fillConditions,
  isLiteral,
  partsOf,
  pinsIn,
  placesOf,
  takeFrom,
  variableIn,
} from './conditions.ts'
import { Alias } from './ladder.ts'
import { McpTool } from './mcp-tool.ts'

const Template = z.string().min(1).max(1024)

const IamAction = z
  .string()
  .regex(/^[a-z0-9-]+:[A-Za-z0-9]+$/, 'one IAM action, such as `ssm:PutParameter`, no wildcard')

const StatementTemplate = z.strictObject({
  actions: z.array(IamAction).min(1),
  resources: z.array(Template).min(1),
  /** A key whose argument is absent is left out. */
  conditions: ConditionTemplates.optional(),
  /** By an argument that may be absent: what holds the call to its absence. */
  whenAbsent: z.record(z.string(), ConditionTemplates).optional(),
})

/** An action that is not in the catalogue does not exist. */
export const CatalogueEntry = z.strictObject({
  /** For AWS, IAM's own: `ssm:PutParameter`. */
  name: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{0,31}:[A-Za-z][A-Za-z0-9]{0,63}$/,
      'a service and an operation, such as `ssm:PutParameter`',
    ),
  /** `remediation`, `destructive`, `delegation`... */
  group: Alias,
  tool: z.union([ToolId, z.literal('aws')]),
  /** One line, with `{arguments.Name}` where a value goes. */
  title: Template,
  credential: CredentialKind,
  /** An orchestrator gets no credential for one that does. */
  mutates: z.boolean(),
  arguments: ArgumentsSchema,
  resource: z.strictObject({ type: z.string().min(1).max(128), id: Template }),
  account: Alias.optional(),
  /** In this order. */
  narrowable: z.array(z.string()),
  undo: z.strictObject({ possible: z.boolean(), how: z.string().min(1).max(512) }),
  statement: StatementTemplate.optional(),
  /**
   * How a call whose answer was lost is looked up, by an action that changes nothing. Without it such a call stays
   * unknown.
   */
  resolve: z.strictObject({ action: IamAction }).optional(),
  /** How what it would change is read, so that people decide on what is there. */
  preview: PreviewSource.optional(),
  /** The tool of an MCP server that this is. `tool` is the gate before it. */
  mcp: McpTool.optional(),
  /** In words for the card. */
  leavesOpen: z.record(z.string(), z.string().min(1).max(256)).default({}),
})
export type CatalogueEntry = z.infer<typeof CatalogueEntry>

export type Statement = {
  actions: readonly string[]
  resources: readonly string[]
  conditions?: Conditions
}

const parsers = new WeakMap<ArgumentsSchema, z.ZodType<JsonObject>>()

export function parseArguments(entry: CatalogueEntry, value: unknown): Result<JsonObject, 'invalid_arguments'> {
  const parser = parsers.get(entry.arguments) ?? argumentsParser(entry.arguments)
  parsers.set(entry.arguments, parser)
  const parsed = parser.safeParse(value)
  if (!parsed.success) return refuse('invalid_arguments', whatIsWrong(parsed.error, 'arguments'))
  const loose = pinnedBy(entry).find((name) => !isPinnable(parsed.data[name]))
  if (loose !== undefined)
    return refuse('invalid_arguments', `\`${loose}\` names a resource, so it holds no wildcard, space, quote or \`..\``)
  const variable = variableIn(entry.statement?.conditions, parsed.data)
  return variable === undefined
    ? ok(parsed.data)
    : refuse('invalid_arguments', `\`${variable}\` is compared by IAM, so it holds no \`\${\``)
}

const isPinnable = (value: unknown) => value === undefined || (typeof value === 'string' && isLiteral(value))

export function deriveResource(entry: CatalogueEntry, args: JsonObject, account: Account | undefined): Resource {
  return { type: entry.resource.type, id: fill(entry.resource.id, literals(args, account)) }
}

/**
 * The statement that covers these arguments and nothing else, as far as IAM can tell. Conditions that the account's IAM
 * cannot judge are left out.
 */
export function deriveStatement(
  entry: CatalogueEntry,
  args: JsonObject,
  account: Account | undefined,
): Statement | undefined {
  if (entry.statement === undefined) return undefined
  const { actions, resources } = entry.statement
  const values = literals(args, account)
  const conditions = fillConditions(sentConditions(entry, args, account), args, values)
  return {
    actions,
    resources: resources.map((template) => fill(template, values)),
    ...(Object.keys(conditions).length > 0 && { conditions }),
  }
}

export function deriveReadStatement(
  entry: CatalogueEntry,
  args: JsonObject,
  account: Account | undefined,
): Statement | undefined {
  const statement = deriveStatement(entry, args, account)
  return statement && entry.resolve && { actions: [entry.resolve.action], resources: statement.resources }
}

/**
 * The conditions of every call, for a statement that pins no arguments. A key that compares an argument is left out
 * whole.
 */
export function conditionsOfEveryCall(entry: CatalogueEntry, account: Account | undefined): Conditions {
  return fillConditions(alwaysSent(entry, account), {}, literals({}, account))
}

/** The conditions that are sent with any arguments. */
const alwaysSent = ({ statement }: CatalogueEntry, account: Account | undefined): ConditionTemplates =>
  sentConditions({ statement: statement && { ...statement, whenAbsent: {} } }, {}, account)

function sentConditions(
  { statement }: Pick<CatalogueEntry, 'statement'>,
  args: JsonObject,
  account: Pick<Account, 'unjudgedConditions'> | undefined,
): ConditionTemplates {
  const absent = Object.entries(statement?.whenAbsent ?? {}).filter(([name]) => !(name in args))
  const unjudged = account?.unjudgedConditions ?? []
  const sent: ConditionTemplates = {}
  for (const conditions of [statement?.conditions ?? {}, ...absent.map(([, each]) => each)]) {
    for (const [operator, keys] of Object.entries(conditions)) {
      const judged = Object.entries(keys).filter(([key]) => !unjudged.includes(key))
      if (judged.length > 0) sent[operator] = { ...sent[operator], ...Object.fromEntries(judged) }
    }
  }
  return sent
}

/** Text that could mean more than itself in an ARN is no value. */
const literals = (args: JsonObject, account: Account | undefined) => (path: string) => {
  if (path === 'partition') return account?.partition
  if (path === 'region') return account?.region
  if (path === 'account') return account?.accountId
  const value = args[path.replace(/^arguments\./, '')]
  return typeof value === 'string' && isLiteral(value) ? value : undefined
}

const titleValueLength = 80

/** Long values are cut with `…`. Not escaped for any surface. */
export const titleOf = (entry: CatalogueEntry, args: JsonObject): string =>
  titleParts(entry, args)
    .map(({ text }) => text)
    .join('')

/** In parts, so that no value passes for our own words. */
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

/** They stand in an ARN, so only what is literal may be given. */
export function pinnedBy(entry: CatalogueEntry): readonly string[] {
  const known = pinned.get(entry)
  if (known) return known
  const arns = conditionTemplates(entry.statement?.conditions).flatMap(({ operator, templates }) =>
    comparesPatterns(operator) ? templates : [],
  )
  const names = argumentsIn([entry.resource.id, ...(entry.statement?.resources ?? []), ...arns])
  pinned.set(entry, names)
  return names
}

/** Asked at every use. */
const pinned = new WeakMap<CatalogueEntry, readonly string[]>()

const argumentsIn = (templates: readonly string[]): readonly string[] => [
  ...new Set(templates.flatMap(placesOf).flatMap((path) => conditionPlace(path)?.argument ?? [])),
]

export function unpinnedByResource(entry: CatalogueEntry): readonly string[] {
  if (entry.credential !== 'sts') return []
  const pinned = argumentsIn(entry.statement?.resources ?? [])
  return Object.keys(entry.arguments.properties).filter((name) => !pinned.includes(name))
}

/** By the statement that is really sent. A mediated call and a gated tool hold to all arguments. */
export function unpinnedArguments(
  entry: CatalogueEntry,
  args: JsonObject,
  account: Account | undefined,
): readonly string[] {
  if (entry.credential !== 'sts') return []
  const held = heldByConditions(entry, args, account)
  return unpinnedByResource(entry).filter((name) => !held.includes(name))
}

function heldByConditions(entry: CatalogueEntry, args: JsonObject, account: Account | undefined): readonly string[] {
  // A list of one value is one value.
  const byValue = pinsIn(sentConditions(entry, args, account)).filter(
    (place) => place.take !== 'names' && takeFrom(place, args)?.length === 1,
  )
  const absent = Object.keys(entry.arguments.properties).filter((name) => !(name in args))
  return [...byValue.map(({ argument }) => argument), ...absent.filter((name) => isAbsenceHeld(entry, name, account))]
}

function isAbsenceHeld({ statement }: CatalogueEntry, name: string, account: Account | undefined): boolean {
  const conditions = conditionTemplates(statement?.whenAbsent?.[name])
  return conditions.length > 0 && !conditions.some(({ key }) => account?.unjudgedConditions?.includes(key))
}

/**
 * What the credentials of some ask leave open: a policy that reads it, and not `context.unpinned`, judges a value that
 * the agent is not held to.
 */
export function sometimesUnpinned(entry: CatalogueEntry, account: Account | undefined): readonly string[] {
  const byValue = pinsIn(alwaysSent(entry, account)).flatMap(({ argument, take }) =>
    take === 'value' ? [argument] : [],
  )
  const { required } = entry.arguments
  return unpinnedByResource(entry).filter(
    (name) => !byValue.includes(name) || !(required.includes(name) || isAbsenceHeld(entry, name, account)),
  )
}

/** In plain words for the card. */
export function unpinnedOf(entry: CatalogueEntry, args: JsonObject, account: Account | undefined): string[] {
  if (entry.credential !== 'sts') return []
  const words = unpinnedArguments(entry, args, account).map(
    (name) =>
      entry.leavesOpen[name] ??
      (name in args
        ? `any \`${name}\` may be given, not only the approved one`
        : `\`${name}\` may be given, though none was approved`),
  )
  return [
    ...words,
    'IAM does not read the rest of a call: members that were not asked for may be given too',
    'IAM does not count calls: the call can be repeated until the credential ends',
  ]
}
