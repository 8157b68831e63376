import { cedar } from '../../functions/adapters/cedar/compile-cedar.ts'
import { openFolder } from '../../functions/adapters/policy-folder/compile-folder.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { Follow } from '../../functions/domain/policy/follow.ts'
import { Copy } from '../policies/sample.ts'
import { madeOnce } from './made-once.ts'
import type { What } from './world.ts'

/** The way in which a run of Systems Manager Automation is followed. */
export const automation: Follow = {
  action: 'ssm:GetAutomationExecution',
  arguments: { AutomationExecutionId: '{run}' },
  done: "contains(['Success', 'Failed', 'Cancelled', 'TimedOut'], AutomationExecution.AutomationExecutionStatus)",
  succeeded: "AutomationExecution.AutomationExecutionStatus == 'Success'",
  every: 'PT10S',
  atMost: 'PT1H',
  rights: [
    {
      actions: ['ssm:GetAutomationExecution', 'ssm:StopAutomationExecution'],
      resources: ['arn:{partition}:ssm:{region}:{account}:automation-execution/{run}'],
    },
  ],
  cancel: { action: 'ssm:StopAutomationExecution', arguments: { AutomationExecutionId: '{run}', Type: 'Cancel' } },
}

/** A catalogue entry of a runbook that acts as one role. */
export const runbook = {
  name: 'ssm:StartAutomationExecution',
  group: 'remediation',
  tool: 'aws',
  title: 'Run the document {arguments.DocumentName}, version {arguments.DocumentVersion}',
  credential: 'mediated',
  mutates: true,
  arguments: {
    type: 'object',
    additionalProperties: false,
    properties: {
      DocumentName: { type: 'string', minLength: 3, maxLength: 128, pattern: '^[A-Za-z0-9_-]+$' },
      DocumentVersion: { type: 'string', minLength: 1, maxLength: 8, pattern: '^[1-9][0-9]*$' },
    },
    required: ['DocumentName', 'DocumentVersion'],
  },
  resource: {
    type: 'ssm:document',
    id: 'arn:{partition}:ssm:{region}:{account}:document/{arguments.DocumentName}',
  },
  account: 'target',
  narrowable: [],
  undo: { possible: false, how: 'a run is not taken back' },
  statement: {
    actions: ['ssm:StartAutomationExecution'],
    resources: [
      'arn:{partition}:ssm:{region}:{account}:automation-definition/{arguments.DocumentName}:{arguments.DocumentVersion}',
    ],
  },
  runsAs: 'arn:{partition}:iam::{account}:role/runbooks',
  reads: [
    {
      actions: ['ssm:DescribeDocument', 'ssm:GetDocument'],
      resources: ['arn:{partition}:ssm:{region}:{account}:document/{arguments.DocumentName}'],
    },
    { actions: ['ssm:DescribeAutomationExecutions'], resources: ['*'] },
  ],
  follow: automation,
}
export const runsAs = 'arn:aws:iam::000000000000:role/runbooks'

/** An ask for it: of staging, which a remediation bot repairs by itself, or of prod, which two people decide. */
export const runOf = (name = 'staging-restart', version = '3'): What => ({
  action: runbook.name,
  arguments: { DocumentName: name, DocumentVersion: version },
  resource: { type: 'ssm:document', id: `arn:aws:ssm:us-east-1:000000000000:document/${name}` },
})

export const changeSets = { name: 'cloudformation:ExecuteChangeSet' }

/** An ask for a change set of the sample. */
export const changeSetOf = (change = 'release-41', stack = 'checkout-orders'): What => {
  const uuid = '0a1b2c3d-1111-2222-3333-444455556666'
  return {
    action: changeSets.name,
    arguments: { StackName: stack, StackUuid: uuid, ChangeSetName: change, ChangeSetUuid: uuid },
    resource: {
      type: 'cloudformation:stack',
      id: `arn:aws:cloudformation:us-east-1:000000000000:stack/${stack}/${uuid}`,
    },
  }
}

/** Adds entries of runs to a copy of the sample folder, and rules for their resources. */
export function addRuns(copy: Copy, ...entries: readonly { name: string }[]): void {
  for (const entry of entries)
    copy.add(`policies/actions/${entry.name.toLowerCase().replace(':', '.')}.json`, JSON.stringify(entry, null, 2))
  const rule = (type: string, id: string, environment: string) => ({
    ...{ type, id: `arn:*:${id}`, environment, classification: 'internal', group: 'payments-owners' },
  })
  copy.editJson('policies/resources.json', ({ resources }) =>
    resources.push(
      rule('ssm:document', 'ssm:*:*:document/staging-*', 'staging'),
      rule('ssm:document', 'ssm:*:*:document/*', 'prod'),
    ),
  )
  copy.writeSchema()
}

/** The sample with runs. */
export const bundleOfRuns = (): Bundle =>
  madeOnce('bundle-of-runs', () => {
    using copy = new Copy()
    addRuns(copy, runbook)
    const opened = openFolder(copy.at('policies'), copy.at('deployment.json'), cedar)
    if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join('\n'))
    return opened.bundle
  })
