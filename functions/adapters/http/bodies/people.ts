// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { mostSteps } from '../../../domain/policy/assess-plan.ts'
import { mostText, mostToAgent, plainText } from '../../../domain/requests/plain-text.ts'
import { Digest, JsonObject, PersonId, Verdict } from '../../../domain/values.ts'

/** Words to an agent. */
const ToAgent = plainText(mostToAgent)

export const DecisionBody = z
  .strictObject({
    verdict: Verdict,
    /** By default the open stage, or for a denial the one that this person may decide. */
    stage: z.string().min(1).max(64).optional(),
    round: z.int().positive(),
    digest: Digest,
    comment: z.string().max(1000).optional(),
    /** The typed name of the resource, `type_this` of the request, if its tier demands it. */
    typed: z.string().max(2048).optional(),
    /** The words that the agent reads, once the request is settled. */
    to_agent: ToAgent.optional(),
    /** Whole arguments by the schema of the entry, on the same resource. */
    suggest: z.strictObject({ arguments: JsonObject }).optional(),
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
  .refine(({ verdict, suggest }) => suggest === undefined || verdict === 'revise', {
    path: ['suggest'],
    message: 'is for `revise` only',
  })

export const QuestionBody = z.strictObject({ text: plainText(mostText) })
export const ColleagueBody = z.strictObject({ person: PersonId })

export const RevokeBody = z.strictObject({ reason: z.string().trim().min(1).max(1000) })
