import {
  CloudTrailClient,
  type CloudTrailClientConfig,
  type Event,
  LookupEventsCommand,
} from '@aws-sdk/client-cloudtrail'
import * as z from 'zod'
import { bounded } from '../../../adapters/aws-client.ts'
import type { RecordedCall } from '../../../domain/uses/recorded-call.ts'
import { CredentialId, defined, JsonObject, type NumericDate, parseJson } from '../../../domain/values.ts'
import { faultName } from '../../../operations/faults.ts'
import type { Log } from '../../../operations/ports.ts'
import type { CallRecord, CallsOnRecord, RecordedSession } from '../ports.ts'

/** Pages of one look-up. CloudTrail allows two calls a second, with at most fifty events each. */
const pages = 4
const patienceMs = 6000

type Credentials = NonNullable<CloudTrailClientConfig['credentials']>

/**
 * CloudTrail's event history, which every account has for ninety days without a trail. It has management events only
 * (no reads or writes of table items), each some minutes after the call.
 */
export class CloudTrailCallRecord implements CallRecord {
  readonly #clients = new Map<string, CloudTrailClient>()
  readonly #credentialsFor: (role: string) => Credentials | undefined
  readonly #log: Log

  constructor(log: Log, credentialsFor: (role: string) => Credentials | undefined = () => undefined) {
    this.#log = log
    this.#credentialsFor = credentialsFor
  }

  async ofSession(session: RecordedSession): Promise<CallsOnRecord | undefined> {
    const { name, role, from, until, issued } = session
    const signal = AbortSignal.timeout(patienceMs)
    // The user name of a role's session is the session's name.
    const byName = { key: 'Username', value: name, from, until } as const
    const calls = await Promise.all(session.regions.map((region) => this.#read(region, session, byName, signal)))
    if (calls.every(({ read }) => read === 0)) return undefined
    const made = issued ? { key: 'ResourceName' as const, value: role, ...issued } : undefined
    // If this look-up fails, the calls stay, without their credential.
    const issues = made
      ? await Promise.all(session.regions.map((region) => this.#read(region, session, made, signal)))
      : []
    const keys = keysIn(issues.flatMap(({ found }) => found))
    return {
      calls: calls.flatMap(({ found }) => callsIn(found, session, keys)),
      more: calls.some(({ more }) => more),
    }
  }

  async #read(
    region: string,
    { name, role }: RecordedSession,
    { key, value, from, until }: Lookup,
    abortSignal: AbortSignal,
  ): Promise<{ found: readonly Event[]; read: number; more: boolean }> {
    const found: Event[] = []
    let read = 0
    try {
      const client = this.#clientFor(role, region)
      let NextToken: string | undefined
      do {
        const asked = new LookupEventsCommand({
          LookupAttributes: [{ AttributeKey: key, AttributeValue: value }],
          StartTime: new Date(from * 1000),
          EndTime: new Date(until * 1000),
          MaxResults: 50,
          NextToken,
        })
        const page = await client.send(asked, { abortSignal })
        found.push(...(page.Events ?? []))
        NextToken = page.NextToken
        read += 1
      } while (NextToken !== undefined && read < pages)
      return { found, read, more: NextToken !== undefined }
    } catch (cause) {
      this.#log.warn('calls_not_read', { request: name, role, region, by: key, fault: faultName(cause) })
      return { found, read, more: true }
    }
  }

  #clientFor(role: string, region: string): CloudTrailClient {
    const [, , , , account] = role.split(':')
    const at = `${account} ${region}`
    const known = this.#clients.get(at)
    if (known) return known
    const credentials = this.#credentialsFor(role)
    const client = new CloudTrailClient({ region, ...bounded(4, 3000), ...defined({ credentials }) })
    this.#clients.set(at, client)
    return client
  }
}

type Lookup = { key: 'Username' | 'ResourceName'; value: string; from: NumericDate; until: NumericDate }

const Recorded = z.object({
  userIdentity: z.object({
    accessKeyId: z.string().optional(),
    arn: z.string(),
    sessionContext: z.object({ sessionIssuer: z.object({ arn: z.string() }) }),
  }),
  eventSource: z.string(),
  awsRegion: z.string(),
  recipientAccountId: z.string(),
  errorCode: z.string().optional(),
  requestParameters: JsonObject.nullish().catch(undefined),
})

/**
 * Leaves out other sessions of the same name: those of another role or account, and those whose tags name another
 * request.
 */
function callsIn(events: readonly Event[], { name, role }: RecordedSession, keys: Keys): readonly RecordedCall[] {
  // Events come newest first. Their times are whole seconds, so reversing keeps more order than sorting.
  return events.toReversed().flatMap((event) => {
    const { EventId: id, EventName: called, EventTime: time, Resources = [], CloudTrailEvent: text = '{}' } = event
    const known = Recorded.safeParse(parseJson(text)).data
    if (!known || !id || !called || !time) return []
    const { accessKeyId = '', arn, sessionContext } = known.userIdentity
    if (sessionContext.sessionIssuer.arn !== role || !arn.endsWith(`/${name}`)) return []
    const made = keys.get(accessKeyId)
    if (made?.request !== undefined && made.request !== name) return []
    return defined({
      id,
      at: Math.floor(time.getTime() / 1000),
      service: known.eventSource.replace(/\.amazonaws\.com$/, ''),
      name: called,
      account: known.recipientAccountId,
      region: known.awsRegion,
      resources: Resources.flatMap(({ ResourceName }) => ResourceName ?? []),
      error: known.errorCode,
      parameters: known.requestParameters ?? undefined,
      credential: made?.credential,
    })
  })
}

/** The tags of issued credentials by access key id; dropped after this call. */
type Keys = ReadonlyMap<string, { request?: string; credential?: CredentialId }>

const Issued = z.object({
  requestParameters: z.object({ tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]) }),
  responseElements: z.object({ credentials: z.object({ accessKeyId: z.string() }) }),
})

const keysIn = (events: readonly Event[]): Keys =>
  new Map(
    events.flatMap(({ EventName: name, CloudTrailEvent: text = '{}' }) => {
      const made = name === 'AssumeRole' ? Issued.safeParse(parseJson(text)).data : undefined
      if (!made) return []
      const tag = (key: string) => made.requestParameters.tags.find((each) => each.key === key)?.value
      const credential = CredentialId.safeParse(tag('hotwork:credential')).data
      return [[made.responseElements.credentials.accessKeyId, defined({ request: tag('hotwork:request'), credential })]]
    }),
  )
