import { DescribedSet, DescribedStack, type ReadSet } from '../../../functions/targets/aws/change-sets/read-set.ts'

/** Answers in the shapes that AWS documents: docs.aws.amazon.com/AWSCloudFormation/latest/APIReference. */

export const stackId =
  'arn:aws:cloudformation:eu-west-1:111122223333:stack/Checkout/5b918d10-cd98-11ea-90d5-0a9cd3354c10'
export const setId = (name = 'release-7') =>
  `arn:aws:cloudformation:eu-west-1:111122223333:changeSet/${name}/bc9555ba-a949-4fc6-bfb8-f41d04ec5784`

type Member = { [name: string]: unknown }

/** A change as `DescribeChangeSet` gives it. */
export const changeOf = (
  Action: string,
  ResourceType: string,
  LogicalResourceId: string,
  more: Member = {},
): Member => ({
  Type: 'Resource',
  ResourceChange: { Action, ResourceType, LogicalResourceId, Scope: [], Details: [], ...more },
})

/** The user guide's example "Directly modify a resource": a key name, which replaces an instance conditionally. */
export const modified = (type: string, id: string, more: Member = {}): Member =>
  changeOf('Modify', type, id, {
    PhysicalResourceId: `physical-${id}`,
    Replacement: 'False',
    Scope: ['Properties'],
    Details: [
      {
        Target: { Attribute: 'Properties', Name: 'Timeout', RequiresRecreation: 'Never' },
        Evaluation: 'Static',
        ChangeSource: 'DirectModification',
      },
    ],
    ...more,
  })

export const answerOf = (Changes: readonly Member[], more: Member = {}): Member => ({
  ChangeSetName: 'release-7',
  ChangeSetId: setId(),
  StackId: stackId,
  StackName: 'Checkout',
  CreationTime: '2026-12-02T10:00:00Z',
  ExecutionStatus: 'AVAILABLE',
  Status: 'CREATE_COMPLETE',
  Parameters: [],
  Capabilities: [],
  Changes,
  IncludeNestedStacks: false,
  ...more,
})

export const readSetOf = (
  changes: readonly Member[],
  template: unknown = { Resources: {} },
  { nested = {}, ...more }: { nested?: { [id: string]: ReadSet } } & Member = {},
): ReadSet => ({
  set: DescribedSet.parse(answerOf(changes, more)),
  template: typeof template === 'string' ? template : JSON.stringify(template),
  nested: new Map(Object.entries(nested)),
})

export const stackOf = (more: Member = {}): DescribedStack =>
  DescribedStack.parse({
    StackId: stackId,
    StackName: 'Checkout',
    StackStatus: 'UPDATE_COMPLETE',
    CreationTime: '2026-01-02T10:00:00Z',
    LastUpdatedTime: '2026-11-30T10:00:00Z',
    RoleARN: 'arn:aws:iam::111122223333:role/cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1',
    ...more,
  })
