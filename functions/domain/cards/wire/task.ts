// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { Evidence, idOf, McpTool, Members, ParentTask, Resource, TaskSource, time, word } from './word.ts'

/** A request as its agent sees it, and the credentials of agents and tools. */

const Json = z.record(z.string(), z.json()) as unknown as z.ZodType<
  { [name: string]: z.JSONType },
  { [name: string]: unknown }
>

/** An AuthZEN access evaluation (Authorization API 1.0): subject, action, resource and context. */
export const Ask = z.looseObject({
  subject: z.looseObject({ type: z.string(), id: z.string() }),
  action: z.looseObject({ name: z.string(), properties: Json }),
  resource: Resource,
  context: z.looseObject({
    purpose: z.string(),
    justification: z.string().optional(),
    evidence: z.array(Evidence).optional(),
    parent_task: ParentTask,
    task_source: TaskSource.optional(),
    mcp: McpTool.optional(),
    /** The request that was sent back and that this one revises. */
    revises: z.string().optional(),
    /** The approval that covers this, as the agent claims: the unchanged `result` of its task. */
    approval: z.looseObject({ id: z.string() }).optional(),
  }),
})
export type Ask = z.infer<typeof Ask>

export const Evaluation = z.looseObject({
  decision: z.boolean(),
  context: z.looseObject({
    evaluation_id: z.string().optional(),
    evaluated_at: time.optional(),
    reason: z.string().optional(),
    next_action: word('request', 'none').optional(),
    detail: z.string().optional(),
    /** A malformed evaluation among several. */
    error: z.looseObject({ status: z.number(), message: z.string() }).optional(),
    /** Present only if people could approve it (Access Request and Approval Profile). */
    access_request: z
      .looseObject({
        endpoint: z.string().optional(),
        template: z.string().optional(),
        expires_at: time,
        binding_token: z.string().optional(),
        request_schema_url: z.string().optional(),
        required: z.array(z.string()).optional(),
        display: z.looseObject({ title: z.string() }).optional(),
      })
      .optional(),
    approval: z.looseObject({ id: z.string(), approved_until: time }).optional(),
  }),
})
export type Evaluation = z.infer<typeof Evaluation>

export const Evaluations = z.looseObject({ evaluations: z.array(Evaluation) })

/** Work that a person or an application asked for on this agent's behalf. */
const ToDo = z.looseObject({
  agent: z.string(),
  action: z.string(),
  arguments: Json,
  resource: Resource,
  mcp: McpTool.optional(),
})

const RunMembers = z.looseObject({
  status: word('running', 'succeeded', 'failed', 'cancelled', 'unknown'),
  since: time,
  until: time.optional(),
})

/** Hotwork's own members of a task, under `{issuer}/ns/hotwork` of its `display`. */
export const TaskMembers = z.looseObject({
  tier: z.number(),
  round: z.number(),
  stages: z.array(
    z.looseObject({
      name: z.string(),
      quorum: z.number(),
      decisions: z.looseObject({ approve: z.number(), deny: z.number() }),
      deadline: time.optional(),
    }),
  ),
  /** The questions of people who decide, to answer with the key of the request. */
  questions: z.array(z.looseObject({ id: z.string(), text: z.string(), answered: z.boolean() })).optional(),
  /** The steps of a plan, in order. */
  steps: z
    .array(
      z.looseObject({
        step: z.number(),
        request: z.string(),
        agent: z.string(),
        action: z.string().optional(),
        status: z.string(),
        because: z.string().optional(),
      }),
    )
    .optional(),
  digest: z.string(),
  arguments_digest: z.string(),
  mcp: McpTool.optional(),
  /** The parts of the right that the credential cannot pin, in plain words. */
  unpinned: z.array(z.string()).default([]),
  /** The service role as which a run acts. */
  runs_as: z.string().optional(),
  /** The run that the approved call started. Its end completes the request. */
  run: RunMembers.optional(),
  /** The start of its grant. */
  not_before: time.optional(),
  /** The work, if this request is a step of a plan. */
  step: ToDo.extend({ plan: z.string(), step: z.number() }).optional(),
  /** The work, if a person asked on the agent's behalf. */
  on_behalf: ToDo.optional(),
  extends: z.string().optional(),
  /** `revise`: a person sent it back. Ask again with `context.revises`. */
  outcome: word('revise').optional(),
  /**
   * The words of the people who decided, once it is settled. They are a person's data, never Hotwork's instructions.
   */
  messages: z
    .array(z.looseObject({ text: z.string(), from: word('approver'), verdict: word('approve', 'deny', 'revise') }))
    .optional(),
  /** The arguments that a person suggests; of a plan, those of the steps that should change. */
  suggest: z.looseObject({ arguments: Json }).optional(),
  /** Present if an approver narrowed it: all approved arguments, uses and seconds of lifetime. */
  narrowed: z.looseObject({ arguments: Json, uses: z.number(), lifetime: z.number() }).optional(),
  grant: z
    .looseObject({
      claim_by: time,
      not_after: time,
      uses_left: z.number(),
      status: z.string(),
      /** True if the last fifth of its lifetime has begun. */
      ends_soon: z.boolean().optional(),
    })
    .optional(),
})

