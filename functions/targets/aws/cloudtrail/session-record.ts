import type { CloudTrailClientConfig, Event } from '@aws-sdk/client-cloudtrail'
import { CloudTrailClient, paginateLookupEvents } from '@aws-sdk/client-cloudtrail'
import * as z from 'zod'
import { bounded } from '../../../adapters/aws-client.ts'
import { longestSealedSession, type SealedUse } from '../../../domain/break-glass/sealed-role.ts'
import { defined, JsonObject, type NumericDate, Seconds } from '../../../domain/values.ts'
import type { SessionOnRecord } from '../findings.ts'
import type { Recorded, SealedEvent, SessionRecord } from '../ports.ts'

/** The members of a recorded `AssumeRole` that EventBridge passes on. */
const ToldUse = z.object({
  source: z.literal('aws.sts'),
  detail: z.object({
    eventID: z.string().min(1).max(128),
    eventTime: z.iso.datetime().transform((text) => Math.floor(Date.parse(text) / 1000)),
    eventName: z.literal('AssumeRole'),
    errorCode: z.undefined().optional(),
    userIdentity: z.object({ arn: z.string().min(1).max(2048) }),
    requestParameters: z.object({
      roleArn: z.string().min(1).max(2048),
      durationSeconds: Seconds.default(longestSealedSession),
    }),
  }),
})

/** The use of a sealed role in an event. @throws z.ZodError if it has none */
export function sealedUseOf(event: unknown): SealedUse {
  const { eventID, eventTime, userIdentity, requestParameters } = ToldUse.parse(event).detail
  return {
    eventId: eventID,
    user: userIdentity.arn,
    role: requestParameters.roleArn,
    at: eventTime,
    seconds: requestParameters.durationSeconds,
  }
}

type Credentials = NonNullable<CloudTrailClientConfig['credentials']>

/** Ten thousand events of a role in one Region, which take two minutes at CloudTrail's two look-ups a second. */
const pages = 200

/**
 * The `AssumeRole` calls of a role, from the event history that CloudTrail keeps of every account for ninety days, with
 * or without a trail. A call is recorded in the Region whose STS answered it.
 */
export class CloudTrailSessionRecord implements SessionRecord {
  readonly #credentialsFor: (role: string) => Credentials | undefined
  readonly #regionsOf: (role: string) => readonly string[]

  /** @param regionsOf the Regions in which a role's sessions may be */
  constructor(
    credentialsFor: (role: string) => Credentials | undefined,
    regionsOf: (role: string) => readonly string[],
  ) {
    this.#credentialsFor = credentialsFor
    this.#regionsOf = regionsOf
  }

  async sessions(role: string, from: NumericDate): Promise<Recorded<SessionOnRecord>> {
    const { found, more } = await this.#assumed(role, from)
    return { found: found.map(sessionOf), more }
  }

  async sealedUses(role: string, from: NumericDate): Promise<Recorded<SealedEvent>> {
    const { found, more } = await this.#assumed(role, from)
    return {
      // Without STS's answer, whose session token must not get into a queue.
      found: found.map(({ eventId, at, detail: { responseElements: _, ...detail } }) => ({
        eventId,
        at,
        event: { source: 'aws.sts', 'detail-type': 'AWS API Call via CloudTrail', detail },
      })),
      more,
    }
  }

  async #assumed(role: string, from: NumericDate): Promise<Recorded<Assumed>> {
    const byId = new Map<string, Assumed>()
    let cut = false
    for (const region of this.#regionsOf(role)) {
      // Reused, since CloudTrail throttles callers above two calls a second, and this caller has time.
      const credentials = this.#credentialsFor(role)
      const client = new CloudTrailClient({ region, ...bounded(8, 5000), ...defined({ credentials }) })
      const asked = {
        LookupAttributes: [{ AttributeKey: 'ResourceName' as const, AttributeValue: role }],
        StartTime: new Date(from * 1000),
      }
      let read = 0
      try {
        for await (const { Events = [], NextToken } of paginateLookupEvents({ client, pageSize: 50 }, asked)) {
          for (const each of Events.flatMap((event) => assumedIn(event, role))) byId.set(each.eventId, each)
          read += 1
          if (read < pages || NextToken === undefined) continue
          cut = true
          break
        }
      } finally {
        client.destroy()
      }
    }
    return { found: [...byId.values()].sort((one, other) => one.at - other.at), more: cut }
  }
}

type Assumed = { eventId: string; at: NumericDate; detail: JsonObject }

/** The members that are read of an event. A call counts even if CloudTrail omits some. */
const Told = z.object({
  errorCode: z.undefined().optional(),
  requestParameters: z
    .object({
      roleArn: z.string(),
      roleSessionName: z.string(),
      durationSeconds: Seconds.optional(),
      tags: z.array(z.object({ key: z.string(), value: z.string() })).optional(),
    })
    .nullish(),
})

function assumedIn(
  { EventId: eventId, EventName: name, EventTime: time, CloudTrailEvent: text = '{}' }: Event,
  role: string,
): readonly Assumed[] {
  if (name !== 'AssumeRole' || !eventId || !time) return []
  const detail = JsonObject.parse(JSON.parse(text))
  const { success, data } = Told.safeParse(detail)
  // Skips refused calls and those of another role: the request has the exact ARN of the wanted role.
  if ('errorCode' in detail || (success && (data.requestParameters?.roleArn ?? role) !== role)) return []
  return [{ eventId, at: Math.floor(time.getTime() / 1000), detail }]
}

/** STS's default length, if the caller asks for none. Seconds. */
const usual = 3600

function sessionOf({ eventId, at, detail }: Assumed): SessionOnRecord {
  const {
    roleSessionName: name = '',
    durationSeconds = usual,
    tags,
  } = Told.safeParse(detail).data?.requestParameters ?? {}
  return {
    eventId,
    name: name || `unnamed in ${eventId}`,
    tags: tags ? Object.fromEntries(tags.map(({ key, value }) => [key, value])) : { 'hotwork:request': name },
    at,
    endsAt: at + durationSeconds,
  }
}
