import { setTimeout as pause } from 'node:timers/promises'
import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda'
import {
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { patient } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../../functions/adapters/dynamodb/ledger-store.ts'
import { DynamoTextStore } from '../../../functions/adapters/dynamodb/text-store.ts'
import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import { withTextsBeside } from '../../../functions/domain/ledger/texts.ts'
import { textsBeside } from '../../../functions/operations/ledger/texts.ts'
import type { Local } from '../../../local/local-file.ts'
import type { Answer } from './deployment.ts'

export const connection = ({ aws }: Local) => ({ endpoint: aws.endpointUrl, region: aws.region })
export const administrator = ({ aws }: Local) => ({
  accessKeyId: aws.accessKeyId,
  secretAccessKey: aws.secretAccessKey,
})

/** The name that CloudFormation gave a function. @param which its entry file, in Pascal case */
export async function functionNamed(local: Local, which: string): Promise<string> {
  const client = new LambdaClient({ ...connection(local), credentials: administrator(local) })
  for await (const { Functions = [] } of paginateListFunctions({ client }, {}))
    for (const { FunctionName = '' } of Functions)
      if (FunctionName.startsWith(`${local.aws.stackName}-`) && FunctionName.includes(which)) return FunctionName
  throw new Error(`no function is called ${which}`)
}

/** An agent's calls with the answer of `/aws/credentials`. */
export function withCredentials(local: Local, { body }: Pick<Answer, 'body'>) {
  const credentials = {
    accessKeyId: body.AccessKeyId,
    secretAccessKey: body.SecretAccessKey,
    sessionToken: body.SessionToken,
  }
  const ssm = new SSMClient({ ...connection(local), credentials, maxAttempts: 1 })
  return {
    /** Sets a parameter. @returns `done`, or the name of the refusal */
    putParameter: async (Name: string, Value = '3000'): Promise<string> =>
      ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true })).then(
        () => 'done',
        (cause: Error) => cause.name,
      ),
  }
}

/** The entries of the ledger table with all texts that they commit to, also ID tokens that the API still withholds. */
export async function storedEntries(local: Local, request: string): Promise<readonly Entry[]> {
  const client = new DynamoDBClient({ ...connection(local), credentials: administrator(local) })
  const { requestsTable: requests, ledgerTable: ledger, textsTable } = local.aws
  const entries = await new DynamoLedgerStore({ client, patience: patient }, { requests, ledger }).entries(request)
  const texts = new DynamoTextStore({ client, patience: patient }, textsTable)
  return withTextsBeside(entries, await textsBeside(entries, 253_402_300_800, texts))
}

/**
 * Deletes what people told agents. They do not decide what they told an agent to ask for, and all tests share people and
 * agents.
 */
export async function forgetWords(local: Local, ...agents: readonly string[]): Promise<void> {
  const client = new DynamoDBClient({ ...connection(local), credentials: administrator(local) })
  const TableName = local.aws.requestsTable
  for (const agent of agents)
    await client.send(new DeleteItemCommand({ TableName, Key: { pk: { S: `TOLD#${agent}` }, sk: { S: 'ONCE' } } }))
  client.destroy()
}

/** The history of a request's executions, oldest first; empty without one. */
export async function historyOf(local: Local, request: string): Promise<readonly HistoryEvent[]> {
  const sfn = new SFNClient({ ...connection(local), credentials: administrator(local) })
  const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}))
  const ours = stateMachines.filter(
    ({ name }) => name === local.aws.stackName || name?.match(/^(.*)-tier\d+$/)?.[1] === local.aws.stackName,
  )
  const histories = ours.map(async ({ stateMachineArn = '' }) => {
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${request}`
    try {
      return (await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }))).events ?? []
    } catch (cause) {
      if (cause instanceof ExecutionDoesNotExist) return []
      throw cause
    }
  })
  return (await Promise.all(histories)).flat()
}

/** The states that an execution entered. Each is a transition that is paid for. */
export const statesOf = async (local: Local, request: string): Promise<readonly string[]> =>
  (await historyOf(local, request)).flatMap(({ stateEnteredEventDetails: entered }) => entered?.name ?? [])

/** Polls until the answer is as wanted, for work that AWS does in its own time. @returns the last answer after `seconds` */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean, seconds = 60): Promise<T> {
  const began = Date.now()
  for (;;) {
    const answer = await ask()
    const waited = Date.now() - began
    if (wanted(answer) || waited > seconds * 1000) return answer
    // A long wait asks less often: the emulator has other work.
    await pause(Math.min(Math.max(50, waited / 20), 250))
  }
}

/** The states of an execution, once it has entered this one. */
export const untilState = (local: Local, request: string, state: string): Promise<readonly string[]> =>
  until(
    () => statesOf(local, request),
    (states) => states.includes(state),
  )

/** The refusal of a call that IAM still lets through: a deny takes its time. */
export const untilRefused = (call: () => Promise<string>, seconds?: number): Promise<string> =>
  until(call, (answer) => answer !== 'done', seconds)

/** Waits for a second of the minute. */
export const untilSecond = (wanted: (second: number) => boolean): Promise<number> =>
  until(async () => new Date().getUTCSeconds(), wanted, 61)
