import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'
import type { WorkQueue } from './work-queue.ts'

/**
 * One-time entries of EventBridge Scheduler that put a message into one queue, or have one function look at a request, and
 * are gone. They wait for nothing and cost nothing until then, and can do nothing else: the role that they run with may
 * send to that queue and call that function. One role for both, since either only has something looked at.
 */
export class Timers extends Construct {
  readonly group: string
  readonly roleArn: string

  constructor(
    scope: Construct,
    id: string,
    { draws, stores }: { draws: WorkQueue; stores: Pick<HotworkFunction, 'lambda'> },
  ) {
    super(scope, id)
    const { stackName, account } = Stack.of(this)
    this.group = `${stackName}-timers`
    const group = new ScheduleGroup(this, 'Group', {
      scheduleGroupName: this.group,
      // CDK keeps it otherwise, and its name with it: after a first deployment that failed, none would ever succeed.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const role = new Role(this, 'Role', {
      // Of this group alone: another's schedule that was given this role would be refused.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': group.scheduleGroupArn },
        },
      }),
    })
    draws.grantSend(role)
    Grant.addToPrincipal({
      grantee: role,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [stores.lambda.functionArn],
    })
    this.roleArn = role.roleArn
  }

  /** Allows making timers, in this group, with this role and no other. Neither changing nor removing one. */
  grantSet(grantee: Role): void {
    const { region, account, partition } = Stack.of(this)
    const timersOf = (where: string) => `arn:${where}:scheduler:${region}:${account}:schedule/${this.group}/*`
    Grant.addToPrincipal({ grantee, actions: ['scheduler:CreateSchedule'], resourceArns: [timersOf(partition)] })
    Grant.addToPrincipal({
      grantee,
      actions: ['iam:PassRole'],
      resourceArns: [this.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    })
    Validations.of(grantee).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${timersOf('<AWS::Partition>')}]`,
      reason: 'A timer is named by what it is for; its group holds nothing else',
    })
  }
}
