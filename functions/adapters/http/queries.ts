// Rules: test/handlers/people/read-requests.test.ts
import * as z from 'zod'
import { folds } from '../../domain/agents/map.ts'
import { EvaluationContext } from '../../domain/requests/evaluation-body.ts'
import { AgentId, JsonObject, PersonId, Timestamp, ToolId } from '../../domain/values.ts'
import { jsonIn } from '../read-json.ts'
import { After, AfterEntry, AfterFound } from './read-body.ts'

/** The filter of a list of requests in its query. */
export const requestFilter = {
  status: z.enum(['pending', 'approved', 'denied', 'withdrawn', 'expired', 'completed', 'revoked']).optional(),
  agent: AgentId.optional(),
  owner: PersonId.optional(),
  task: z.string().min(1).max(256).optional(),
  resource: z.string().min(1).max(2048).optional(),
  action: z.string().min(1).max(128).optional(),
  since: Timestamp.optional(),
  until: Timestamp.optional(),
  search: z
    .string()
    .trim()
    .min(1)
    .max(128)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'should be words, without control characters')
    .optional(),
}

export const page = { after: After.optional() }
export const entriesPage = { after: AfterEntry.optional() }
export const haltsQuery = { all: z.literal('true').optional(), ...page }
export const usageQuery = { since: Timestamp.optional(), ...page }
export const permitQuery = {
  /** JSON. */
  shape: z
    .string()
    .max(16_384)
    .transform((text, context) => {
      const shape = JsonObject.safeParse(jsonIn(text))
      if (shape.success) return shape.data
      context.addIssue('should be a JSON object: each argument with its value, pattern or range')
      return z.NEVER
    })
    .optional(),
}
/** An empty parameter counts as absent, as browsers send it for a form's first choice. */
const orEmpty = <S extends z.ZodType>(schema: S) => z.preprocess((value) => value || undefined, schema.optional())
export const mapQuery = {
  agent: orEmpty(AgentId),
  owner: orEmpty(PersonId),
  host: orEmpty(z.string().max(512)),
  fold: orEmpty(z.enum(folds)),
  after: orEmpty(AgentId),
  picture: orEmpty(z.literal('true')),
}
export const agentQuery = { look: z.literal('now').optional() }

/** `after` is valid only with the filter of its list. */
export const requestsQuery = {
  ...requestFilter,
  waiting: z.literal('true').optional(),
  after: z.string().optional(),
}

/** `after` is valid only with the other parameters of its list. */
export const actionsQuery = {
  resource: z
    .string()
    .min(1)
    .max(2048)
    .regex(/^[^*]*$/, 'names one resource, so it holds no `*`')
    .optional(),
  tool: z.string().min(1).max(128).optional(),
  purpose: EvaluationContext.shape.purpose,
  after: z.string().optional(),
}

export const ledgerQuery = {
  since: Timestamp.optional(),
  until: Timestamp.optional(),
  agent: AgentId.optional(),
  person: PersonId.optional(),
  tool: ToolId.optional(),
  task: requestFilter.task,
  resource: requestFilter.resource,
  action: requestFilter.action,
  /** Includes types that are no longer written. */
  type: z
    .string()
    .regex(/^[A-Z][A-Za-z]{0,63}$/, 'should be as in an entry, such as `Decided`')
    .optional(),
  after: AfterFound.optional(),
}
