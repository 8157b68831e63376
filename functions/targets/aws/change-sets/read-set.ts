// Rules: test/targets/aws/change-sets/change-tree.test.ts
import * as z from 'zod'

/** The members of AWS's answers that Hotwork reads, in AWS's own form. */

const text = z.string().optional()

const ResourceChange = z.looseObject({
  Action: z.string(),
  PolicyAction: text,
  LogicalResourceId: z.string(),
  PhysicalResourceId: text,
  ResourceType: z.string(),
  Replacement: text,
  Scope: z.array(z.string()).optional(),
  Details: z.array(z.looseObject({ Target: z.looseObject({ Attribute: text, Name: text }).optional() })).optional(),
  /** The change set of a nested stack. */
  ChangeSetId: text,
})
export type ResourceChange = z.infer<typeof ResourceChange>

/** `DescribeChangeSet`, with the changes of all pages. */
export const DescribedSet = z.looseObject({
  ChangeSetId: z.string(),
  ChangeSetName: text,
  StackId: z.string(),
  StackName: z.string(),
  Status: z.string(),
  ExecutionStatus: z.string(),
  Parameters: z
    .array(
      z.looseObject({
        ParameterKey: z.string(),
        ParameterValue: text,
        ResolvedValue: text,
        UsePreviousValue: z.boolean().optional(),
      }),
    )
    .default([]),
  Capabilities: z.array(z.string()).default([]),
  Changes: z.array(z.looseObject({ ResourceChange: ResourceChange.optional() })).default([]),
})
export type DescribedSet = z.infer<typeof DescribedSet>

/** One stack of `DescribeStacks`. */
export const DescribedStack = z.looseObject({
  StackId: z.string(),
  StackName: z.string(),
  StackStatus: z.string(),
  CreationTime: text,
  LastUpdatedTime: text,
  RoleARN: text,
})
export type DescribedStack = z.infer<typeof DescribedStack>

/** A change set with its processed template. `nested`: the change sets of nested stacks, by their ids. */
export type ReadSet = { set: DescribedSet; template: string; nested: ReadonlyMap<string, ReadSet> }

export const changesOf = ({ set }: Pick<ReadSet, 'set'>): readonly ResourceChange[] =>
  set.Changes.flatMap(({ ResourceChange: change }) => change ?? [])

/** The resources of a template in JSON; undefined for YAML. */
export function resourcesIn(
  template: string,
): { readonly [id: string]: { readonly [member: string]: unknown } } | undefined {
  try {
    const { Resources } = JSON.parse(template) as { Resources?: unknown }
    return Object(Resources ?? {})
  } catch {
    return undefined
  }
}
