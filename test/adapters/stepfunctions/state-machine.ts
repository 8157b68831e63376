import { randomUUID } from 'node:crypto'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { CreateStateMachineCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn'
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { SfnWorkflow } from '../../../functions/adapters/stepfunctions/workflow.ts'
import type { Workflow } from '../../../functions/operations/requests/ports.ts'

export type Started = {
  workflow: Workflow
  /** The task token of the wait in which the next execution waits, and the input it was started with. */
  nextWait: () => Promise<{ taskToken: string; input: unknown }>
  /** How the next wait ended. */
  nextEnd: () => Promise<string>
  executions: () => Promise<number>
}

/** A machine with one waiting state, and the adapter on it. */
export async function onStepFunctions(): Promise<Started> {
  const [sqs, sfn] = [new SQSClient({ useQueueUrlAsEndpoint: false }), new SFNClient({})]
  const makeQueue = async () =>
    (await sqs.send(new CreateQueueCommand({ QueueName: `test-${randomUUID()}` }))).QueueUrl as string
  const [waits, ends] = [await makeQueue(), await makeQueue()]
  const trust = { Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' }
  const { Role } = await new IAMClient({}).send(
    new CreateRoleCommand({
      RoleName: `test-${randomUUID()}`,
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
    }),
  )
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name: `test-${randomUUID()}`,
      roleArn: Role?.Arn,
      definition: JSON.stringify(machine(waits, ends)),
    }),
  )
  const take = async (QueueUrl: string) => {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }))
    const { Body, ReceiptHandle } = Messages?.[0] ?? {}
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    return JSON.parse(Body as string)
  }
  return {
    workflow: new SfnWorkflow(stateMachineArn as string),
    nextWait: () => take(waits),
    nextEnd: async () => (await take(ends)).end,
    executions: async () => (await sfn.send(new ListExecutionsCommand({ stateMachineArn }))).executions?.length ?? 0,
  }
}

/** One waiting state, as infra's machine has them; a queue is told of its token, and another of how it ended. */
function machine(waits: string, ends: string) {
  const tell = (end: string) => ({
    Type: 'Task',
    Resource: 'arn:aws:states:::sqs:sendMessage',
    Parameters: { QueueUrl: ends, MessageBody: { end } },
    End: true,
  })
  return {
    StartAt: 'Wait',
    States: {
      Wait: {
        Type: 'Task',
        Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
        Parameters: { QueueUrl: waits, MessageBody: { 'taskToken.$': '$$.Task.Token', 'input.$': '$' } },
        TimeoutSeconds: 60,
        Catch: [
          { ErrorEquals: ['Settled'], Next: 'Settled' },
          { ErrorEquals: ['Moved'], Next: 'Moved' },
          // What infra's machine retries by: any error that is not a timeout.
          { ErrorEquals: ['States.TaskFailed'], Next: 'Faulted' },
        ],
        Next: 'Succeeded',
      },
      Succeeded: tell('succeeded'),
      Settled: tell('Settled'),
      Moved: tell('Moved'),
      Faulted: tell('Faulted'),
    },
  }
}
