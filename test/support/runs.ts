import type { Follow } from '../../functions/domain/policy/follow.ts'

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
