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
  /** While people decide: the code to ask again with, its end and the pause between two calls. Seconds. */
  deferral_code: z.string().optional(),
  expires_in: z.number().optional(),
  interval: z.number().optional(),
})

/** Either of them; empty if the answer is neither. */
export const AnyProblem = z.looseObject({ ...Problem.partial().shape, ...OAuthError.partial().shape }).catch({})
