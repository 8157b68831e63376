import { randomUUID } from 'node:crypto'
import { CreateStateMachineCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn'
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { SfnRunWorkflow, SfnWorkflow } from '../../../functions/adapters/stepfunctions/workflow.ts'
import type { RunWorkflow, Workflow } from '../../../functions/operations/requests/ports.ts'
import { makeRole } from '../../targets/aws/iam/target-role.ts'

export type Started = {
  workflow: Workflow
  /** The task token of the next execution's wait, and the input of the execution. */
  nextWait: () => Promise<{ taskToken: string; input: unknown }>
  /** The end of the next wait. */
  nextEnd: () => Promise<string>
  executions: () => Promise<number>
}

/** A machine with one waiting state, and the adapter on it. */
export async function onStepFunctions(): Promise<Started> {
  const [sqs, sfn] = [new SQSClient({ useQueueUrlAsEndpoint: false }), new SFNClient({})]
  const makeQueue = async () =>
    (await sqs.send(new CreateQueueCommand({ QueueName: `test-${randomUUID()}` }))).QueueUrl as string
  const [waits, ends] = [await makeQueue(), await makeQueue()]
  const roleArn = await makeRole(`test-${randomUUID()}`, { Principal: { Service: 'states.amazonaws.com' } })
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name: `test-${randomUUID()}`,
      roleArn,
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

export type Watched = { runs: RunWorkflow; attempts: () => Promise<readonly number[]> }

/** A machine that pauses as long as its input says, and the adapter on it. */
export async function onRunsMachine(): Promise<Watched> {
  const sfn = new SFNClient({})
  const roleArn = await makeRole(`test-${randomUUID()}`, { Principal: { Service: 'states.amazonaws.com' } })
  const States = { Pause: { Type: 'Wait', SecondsPath: '$.seconds', End: true } }
  const definition = JSON.stringify({ StartAt: 'Pause', States })
  const made = await sfn.send(new CreateStateMachineCommand({ name: `test-${randomUUID()}`, roleArn, definition }))
  const stateMachineArn = made.stateMachineArn as string
  return {
    runs: new SfnRunWorkflow(stateMachineArn),
    attempts: async () => {
      const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }))
      return executions.map(({ name = '' }) => Number(name.split('-')[1] ?? 1)).sort()
    },
  }
}

/** One waiting state like those of infra's machine; a queue receives its token, and another its end. */
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
          // The error by which infra's machine retries: any but a timeout.
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
