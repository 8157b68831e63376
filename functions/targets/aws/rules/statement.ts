// Rules: test/policies/catalogue.test.ts
import * as z from 'zod'
import { isAbsent, mayBeAbsent } from '../../../domain/policy/absent.ts'
import { argumentIn, fillLiterally, placesOf } from '../../../domain/policy/templates.ts'
import type { JsonObject } from '../../../domain/values.ts'
import type { Entry } from '../../kind.ts'
import type { Account } from './account.ts'
import {
  type Conditions,
  ConditionTemplates,
  comparesPatterns,
  conditionTemplates,
  fillConditions,
  pinsIn,
  takeFrom,
} from './conditions.ts'
import { runActions, runOf } from './runs.ts'

const IamAction = z
  .string()
  .regex(/^[a-z0-9-]+:[A-Za-z0-9]+$/, 'one IAM action, such as `ssm:PutParameter`, no wildcard')

const StatementTemplate = z.strictObject({
  actions: z.array(IamAction).min(1),
  resources: z.array(z.string().min(1).max(1024)).min(1),
  /** A key whose argument is absent is omitted. */
  conditions: ConditionTemplates.optional(),
  /** By an argument that may be absent: the condition that pins its absence. */
  whenAbsent: z.record(z.string(), ConditionTemplates).optional(),
})

/** The members of a catalogue entry that are AWS's. */
export const awsPart = {
  statement: StatementTemplate.optional(),
  /** The reader role's rights for this entry's reads. */
  reads: z
    .array(StatementTemplate.pick({ actions: true, resources: true }))
    .min(1)
    .optional(),
  /** The look-up of a call whose answer was lost, by a read-only action. Without it such a call stays unknown. */
  resolve: z.strictObject({ action: IamAction }).optional(),
  /** The ARN of the one role that a run may act as. */
  runsAs: z.string().min(1).max(512).optional(),
  /** The action of AWS that starts the run, if `name` is a name of its own: one folder may start several documents. */
  call: z.enum(runActions).optional(),
}
export type AwsEntry = Entry & z.infer<z.ZodObject<typeof awsPart>>

export type Statement = {
  actions: readonly string[]
  resources: readonly string[]
  conditions?: Conditions
}

/** The form of a template for resources. */
export const naming = { ids: 'an ARN', places: ['partition', 'region', 'account'] }

export const facts = ({ partition, region, accountId: account }: Account) => ({ partition, region, account })

/**
 * The statement for exactly these arguments, as far as IAM can tell. Conditions that the account's IAM cannot judge are
 * omitted.
 */
export function deriveStatement(
  entry: AwsEntry,
  args: JsonObject,
  account: Account | undefined,
): Statement | undefined {
  if (entry.statement === undefined) return undefined
  const { actions, resources } = entry.statement
  const known = { ...(account && facts(account)), ...(runOf(entry) && { run: '*' }) }
  const conditions = fillConditions(sentConditions(entry, args, account), args, known)
  return {
    actions,
    resources: resources.map((template) => fillLiterally(template, args, known)),
    ...(Object.keys(conditions).length > 0 && { conditions }),
  }
}

export function deriveReadStatement(
  entry: AwsEntry,
  args: JsonObject,
  account: Account | undefined,
): Statement | undefined {
  const statement = deriveStatement(entry, args, account)
  return statement && entry.resolve && { actions: [entry.resolve.action], resources: statement.resources }
}

/** The conditions of every call, for a statement that pins no arguments. A key that compares an argument is omitted whole. */
export function conditionsOfEveryCall(entry: AwsEntry, account: Account | undefined): Conditions {
  return fillConditions(alwaysSent(entry, account), {}, account ? facts(account) : {})
}

/** The conditions that are sent with any arguments. */
const alwaysSent = ({ statement }: AwsEntry, account: Account | undefined): ConditionTemplates =>
  sentConditions({ statement: statement && { ...statement, whenAbsent: {} } }, {}, account)

function sentConditions(
  { statement }: Pick<AwsEntry, 'statement'>,
  args: JsonObject,
  account: Pick<Account, 'unjudgedConditions'> | undefined,
): ConditionTemplates {
  const absent = Object.entries(statement?.whenAbsent ?? {}).filter(([name]) => isAbsent(args, name))
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

/** Templates of an ARN, or of a pattern that IAM compares. */
export const literalTemplates = ({ statement }: AwsEntry): readonly string[] => [
  ...(statement?.resources ?? []),
  ...conditionTemplates(statement?.conditions).flatMap(({ operator, templates }) =>
    comparesPatterns(operator) ? templates : [],
  ),
]

export function unpinnedByResource(entry: AwsEntry): readonly string[] {
  const pinned = (entry.statement?.resources ?? []).flatMap(placesOf).map(argumentIn)
  return Object.keys(entry.arguments.properties).filter((name) => !pinned.includes(name))
}

/** Judges by the sent statement. */
export function unpinnedArguments(entry: AwsEntry, args: JsonObject, account: Account | undefined): readonly string[] {
  const held = heldByConditions(entry, args, account)
  return unpinnedByResource(entry).filter((name) => !held.includes(name))
}

function heldByConditions(entry: AwsEntry, args: JsonObject, account: Account | undefined): readonly string[] {
  // Treats a list of one value as that value.
  const byValue = pinsIn(sentConditions(entry, args, account)).filter(
    (place) => place.take !== 'names' && takeFrom(place, args)?.length === 1,
  )
  const absent = Object.keys(entry.arguments.properties).filter((name) => isAbsent(args, name))
  return [...byValue.map(({ argument }) => argument), ...absent.filter((name) => isAbsenceHeld(entry, name, account))]
}

function isAbsenceHeld({ statement }: AwsEntry, name: string, account: Account | undefined): boolean {
  const conditions = conditionTemplates(statement?.whenAbsent?.[name])
  return conditions.length > 0 && !conditions.some(({ key }) => account?.unjudgedConditions?.includes(key))
}

export function sometimesUnpinned(entry: AwsEntry, account: Account | undefined): readonly string[] {
  const byValue = pinsIn(alwaysSent(entry, account)).flatMap(({ argument, take }) =>
    take === 'value' ? [argument] : [],
  )
  return unpinnedByResource(entry).filter(
    (name) => !byValue.includes(name) || (mayBeAbsent(entry.arguments, name) && !isAbsenceHeld(entry, name, account)),
  )
}
