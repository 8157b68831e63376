import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { ListStateMachinesCommand, paginateListExecutions, SFNClient } from '@aws-sdk/client-sfn'
import { patient } from '../../functions/adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../functions/adapters/dynamodb/deny-store.ts'
import { DynamoLedgerStore } from '../../functions/adapters/dynamodb/ledger-store.ts'
import { DynamoRequestStore } from '../../functions/adapters/dynamodb/request-store.ts'
import { DynamoWaitStore } from '../../functions/adapters/dynamodb/wait-store.ts'
import type { Deny } from '../../functions/domain/credentials/denies.ts'
import type { Entry } from '../../functions/domain/ledger/ledger.ts'
import { grantOf } from '../../functions/domain/record/request.ts'
import type { RequestId } from '../../functions/domain/values.ts'
import type { Stored } from '../../functions/operations/record/ports.ts'
import { clientSettings } from '../../local/emulator.ts'
import type { Local } from '../../local/local-file.ts'

type Message = { channel: string; ts: string; blocks?: unknown[]; thread_ts?: string }

/** The state of AWS and the desk after the load. */
export type Facts = Awaited<ReturnType<typeof readFacts>>

export async function readFacts(local: Local) {
  const { aws } = local
  const client = new DynamoDBClient(clientSettings(aws))
  const connection = { client, patience: patient }
  const tables = { requests: aws.requestsTable, ledger: aws.ledgerTable }
  const requests = new DynamoRequestStore(connection, tables)
  const ledger = new DynamoLedgerStore(connection, tables)
  const waits = new DynamoWaitStore(connection, aws.waitsTable)

  const ids = await scanned(client, aws.requestsTable, ({ pk }) => pk?.match(/^REQ#(req_\w+)$/)?.[1])
  const stored = new Map<string, Stored>()
  const entries = new Map<string, readonly Entry[]>()
  const waiting = new Map<string, number>()
  for (const id of ids as RequestId[]) {
    const found = await requests.load(id)
    if (found) stored.set(id, found)
    entries.set(id, await ledger.entries(id))
    waiting.set(id, (await waits.open(id)).length)
  }
  const cards = await scanned(client, aws.cardsTable, ({ requestId, channel, ts, burst }) => {
    if (burst === undefined) return { channel, ts, requests: [requestId ?? ''], isBurst: false }
    const told = JSON.parse(burst) as { channel: string; ts: string; members: string[] }
    return { channel: told.channel, ts: told.ts, requests: told.members, isBurst: true }
  })
  const roles = new Set(
    [...stored.values()].flatMap(({ state }) => grantOf(state)?.sessions.map(({ role }) => role) ?? []),
  )
  const denies = new Map<string, readonly Deny[]>()
  for (const role of roles) denies.set(role, await new DynamoDenyStore(connection, aws.requestsTable).ofRole(role))
  client.destroy()
  return {
    ...{ stored, entries, waiting, cards, denies },
    executions: await executionsOf(local),
    messages: await messagesOf(local),
    differences: await reconciled(local),
  }
}

async function scanned<T>(
  client: DynamoDBClient,
  TableName: string,
  read: (row: { [name: string]: string | undefined }) => T | undefined,
): Promise<T[]> {
  const found: T[] = []
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true }))
    for (const item of Items) {
      const one = read(Object.fromEntries(Object.entries(item).map(([name, value]) => [name, value.S])))
      if (one !== undefined) found.push(one)
    }
  return found
}

/** The status of each workflow, by request. */
async function executionsOf({ aws }: Local): Promise<Map<string, string[]>> {
  const client = new SFNClient(clientSettings(aws))
  const found = new Map<string, string[]>()
  const { stateMachines = [] } = await client.send(new ListStateMachinesCommand({}))
  // Each tier has its own state machine.
  const ours = stateMachines.filter(({ name = '' }) => name.replace(/-tier\d+$/, '') === aws.stackName)
  for (const { stateMachineArn } of ours)
    for await (const { executions = [] } of paginateListExecutions({ client }, { stateMachineArn }))
      for (const { name = '', status = '' } of executions) found.set(name, [...(found.get(name) ?? []), status])
  client.destroy()
  return found
}

async function messagesOf({ slack }: Local): Promise<Message[]> {
  const response = await fetch(`${slack.deskUrl}control/messages`)
  return ((await response.json()) as { messages: Message[] }).messages
}

/** Differences between the tables and the log, by the hourly reconciliation, run at once. */
async function reconciled({ aws }: Local): Promise<readonly unknown[]> {
  const client = new LambdaClient(clientSettings(aws))
  const { Payload, FunctionError } = await client.send(new InvokeCommand({ FunctionName: aws.reconcileFunction }))
  client.destroy()
  const told = JSON.parse(Buffer.from(Payload ?? []).toString('utf8')) as { differences?: unknown[] }
  return FunctionError || !told.differences ? [told] : told.differences
}
