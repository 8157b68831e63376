// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { mostSteps } from '../../../domain/policy/assess-plan.ts'
import { Digest, JsonObject, Verdict } from '../../../domain/values.ts'

export const DecisionBody = z
  .strictObject({
    verdict: Verdict,
    /** By default the open stage, or for a denial the one that this person may decide. */
    stage: z.string().min(1).max(64).optional(),
    round: z.int().positive(),
    digest: Digest,
    comment: z.string().max(1000).optional(),
    narrow: z
      .strictObject({
        arguments: JsonObject.optional(),
        uses: z.int().positive().optional(),
        minutes: z.int().positive().max(1440).optional(),
        /** Narrowing of a plan: a step is struck out, or its arguments become less. */
        steps: z
          .array(
            z.strictObject({
              step: z.int().positive().max(mostSteps),
              arguments: JsonObject.optional(),
              strike: z.literal(true).optional(),
            }),
          )
          .max(mostSteps)
          .optional(),
      })
      .optional(),
  })
  .refine(({ verdict, narrow }) => narrow === undefined || verdict === 'approve', {
    path: ['narrow'],
    message: 'is for an approval only',
  })

export const RevokeBody = z.strictObject({ reason: z.string().trim().min(1).max(1000) })
