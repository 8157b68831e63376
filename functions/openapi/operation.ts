// Rules: test/infra/openapi.test.ts
import * as z from 'zod'

/** The callers of a route with their credentials, as alternatives. */
export type Security = { readonly [scheme in keyof typeof securitySchemes]?: readonly [] }

const bearer = (description: string) => ({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description })
export const securitySchemes = {
  agent: bearer('The workload token of an agent, whose audience is this issuer.'),
  tool: bearer('The workload token of a tool, whose audience is this issuer.'),
  person: bearer('An access token of a person from the `people` issuer.'),
  grant: { type: 'http', scheme: 'DPoP', description: 'The access token of a grant, bound to a key (RFC 9449).' },
  proof: {
    type: 'apiKey',
    in: 'header',
    name: 'DPoP',
    description: 'A new proof of the key for each call (RFC 9449).',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-hotwork-session',
    description: 'The session of a person who logged in with a browser.',
  },
  slack: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Slack-Signature',
    description: "Slack's signature of the body and of `X-Slack-Request-Timestamp`.",
  },
  webhook: {
    type: 'apiKey',
    in: 'header',
    name: 'webhook-signature',
    description: 'The signature of Standard Webhooks, with `webhook-id` and `webhook-timestamp`.',
  },
} as const

export const [agent, tool, person, session]: readonly [Security, Security, Security, Security] = [
  { agent: [] },
  { tool: [] },
  { person: [] },
  { session: [] },
]
export const proven = (caller: Security = {}): Security => ({ ...caller, proof: [] })
export const anyone: readonly Security[] = [{}]

/** The body of an answer. A page is HTML; `moved` names another page in `Location`. */
export type Answer = z.ZodType | { type: string; schema?: z.ZodType } | 'page' | 'moved' | 'empty'

export type Operation = {
  id: string
  /** The summary, in one plain sentence. */
  does: string
  by: readonly Security[]
  /** The schemas of the path's parameters; by default any text. */
  where?: z.ZodRawShape
  query?: z.ZodRawShape
  /** Whether the route has an `Idempotency-Key`. */
  key?: 'required' | 'optional'
  takes?: z.ZodType
  /** The media type of its body. @default JSON */
  as?: string
  gives: { readonly [status: number]: Answer }
  /** The format of refusals other than problem details. */
  refuses?: 'oauth' | 'page' | 'event'
  /** A body, which a test sends. */
  example?: object
}
export type Routes = { readonly [route: string]: Operation }

export const form = 'application/x-www-form-urlencoded'
/** The fields of a page's form, with the session's token. */
export const fields = (shape: z.ZodRawShape = {}) => z.looseObject({ csrf: z.string(), ...shape })
