import * as z from 'zod'
import { canonicalForm, digestOf } from '../digest.ts'
import type { PreviewOutcome } from '../policy/question.ts'
import { Digest, JsonObject, NumericDate, PersonId } from '../values.ts'

export const ReadFault = z.enum(['denied', 'unavailable', 'unreadable'])
export type ReadFault = z.infer<typeof ReadFault>

const matched = {
  outcome: z.literal('matched'),
  /** Empty where the resource is absent. */
  before: JsonObject,
  after: JsonObject,
  observedAt: NumericDate,
  /** Of the guarded values, also where the resource is absent. Another state has another digest. */
  state: Digest,
  /** The arguments whose values are shown in part, or not at all. */
  masked: z.array(z.string()).optional(),
  /** AWS cannot be told the expected state: it may change between the last reading and the act. */
  gap: z.literal(true).optional(),
}
const failed = { outcome: z.literal('failed'), why: ReadFault, observedAt: NumericDate }

/** Of one resource. */
const ResourcePreview = z.discriminatedUnion('outcome', [z.strictObject(matched), z.strictObject(failed)])
export type ResourcePreview = z.infer<typeof ResourcePreview>

/** Of one step of a plan, counted from 1. A step that is not here has no preview. */
const ofSteps = z
  .array(
    z.strictObject({
      step: z.int().positive(),
      preview: ResourcePreview,
    }),
  )
  .optional()

/**
 * What is there now, and what would be: by argument, each value as its class may be shown. A plan's own has no values:
 * `steps` have them, and its state is the digest of all of theirs.
 */
export const Preview = z.discriminatedUnion('outcome', [
  z.strictObject({ ...matched, steps: ofSteps }),
  z.strictObject({ ...failed, steps: ofSteps }),
])
export type Preview = z.infer<typeof Preview>
export type Matched = Extract<Preview, { outcome: 'matched' }>

/** The state changed before what was approved was issued: another round, in which no approval of it counts. */
export const Drift = z.strictObject({
  at: NumericDate,
  /** What people had decided on. What there was instead is in the next drift, or in the request. */
  from: Preview,
  approvers: z.array(PersonId),
  /** It was approved. Nothing of that grant was issued. */
  approved: z.literal(true).optional(),
})
export type Drift = z.infer<typeof Drift>

/** Each drift asks all people again. */
export const mostDrifts = 3

/** Bytes of JSON. A request may keep four. */
export const largestPreview = 16_000

export const outcomeOfPreview = (preview: Preview | undefined): PreviewOutcome => preview?.outcome ?? 'none'

export const previewOfStep = (preview: Pick<Preview, 'steps'> | undefined, step: number): ResourcePreview | undefined =>
  preview?.steps?.find((each) => each.step === step)?.preview

/** A plan's: read where all of its steps that have a preview were read. @param found at least one */
export function previewOfSteps(found: readonly { step: number; preview: ResourcePreview }[]): Preview {
  const steps = [...found]
  const observedAt = Math.min(...steps.map(({ preview }) => preview.observedAt))
  const failed = steps.find(({ preview }) => preview.outcome === 'failed')
  if (failed?.preview.outcome === 'failed') return { outcome: 'failed', why: failed.preview.why, observedAt, steps }
  const states = steps.map(({ step, preview }) => ({ step, state: stateOf(preview) ?? null }))
  return { outcome: 'matched', before: {}, after: {}, observedAt, state: digestOf('hotwork.states.v1', states), steps }
}

/** The state that people decide on. */
export const stateOf = (preview: Preview | undefined): Digest | undefined =>
  preview?.outcome === 'matched' ? preview.state : undefined

/** The same reading beside other arguments, which are less of the same. A masked value stays as it was shown. */
export function withAfter(preview: Preview, from: JsonObject, to: JsonObject): Preview {
  if (preview.outcome === 'failed') return preview
  const { after, masked = [] } = preview
  const isSame = (name: string) => canonicalForm(from[name] ?? null) === canonicalForm(to[name] ?? null)
  const shown = Object.entries(after).map(([name, value]) =>
    masked.includes(name) || isSame(name) ? [name, value] : [name, to[name] ?? null],
  )
  return { ...preview, after: Object.fromEntries(shown) }
}
