import * as z from 'zod'
import { longestSealedSession, type SealedUse } from '../../domain/break-glass/sealed-role.ts'
import { Seconds } from '../../domain/values.ts'

/**
 * What EventBridge hands on of an `AssumeRole` that CloudTrail has on record. More stands in it, and none of it is read: the
 * credentials' own identifier is nobody's business here.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
 */
const Told = z.object({
  source: z.literal('aws.sts'),
  detail: z.object({
    eventID: z.string().min(1).max(128),
    eventTime: z.iso.datetime().transform((text) => Math.floor(Date.parse(text) / 1000)),
    eventName: z.literal('AssumeRole'),
    // What was refused is no use.
    errorCode: z.undefined().optional(),
    userIdentity: z.object({ arn: z.string().min(1).max(2048) }),
    requestParameters: z.object({
      roleArn: z.string().min(1).max(2048),
      durationSeconds: Seconds.default(longestSealedSession),
    }),
  }),
})

/** The use of a sealed role that an event tells of. @throws z.ZodError when it tells of none */
export function sealedUseOf(event: unknown): SealedUse {
  const { eventID, eventTime, userIdentity, requestParameters } = Told.parse(event).detail
  return {
    eventId: eventID,
    user: userIdentity.arn,
    role: requestParameters.roleArn,
    at: eventTime,
    seconds: requestParameters.durationSeconds,
  }
}
