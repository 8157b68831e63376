import { CloudTrailClient, type Event, paginateLookupEvents } from '@aws-sdk/client-cloudtrail'
import * as z from 'zod'
import type { RecordedCall } from '../../domain/uses/use.ts'
import { defined } from '../../domain/values.ts'
import { faultName } from '../../operations/faults.ts'
import type { CallRecord, CallsOnRecord, RecordedSession } from '../../operations/ledger/ports.ts'
import type { Log } from '../../operations/ports.ts'
import { bounded } from '../aws-client.ts'

/** CloudTrail answers two look-ups a second, each with fifty events at most: no reader has it leaf through thousands. */
const pages = 4
const patienceMs = 5000

/**
 * The event history that CloudTrail keeps of every account for ninety days, without a trail: management events alone, so
 * no read or write of an item of a table, and each some minutes after the call.
 */
export class CloudTrailCallRecord implements CallRecord {
  readonly #clients = new Map<string, CloudTrailClient>()
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  async ofSession(session: RecordedSession): Promise<CallsOnRecord | undefined> {
    const { name, role, region, from, until } = session
    const found: Event[] = []
    let read = 0
    try {
      const asked = {
        // Of a session of a role, the name of the user is the session's.
        LookupAttributes: [{ AttributeKey: 'Username' as const, AttributeValue: name }],
        StartTime: new Date(from * 1000),
        EndTime: new Date(until * 1000),
      }
      const settings = { client: this.#clientIn(region), pageSize: 50 }
      for await (const page of paginateLookupEvents(settings, asked, {
        abortSignal: AbortSignal.timeout(patienceMs),
      })) {
        found.push(...(page.Events ?? []))
        read += 1
        if (page.NextToken === undefined || read === pages)
          return { calls: callsIn(found, role), more: page.NextToken !== undefined }
      }
    } catch (cause) {
      this.#log.warn('calls_not_read', { request: name, fault: faultName(cause) })
      if (read === 0) return undefined
    }
    return { calls: callsIn(found, role), more: true }
  }

  #clientIn(region: string): CloudTrailClient {
    const known = this.#clients.get(region)
    if (known) return known
    const client = new CloudTrailClient({ region, ...bounded(2, 3000) })
    this.#clients.set(region, client)
    return client
  }
}

/** What of an event we go by, and no argument of the call: those may hold what only the caller should see. */
const Recorded = z.object({
  userIdentity: z.object({ sessionContext: z.object({ sessionIssuer: z.object({ arn: z.string() }) }) }),
  eventSource: z.string(),
  awsRegion: z.string(),
  recipientAccountId: z.string(),
  errorCode: z.string().optional(),
})

/** A session of another role can have the same name: only those of this role count. */
function callsIn(events: readonly Event[], role: string): readonly RecordedCall[] {
  return (
    events
      // Told the newest first, to the second: of two in one second the order is kept.
      .toReversed()
      .flatMap(({ EventId: id, EventName: name, EventTime: time, Resources = [], CloudTrailEvent: text = '{}' }) => {
        const known = Recorded.safeParse(JSON.parse(text)).data
        if (!known || known.userIdentity.sessionContext.sessionIssuer.arn !== role || !id || !name || !time) return []
        return defined({
          id,
          at: Math.floor(time.getTime() / 1000),
          service: known.eventSource.replace(/\.amazonaws\.com$/, ''),
          name,
          account: known.recipientAccountId,
          region: known.awsRegion,
          resources: Resources.flatMap(({ ResourceName }) => ResourceName ?? []),
          error: known.errorCode,
        })
      })
      .toSorted((one, other) => one.at - other.at)
  )
}