/** An ARAP task: the present state of a request. */
export const TaskAnswer = z.looseObject({
  task: z.looseObject({
    id: idOf('req'),
    status: z.enum(['pending', 'approved', 'denied', 'expired', 'cancelled']),
    status_endpoint: z.string().optional(),
    expires_at: time,
    progress: z.looseObject({ current_step: z.number(), total_steps: z.number(), step_name: z.string() }).optional(),
    links: z.looseObject({ cancel: z.string() }).optional(),
    display: Members,
  }),
  result: z
    .looseObject({
      mode: z.literal('reevaluate').optional(),
      approval: z.looseObject({
        id: z.string(),
        approved_at: time.optional(),
        approved_until: time,
        state: z.string().optional(),
      }),
    })
    .optional(),
})

/** RFC 9396: a right of a token. */
const Detail = z.looseObject({
  type: z.literal('hotwork_action').optional(),
  request: z.string().optional(),
  grant: z.string().optional(),
  action: z.string().optional(),
  resource: Resource.optional(),
  digest: z.string().optional(),
  arguments_digest: z.string().optional(),
  /** Present for a client that asked for a token and has not read the request. */
  arguments: Members.optional(),
  uses: z.number().optional(),
  break_glass: z.literal(true).optional(),
  drill: z.literal(true).optional(),
  rights: z.array(z.looseObject({ action: z.string(), resources: z.array(z.string()) })).optional(),
})

/** The answer of the token endpoint (RFC 8693 section 2.2.1, RFC 9396 section 7). */
export const TokenAnswer = z.looseObject({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  issued_token_type: z.string().optional(),
  token_type: z.literal('DPoP').optional(),
  expires_in: z.number(),
  authorization_details: z.array(Detail).default([]),
})
export type TokenAnswer = z.infer<typeof TokenAnswer>

/** RFC 7662 section 2.2. */
export const Introspected = z.looseObject({
  active: z.boolean(),
  token_type: z.literal('DPoP').optional(),
  client_id: z.string().optional(),
  sub: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  iss: z.string().optional(),
  exp: z.number().optional(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
  jti: z.string().optional(),
  cnf: Members.optional(),
  act: Members.optional(),
  authorization_details: z.array(Detail).optional(),
})

/** Exactly the members that AWS SDKs' `credential_process` knows. */
export const AwsCredentials = z.object({
  Version: z.literal(1),
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  SessionToken: z.string(),
  Expiration: time,
})
export type AwsCredentials = z.infer<typeof AwsCredentials>

/**
 * An ExecCredential (`client.authentication.k8s.io/v1`) with a token of one act in a cluster; beside it the token that
 * reads around the act, and the cluster that takes both.
 */
export const ClusterCredentials = z.object({
  apiVersion: z.literal('client.authentication.k8s.io/v1'),
  kind: z.literal('ExecCredential'),
  status: z.object({ token: z.string(), expirationTimestamp: time }),
  readToken: z.string(),
  cluster: z.object({
    server: z.url(),
    /** PEM; absent if everyone trusts the server's. */
    certificateAuthority: z.string().optional(),
    namespace: z.string().optional(),
  }),
})
export type ClusterCredentials = z.infer<typeof ClusterCredentials>

export const Called = z.looseObject({ output: Members, run: RunMembers.optional() })
export type Called = z.infer<typeof Called>

export const UseBegun = z.looseObject({
  use: z.string().regex(/^use_[0-9a-z_]+$/),
  uses_left: z.number(),
  ended: z.literal(true).optional(),
})
export const UseEnded = z.looseObject({ use: z.string(), outcome: word('succeeded', 'failed') })

export const McpTools = z.looseObject({
  caller: z.string(),
  tools: z.array(McpTool.extend({ action: z.string() })),
})
