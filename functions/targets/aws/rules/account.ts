// Rules: test/policies/bad-folder.test.ts
import * as z from 'zod'
import { NumericDate, PersonId } from '../../../domain/values.ts'

const arnOf = (service: string, resource: string) =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:${service}:${resource}$`))

/** The people who may assume the sealed role: IAM users, since only for them AWS verifies a second factor. */
export const Sealed = z.strictObject({
  people: z
    .record(PersonId, arnOf('iam', ':\\d{12}:user/[\\w+=,.@/-]{1,576}'))
    .refine((people) => Object.keys(people).length >= 1 && Object.keys(people).length <= 8, 'one to eight people'),
  /**
   * An SNS topic in the account's Region, in any account. The default is the app's alarm topic, if it is in this
   * Region.
   */
  alarmTopic: arnOf('sns', '[a-z0-9-]+:\\d{12}:[\\w-]{1,256}').optional(),
  /** The time from which an alarm is raised, until a person recertifies these names. */
  recertifyBy: NumericDate.optional(),
})

export const Account = z.strictObject({
  partition: z.enum(['aws', 'aws-cn', 'aws-us-gov']).default('aws'),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
  accountId: z.string().regex(/^\d{12}$/),
  externalId: z.string().regex(/^[\w+=,.@:/-]{2,1224}$/),
  /** IAM condition keys that session policies omit, because this account's IAM lacks them. */
  unjudgedConditions: z.array(z.string().regex(/^[a-z0-9-]+:[A-Za-z-]+$/)).optional(),
  /** True if credentials are cut to the second by `sts:GetScopedCredentials`. */
  scopedCredentials: z.boolean().optional(),
  sealed: Sealed.optional(),
})
export type Account = z.infer<typeof Account>
