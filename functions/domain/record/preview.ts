// Rules: test/domain/previews/drift.test.ts
import * as z from 'zod'
import { canonicalForm, digestOf } from '../digest.ts'
import { ChangeSummary } from '../policy/change-summary.ts'
import type { ActionQuestion, PreviewOutcome } from '../policy/question.ts'
import { Digest, JsonObject, NumericDate, PersonId } from '../values.ts'
import { ChangeTree } from './change-tree.ts'

export const ReadFault = z.enum(['denied', 'unavailable', 'unreadable'])
export type ReadFault = z.infer<typeof ReadFault>

/** A fact about what the act reaches, shown beside the preview and compared with nothing. Without a value it is unknown. */
export const ReachFact = z.strictObject({ label: z.string(), value: z.union([z.string(), z.number()]).optional() })
export type ReachFact = z.infer<typeof ReachFact>
const reach = z.array(ReachFact).optional()

const matched = {
  outcome: z.literal('matched'),
  /** The present values; empty if the resource does not exist. */
  before: JsonObject,
  after: JsonObject,
  observedAt: NumericDate,
  /** The digest of the guarded values, also of a missing resource. */
  state: Digest,
  /** The arguments whose values are masked in part or whole. */
  masked: z.array(z.string()).optional(),
  /** True if AWS cannot check the expected state: it may change between the last reading and the act. */
  gap: z.literal(true).optional(),
  reach,
  /** The facts of a run: its role, what its definition leaves open, and the numbers of a change set. */
  run: z
    .strictObject({
      runsAs: z.string().optional(),
      open: z.array(z.string()).optional(),
      /** Names of Hotwork's own that it changes, for which it is refused. */
      concerns: z.array(z.string()).optional(),
      /** The digest of the parts that a started run shows again. */
      shows: Digest.optional(),
      change: ChangeSummary.optional(),
      /** The resources of a change set. Only in the last reading of a record. */
      tree: ChangeTree.optional(),
    })
    .optional(),
}
const failed = { outcome: z.literal('failed'), why: ReadFault, observedAt: NumericDate, reach }
/** The facts of an action without a preview. They guard nothing. */
const none = { outcome: z.literal('none'), observedAt: NumericDate, reach }

/** The preview of one resource. */
const ResourcePreview = z.discriminatedUnion('outcome', [
  z.strictObject(matched),
  z.strictObject(failed),
  z.strictObject(none),
])
export type ResourcePreview = z.infer<typeof ResourcePreview>

/** The preview of a plan's steps, counted from 1. Steps without a preview are absent. */
const ofSteps = z
  .array(
    z.strictObject({
      step: z.int().positive(),
      preview: ResourcePreview,
    }),
  )
  .optional()

/**
 * The present and future values of a resource by argument, masked by class. A plan's preview has its values in `steps`,
 * and its state is the digest of their states.
 */
export const Preview = z.discriminatedUnion('outcome', [
  z.strictObject({ ...matched, steps: ofSteps }),
  z.strictObject({ ...failed, steps: ofSteps }),
  z.strictObject({ ...none, steps: ofSteps }),
])
export type Preview = z.infer<typeof Preview>
export type Matched = Extract<Preview, { outcome: 'matched' }>

/** A change of the state before anything was issued. It begins a round in which earlier approvals do not count. */
export const Drift = z.strictObject({
  at: NumericDate,
  /** The preview on which people had decided. The state after it is in the next drift, or in the request. */
  from: Preview,
  approvers: z.array(PersonId),
  /** True if it was approved, and still unclaimed. */
  approved: z.literal(true).optional(),
})
export type Drift = z.infer<typeof Drift>

/** The most drifts, each of which asks all people again. */
export const mostDrifts = 3

/** The largest preview. A request may have four. Bytes of JSON. */
export const largestPreview = 16_000

export const outcomeOfPreview = (preview: Preview | undefined): PreviewOutcome => preview?.outcome ?? 'none'

/** The reading, as policy hears it. */
export const heardOf = (preview: Preview | undefined): Pick<ActionQuestion, 'preview' | 'change'> => ({
  preview: outcomeOfPreview(preview),
  ...(preview?.outcome === 'matched' && preview.run?.change && { change: preview.run.change }),
})

export const previewOfStep = (preview: Pick<Preview, 'steps'> | undefined, step: number): ResourcePreview | undefined =>
  preview?.steps?.find((each) => each.step === step)?.preview

/** A plan's preview. It counts as read if all steps with a preview were read. @param found at least one */
export function previewOfSteps(found: readonly { step: number; preview: ResourcePreview }[]): Preview {
  const steps = [...found]
  const observedAt = Math.min(...steps.map(({ preview }) => preview.observedAt))
  const failed = steps.find(({ preview }) => preview.outcome === 'failed')
  if (failed?.preview.outcome === 'failed') return { outcome: 'failed', why: failed.preview.why, observedAt, steps }
  const seen = steps.filter(({ preview }) => preview.outcome !== 'none')
  if (seen.length === 0) return { outcome: 'none', observedAt, steps }
  const states = seen.map(({ step, preview }) => ({ step, state: stateOf(preview) ?? null }))
  return { outcome: 'matched', before: {}, after: {}, observedAt, state: digestOf('hotwork.states.v1', states), steps }
}

/** An earlier reading, without the resources of its change set: a record holds one tree. */
export function withoutTree(preview: Preview): Preview {
  if (preview.outcome !== 'matched' || !preview.run?.tree) return preview
  const { tree: _, ...run } = preview.run
  return { ...preview, run }
}

/** The state that people decide on. */
export const stateOf = (preview: Preview | undefined): Digest | undefined =>
  preview?.outcome === 'matched' ? preview.state : undefined

/** The same reading with narrower arguments. A masked value stays as it was shown. */
export function withAfter(preview: Preview, from: JsonObject, to: JsonObject): Preview {
  if (preview.outcome !== 'matched') return preview
  const { after, masked = [] } = preview
  const isSame = (name: string) => canonicalForm(from[name] ?? null) === canonicalForm(to[name] ?? null)
  const shown = Object.entries(after).map(([name, value]) =>
    masked.includes(name) || isSame(name) ? [name, value] : [name, to[name] ?? null],
  )
  return { ...preview, after: Object.fromEntries(shown) }
}
