// Rules: test/targets/aws/change-sets/change-tree.test.ts
import * as z from 'zod'

/** The actions of a change set on one resource, the worst first. */
export const changeActions = ['remove', 'replace', 'change', 'import', 'add', 'keep'] as const
export type ChangeAction = (typeof changeActions)[number]

/** One resource. `depth`: how many nested stacks it is in; a nested stack is the row above its resources. */
export const ChangeRow = z.strictObject({
  action: z.enum(changeActions),
  type: z.string(),
  id: z.string(),
  depth: z.int().positive().optional(),
  /** True if the type holds data. */
  data: z.literal(true).optional(),
  /** True if AWS knows only at the execution whether it is replaced. */
  maybe: z.literal(true).optional(),
  /** Whether the old resource stays, or a snapshot of it. */
  leaves: z.enum(['resource', 'snapshot']).optional(),
  /** The changed properties and attributes. */
  scope: z.array(z.string()).optional(),
})
export type ChangeRow = z.infer<typeof ChangeRow>

/** The resources of a change set in the order in which people read them, and the number of rows left out at the end. */
export const ChangeTree = z.strictObject({ rows: z.array(ChangeRow), more: z.int().positive().optional() })
export type ChangeTree = z.infer<typeof ChangeTree>

/** CloudFormation's most resources in a stack. Resources that stay as they are may be left out earlier. */
export const mostChanges = 500
/** Bytes of JSON. A record holds one tree. */
export const largestTree = 72_000
