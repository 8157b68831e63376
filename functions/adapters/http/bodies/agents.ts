// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { Outcome } from '../../../domain/record/request.ts'
import { EvaluationBody, EvaluationContext } from '../../../domain/requests/evaluation-body.ts'
import { mostText, plainText } from '../../../domain/requests/plain-text.ts'
import { AgentId, JsonObject, Resource, Timestamp } from '../../../domain/values.ts'

/** AuthZEN Authorization API 1.0, Action Search API. */
export const ActionSearchBody = EvaluationBody.pick({ subject: true, resource: true }).extend({
  context: EvaluationContext.pick({ purpose: true }).optional(),
  page: z.object({ token: z.string().optional(), limit: z.int().min(0).optional() }).optional(),
})

export const ExtendBody = z.strictObject({
  minutes: z.int().min(1).max(1440),
  justification: z.string().max(4000).optional(),
})

export const DelegationBody = z.strictObject({
  agent: AgentId,
  action: z.strictObject({ name: z.string().min(1).max(256), properties: JsonObject.default({}) }),
  resource: Resource,
  uses: z.int().positive().max(1000).optional(),
  expires_at: Timestamp.optional(),
})

/** The id of a question is free text here: an invalid id is refused as unknown. */
export const AnswerBody = z.strictObject({ question: z.string().min(1).max(64), text: plainText(mostText) })

/** The end of a task or of a use. */
export const OutcomeBody = z.strictObject({ outcome: Outcome, note: z.string().max(1000).optional() })
