// Rules: test/client/openapi.test.ts
import * as z from 'zod'

/** Problem details (RFC 9457). */
export const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().optional(),
  instance: z.string(),
})

/** RFC 6749 section 5.2. */
export const OAuthError = z.looseObject({
  error: z.string(),
  error_description: z.string().optional(),
  /** Present while people decide: the code to poll with, its end and the interval. Seconds. */
  deferral_code: z.string().optional(),
  expires_in: z.number().optional(),
  interval: z.number().optional(),
})

/** Either form; empty if the answer has neither. */
export const AnyProblem = z.looseObject({ ...Problem.partial().shape, ...OAuthError.partial().shape }).catch({})
