// Rules: test/policies/bad-folder.test.ts
import * as z from 'zod'
import { type Json, type JsonObject, JsonObject as JsonObjectSchema } from '../values.ts'

/** A JMESPath expression over the answer of the read. */
export const Expression = z.string().min(1).max(512)

/** The visible part of a value, largest first. `compared`: only whether it stays the same. */
export const ShowLevel = z.enum(['whole', 'part', 'compared'])
export type ShowLevel = z.infer<typeof ShowLevel>

const call = {
  /** An operation of AWS, or a tool's read. */
  action: z.string().regex(/^[a-z][a-z0-9-]{0,31}:[A-Za-z][A-Za-z0-9]{0,63}$/, 'one read, such as `ssm:GetParameter`'),
  /** The arguments of the read: JSON in which `{arguments.Name}` alone is that argument, and within a text its text. */
  arguments: JsonObjectSchema,
}

/** The source of a preview: how Hotwork reads the resource of an action. */
export const PreviewSource = z.strictObject({
  ...call,
  /** For each argument of the action, the place of its present value in the answer. */
  show: z.record(z.string(), Expression),
  /** The values that must stay equal between a decision and the act. They must not be null. */
  guard: z.array(Expression).min(1).max(8),
  /** The errors of AWS, or a tool's problem codes, which mean that the resource does not exist yet. */
  absent: z.array(z.string().regex(/^[A-Za-z][\w.]{0,127}$/)).default([]),
  /** For an argument, the most that is shown of it, in any class. */
  atMost: z.record(z.string(), ShowLevel.exclude(['whole'])).optional(),
})
export type PreviewSource = z.infer<typeof PreviewSource>

/** The read that describes a run: its definition's digest, its role, and what it leaves open. */
export const describesRun = 'aws:DescribeRun'

/** The preview of each run, which no author writes. */
export const previewOfRun: PreviewSource = {
  action: describesRun,
  arguments: {},
  show: {},
  guard: ['digest'],
  absent: [],
}

/** A fact about the reach of an action, such as "running tasks: 24": read beside the preview or alone, and compared with nothing. */
export const ReachSource = z.strictObject({
  label: z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} '().,/%-]{0,39}$/u, 'one to forty letters, digits and spaces'),
  ...call,
  /** The place of one text or number in the answer. */
  value: Expression,
})
export type ReachSource = z.infer<typeof ReachSource>

/**
 * The arguments of a read. The policies' compiler has checked their templates.
 * @param facts the values of `{partition}`, `{region}` and `{account}`, for an ARN
 */
export const argumentsOfRead = (
  source: Pick<PreviewSource, 'arguments'>,
  args: JsonObject,
  facts: { readonly [place: string]: string } = {},
): JsonObject => fillJson(source.arguments, (text) => fillText(text, args, facts)) as JsonObject

function fillJson(template: Json, filled: (text: string) => Json): Json {
  if (typeof template === 'string') return filled(template)
  if (Array.isArray(template)) return (template as readonly Json[]).map((each) => fillJson(each, filled))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(Object.entries(template).map(([name, each]) => [name, fillJson(each, filled)]))
}

const wholePlace = /^\{arguments\.([A-Za-z0-9_]+)\}$/

function fillText(template: string, args: JsonObject, facts: { readonly [place: string]: string }): Json {
  const [, alone] = wholePlace.exec(template) ?? []
  if (alone !== undefined) return args[alone] ?? null
  return template.replace(
    /\{(arguments\.)?([A-Za-z0-9_]+)\}/g,
    (place, isArgument: string | undefined, name: string) =>
      isArgument === undefined ? (facts[name] ?? place) : String(args[name]),
  )
}
