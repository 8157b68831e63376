import * as z from 'zod'
import { Expression } from '../previews/preview-source.ts'
import { JsonObject, secondsIn } from '../values.ts'

const IamAction = z
  .string()
  .regex(/^[a-z0-9-]+:[A-Za-z0-9]+$/, 'one IAM action, such as `ssm:GetAutomationExecution`, no wildcard')

const between = (least: string, most: string) =>
  z.string().refine((text) => {
    const seconds = secondsIn(text) ?? 0
    return seconds >= (secondsIn(least) ?? 0) && seconds <= (secondsIn(most) ?? 0)
  }, `an ISO 8601 duration from \`${least}\` to \`${most}\``)

/** The operations that stop a run. */
export const cancels = [
  'ssm:StopAutomationExecution',
  'states:StopExecution',
  'codebuild:StopBuild',
  'cloudformation:CancelUpdateStack',
] as const

/** The way in which Hotwork follows a run to its end. Templates may have `{run}`, the id that the target gave. */
export const Follow = z.strictObject({
  action: IamAction,
  arguments: JsonObject,
  /** Booleans over its answer. */
  done: Expression,
  succeeded: Expression,
  /** The first pause between two reads. ISO 8601. */
  every: between('PT5S', 'PT5M'),
  /** The time after which the run counts as unknown. ISO 8601. */
  atMost: between('PT1M', 'P7D'),
  /** The follower's rights, for exactly this read and this cancel. */
  rights: z
    .array(
      z.strictObject({
        actions: z.array(IamAction).min(1),
        resources: z.array(z.string().min(1).max(1024)).min(1),
      }),
    )
    .min(1),
  /** The call that stops a run. Without it a run cannot be stopped. */
  cancel: z.strictObject({ action: z.enum(cancels), arguments: JsonObject }).optional(),
})
export type Follow = z.infer<typeof Follow>

/** The last time at which a run is followed. Without `follow`, nothing can follow it. */
export const followedUntil = (follow: Pick<Follow, 'atMost'> | undefined, begunAt: number): number =>
  begunAt + (secondsIn(follow?.atMost ?? '') ?? 0)

/** The longest pause between two reads. Seconds. */
const longestPause = 300

/** The pause before the next read: it grows with the age of the run. Seconds. */
export function pauseOf(
  follow: Pick<Follow, 'every'> | undefined,
  { since, atMost }: { since: number; atMost: number },
  now: number,
): number {
  const pause = Math.min(
    longestPause,
    Math.max(secondsIn(follow?.every ?? '') ?? longestPause, Math.ceil((now - since) / 5)),
  )
  return Math.max(1, Math.min(pause, atMost + 1 - now))
}
