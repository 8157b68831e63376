import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { connect } from '../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../adapters/dynamodb/deny-store.ts'
import { DynamoHaltStore } from '../adapters/dynamodb/halt-store.ts'
import { DynamoRequestStore } from '../adapters/dynamodb/request-store.ts'
import { IamRolePolicies } from '../adapters/iam/role-policies.ts'
import { PowertoolsLog } from '../adapters/powertools/log.ts'
import { SystemClock } from '../adapters/system/clock.ts'
import { HaltId, NumericDate, RequestId } from '../domain/values.ts'
import { writeDenies } from '../operations/write-denies.ts'
import { environmentOf } from './environments.ts'

const { REQUESTS_TABLE } = environmentOf('write-denies')
const connection = connect()
const log = new PowertoolsLog()
const tables = { requests: REQUESTS_TABLE, ledger: '' }
const ports = {
  requests: new DynamoRequestStore(connection, tables),
  halts: new DynamoHaltStore(connection, tables),
  denies: new DynamoDenyStore(connection, REQUESTS_TABLE),
  roles: new IamRolePolicies(),
  clock: new SystemClock(),
  log,
}

const Message = z.object({
  role: z.string(),
  since: NumericDate,
  cause: z.union([z.object({ request: RequestId }), z.object({ halt: HaltId }), z.literal('time')]),
})
type Work = z.infer<typeof Message> & { messageId: string }

/**
 * The one writer of a target role's deny: the queue's group is the role. What a batch holds of a role is one write, and
 * fails together, which holds back what follows in its group.
 */
export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const failed: string[] = []
  const work = event.Records.flatMap((record) => readWork(record, failed))
  for (const [role, ofRole] of Map.groupBy(work, (each) => each.role)) {
    if (!(await write(role, ofRole))) failed.push(...ofRole.map(({ messageId }) => messageId))
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
}

async function write(role: string, work: readonly Work[]): Promise<boolean> {
  try {
    await writeDenies(
      role,
      work.map(({ cause }) => cause),
      ports,
    )
    tellLag(role, work)
    return true
  } catch (fault) {
    failure(fault)
    return false
  }
}

/** How long it took from the change on record to IAM's yes: a metric is made of it. IAM's own spreading comes on top. */
function tellLag(role: string, work: readonly Work[]): void {
  const changes = work.filter(({ cause }) => cause !== 'time').map(({ since }) => since)
  if (changes.length === 0) return
  const lagSeconds = Math.max(0, ports.clock.now() - Math.min(...changes))
  log.info('deny_written', { role, changes: changes.length, lagSeconds })
}

/** A message that says nothing of use fails alone, and ends with the dead letters. */
function readWork({ body, messageId }: SQSRecord, failed: string[]): readonly Work[] {
  try {
    return [{ ...Message.parse(JSON.parse(body)), messageId }]
  } catch (fault) {
    failure(fault)
    failed.push(messageId)
    return []
  }
}

const failure = (fault: unknown) =>
  log.error('deny_failed', { fault: fault instanceof Error ? fault.name : 'unknown' })
