// Rules: test/domain/people/group-source.test.ts
import * as z from 'zod'
import { SecureUrl } from '../../domain/people/identity-issuer.ts'
import { holdsFor, type SourceKind } from '../kind.ts'

/**
 * A schedule of the pager. Escalation levels above `level` do not count: they are paged only if the first is silent.
 */
export const Schedule = z.strictObject({
  schedule: z.string().regex(/^[A-Z0-9]{2,32}$/),
  level: z.int().min(1).max(20).default(1),
})
export type Schedule = z.infer<typeof Schedule>

/** The address of the pager's API, if it differs from the default. */
export const PagerSettings = z.strictObject({ url: SecureUrl })

export const pagerSource = {
  name: 'pagerDuty',
  title: 'a schedule of PagerDuty',
  config: Schedule,
  by: 'schedule',
  holdsFor,
  key: ({ schedule, level }) => `pager ${schedule} ${level}`,
  words: ({ schedule, level }) => ['PagerDuty, schedule ', { value: schedule }, `, up to level ${level}`],
  account: {
    member: 'pagerUser',
    schema: z.string().regex(/^[A-Z0-9]{2,32}$/),
    title: 'their user id of PagerDuty',
  },
} as const satisfies SourceKind<Schedule>
