import * as z from 'zod'
import { ArgumentsSchema, argumentsParser } from './arguments.ts'
import type { Account } from './bundle.ts'
import { Alias } from './ladder.ts'
import { fill, isLiteral, placesOf } from './template.ts'
import { CredentialKind, type JsonObject, ok, type Resource, type Result, refuse, ToolId } from './values.ts'

const Template = z.string().min(1).max(1024)

/** The IAM statement that a credential for the action carries: exact actions, and resources built from the arguments. */
export const StatementTemplate = z.strictObject({
  actions: z
    .array(z.string().regex(/^[a-z0-9-]+:[A-Za-z0-9]+$/, 'one IAM action, such as `ssm:PutParameter`, no wildcard'))
    .min(1),
  resources: z.array(Template).min(1),
  /** IAM's `Condition`: operator, key, value template. */
  conditions: z.record(z.string(), z.record(z.string(), Template)).optional(),
})
export type StatementTemplate = z.infer<typeof StatementTemplate>

/** One thing that can be asked for. An action that is not in the catalogue does not exist. */
export const CatalogueEntry = z.strictObject({
  /** For AWS, IAM's own: `ssm:PutParameter`. */
  name: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{0,31}:[A-Za-z][A-Za-z0-9]{0,63}$/,
      'a service and an operation, such as `ssm:PutParameter`',
    ),
  /** What kind of act it is: `remediation`, `destructive`, `delegation`... */
  group: Alias,
  tool: z.union([ToolId, z.literal('aws')]),
  /** One line for the card, with `{arguments.Name}` where a value goes. */
  title: Template,
  credential: CredentialKind,
  /** Whether it changes anything: an orchestrator gets no credential for one that does. */
  mutates: z.boolean(),
  arguments: ArgumentsSchema,
  resource: z.strictObject({ type: z.string().min(1).max(128), id: Template }),
  /** The alias of the account it happens in; for AWS actions. */
  account: Alias.optional(),
  /** Arguments that an approver may narrow, in this order. */
  narrowable: z.array(z.string()),
  undo: z.strictObject({ possible: z.boolean(), how: z.string().min(1).max(512) }),
  statement: StatementTemplate.optional(),
  /** For arguments that the statement cannot pin: what is left open, in words for the card. */
  leavesOpen: z.record(z.string(), z.string().min(1).max(256)).default({}),
})
export type CatalogueEntry = z.infer<typeof CatalogueEntry>

/** A statement with everything filled in. */
export type Statement = {
  actions: readonly string[]
  resources: readonly string[]
  conditions?: { readonly [operator: string]: { readonly [key: string]: string } }
}

const parsers = new WeakMap<ArgumentsSchema, z.ZodType<JsonObject>>()

/** The arguments of an ask, if they are exactly what the action takes. The detail names the member and what it should be. */
export function parseArguments(entry: CatalogueEntry, value: unknown): Result<JsonObject, 'invalid_arguments'> {
  const parser = parsers.get(entry.arguments) ?? argumentsParser(entry.arguments)
  parsers.set(entry.arguments, parser)
  const parsed = parser.safeParse(value)
  if (!parsed.success) return refuse('invalid_arguments', describe(parsed.error))
  const loose = pinnedBy(entry).find((name) => !isPinnable(parsed.data[name]))
  return loose === undefined
    ? ok(parsed.data)
    : refuse('invalid_arguments', `\`${loose}\` names a resource, so it holds no wildcard, space, quote or \`..\``)
}

const describe = (error: z.ZodError) =>
  error.issues.map(({ path, message }) => `\`${path.join('.') || 'arguments'}\`: ${message}`).join('; ')

const isPinnable = (value: unknown) => value === undefined || (typeof value === 'string' && isLiteral(value))

/** What the arguments act on. Pass what `parseArguments` gave, and the deployment's account of `entry.account`. */
export function deriveResource(entry: CatalogueEntry, args: JsonObject, account: Account | undefined): Resource {
  return { type: entry.resource.type, id: fill(entry.resource.id, literals(args, account)) }
}

/** The IAM statement that covers these arguments and nothing else; undefined where no AWS credential is issued. */
export function deriveStatement(
  entry: CatalogueEntry,
  args: JsonObject,
  account: Account | undefined,
): Statement | undefined {
  if (entry.statement === undefined) return undefined
  const { actions, resources, conditions } = entry.statement
  const values = literals(args, account)
  return {
    actions,
    resources: resources.map((template) => fill(template, values)),
    ...(conditions && {
      conditions: mapValues(conditions, (keys) => mapValues(keys, (template) => fill(template, values))),
    }),
  }
}

const mapValues = <A, B>(record: { [key: string]: A }, change: (value: A) => B): { [key: string]: B } =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))

/** Where a resource template's values come from. Text that could mean more than itself in an ARN is no value. */
const literals = (args: JsonObject, account: Account | undefined) => (path: string) => {
  if (path === 'partition') return account?.partition
  if (path === 'region') return account?.region
  if (path === 'account') return account?.accountId
  const value = args[path.replace(/^arguments\./, '')]
  return typeof value === 'string' && isLiteral(value) ? value : undefined
}

const titleValueLength = 80

/** The card's title: each value as it is, long ones cut with `…`. Not escaped for any surface. */
export function titleOf(entry: CatalogueEntry, args: JsonObject): string {
  return fill(entry.title, (path) => {
    const value = args[path.replace(/^arguments\./, '')]
    const text = typeof value === 'string' ? value : JSON.stringify(value ?? null)
    const characters = [...text]
    return characters.length <= titleValueLength ? text : `${characters.slice(0, titleValueLength - 1).join('')}…`
  })
}

/** The arguments that decide the resource, so that the credential (or the tool) is bound to their values. */
export function pinnedBy(entry: CatalogueEntry): readonly string[] {
  const { resources = [], conditions = {} } = entry.statement ?? {}
  const templates = [
    entry.resource.id,
    ...resources,
    ...Object.values(conditions).flatMap((keys) => Object.values(keys)),
  ]
  return [...new Set(templates.flatMap(placesOf))]
    .filter((path) => path.startsWith('arguments.'))
    .map((path) => path.slice('arguments.'.length))
}

/** The arguments whose value AWS credentials leave open. A mediated call and a gated tool hold to all of them. */
export function unpinnedArguments(entry: CatalogueEntry): readonly string[] {
  if (entry.credential !== 'sts') return []
  const { resources = [], conditions = {} } = entry.statement ?? {}
  const pinned = [...resources, ...Object.values(conditions).flatMap((keys) => Object.values(keys))].flatMap(placesOf)
  return Object.keys(entry.arguments.properties).filter((name) => !pinned.includes(`arguments.${name}`))
}

/** What the credential leaves open, in plain words for the card: one sentence each, none where everything is pinned. */
export function unpinnedOf(entry: CatalogueEntry, args: JsonObject): string[] {
  if (entry.credential !== 'sts') return []
  const words = unpinnedArguments(entry).map(
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
