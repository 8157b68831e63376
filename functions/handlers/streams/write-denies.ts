import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../adapters/dynamodb/deny-store.ts'
import { DynamoHaltStore } from '../../adapters/dynamodb/halt-store.ts'
import { DynamoPermitStore } from '../../adapters/dynamodb/permit-store.ts'
import { IamRolePolicies } from '../../adapters/iam/role-policies.ts'
import { foreignRevokers } from '../../adapters/sts/foreign-revokers.ts'
import { HaltId, NumericDate, RequestId, StandingPermitId } from '../../domain/values.ts'
import { writeDenies } from '../../operations/credentials/write-denies.ts'
import { endChildren } from '../../operations/delegation/delegate-request.ts'
import { endHalted } from '../../operations/halts/find-halt.ts'
import { endDrawn } from '../../operations/permits/standing-permits.ts'
import { environmentOf } from '../environments.ts'
import { decidingPorts, factsOnly, readBundle } from '../wiring/ports.ts'

const environment = environmentOf('write-denies')
const connection = connect()
const { ACCOUNT: home, REQUESTS_TABLE: requests, LEDGER_TABLE: ledger } = environment
const bundle = readBundle()
const ports = {
  ...decidingPorts(environment, factsOnly(bundle)),
  halts: new DynamoHaltStore(connection, { requests, ledger }),
  permits: new DynamoPermitStore(connection, { requests, ledger }),
  denies: new DynamoDenyStore(connection, requests),
  roles: new IamRolePolicies(foreignRevokers({ home, accounts: bundle.deployment.accounts })),
}
const { log, clock } = ports

const Deny = z.object({ deny: z.union([RequestId, HaltId, z.literal('time')]), role: z.string(), since: NumericDate })
const End = z.object({ end: z.union([RequestId, HaltId, StandingPermitId]) })
const Message = z.union([Deny, End])
type Work = z.infer<typeof Message> & { messageId: string }

/**
 * The one writer of a target role's deny: the queue's group is the role, and what a batch holds of a role is one write.
 * In a group of its own, what ends with something is ended; the denies of that follow in their turn. What fails holds
 * back what follows in its group.
 */
export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const failed: string[] = []
  const work = event.Records.flatMap((record) => readWork(record, failed))
  // Denies first: until they are written, a session works on.
  const denies = Map.groupBy(
    work.filter((each) => 'deny' in each),
    ({ role }) => role,
  )
  for (const [role, ofRole] of denies)
    await orFailed(ofRole, failed, async () => {
      await writeDenies(
        role,
        ofRole.map(({ deny }) => deny),
        ports,
      )
      tellLag(role, ofRole)
    })
  for (const each of work)
    if ('end' in each)
      await orFailed([each], failed, async () => {
        const [request, permit] = [RequestId.safeParse(each.end), StandingPermitId.safeParse(each.end)]
        if (request.success) await endChildren(request.data, ports)
        else if (permit.success) await endDrawn(permit.data, ports)
        else await endHalted(HaltId.parse(each.end), ports)
      })
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
}

async function orFailed(work: readonly Work[], failed: string[], run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (fault) {
    log.error('deny_failed', { fault: nameOf(fault) })
    failed.push(...work.map(({ messageId }) => messageId))
  }
}

/** How long it took from the change on record to IAM's yes: a metric is made of it. IAM's own spreading comes on top. */
function tellLag(role: string, work: readonly z.infer<typeof Deny>[]): void {
  const changes = work.filter(({ deny }) => deny !== 'time').map(({ since }) => since)
  if (changes.length === 0) return
  const lagSeconds = Math.max(0, clock.now() - Math.min(...changes))
  log.info('deny_written', { role, changes: changes.length, lagSeconds })
}

/** A message that says nothing of use fails alone, and ends with the dead letters. */
function readWork({ body, messageId }: SQSRecord, failed: string[]): readonly Work[] {
  try {
    return [{ ...Message.parse(JSON.parse(body)), messageId }]
  } catch (fault) {
    log.error('deny_failed', { fault: nameOf(fault) })
    failed.push(messageId)
    return []
  }
}

const nameOf = (fault: unknown) => (fault instanceof Error ? fault.name : 'unknown')
