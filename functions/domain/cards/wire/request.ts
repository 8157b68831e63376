// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { Evidence, idOf, McpTool, Members, ParentTask, Resource, TaskSource, time, word } from './word.ts'

/** A request as people see it. */

const change = z.looseObject({ from: z.unknown(), to: z.unknown() })
const Verdict = word('approve', 'deny', 'revise')
const Outcome = word('succeeded', 'failed')

const Decision = z.looseObject({
  person: z.string(),
  for: z.string().optional(),
  verdict: Verdict,
  at: time,
  comment: z.string().optional(),
  /** The words that the agent reads once the request is settled. */
  to_agent: z.string().optional(),
  /** The arguments that the person would rather see; of a plan, those of the steps that should change. */
  suggest: z.looseObject({ arguments: Members }).optional(),
})
export type Decision = z.infer<typeof Decision>

const OnCall = z.looseObject({
  group: z.string(),
  by: z.string(),
  members: z.array(z.looseObject({ person: z.string(), name: z.string().optional(), until: time.optional() })),
})

const Stage = z.looseObject({
  name: z.string(),
  quorum: z.number(),
  needs_comment: z.boolean().default(false),
  decisions: z.array(Decision),
  /** The login that an approval needs; `max_age` in seconds. */
  login: z.looseObject({ acr: z.string().optional(), max_age: z.number().optional() }).optional(),
  opens_at: time.optional(),
  deadline: time.optional(),
  escalate_to: z.string().optional(),
  escalated_at: time.optional(),
  /** The people who could decide it now, while it is open. */
  on_call: z.array(OnCall).optional(),
})
export type Stage = z.infer<typeof Stage>

const Narrowing = z.looseObject({
  by: z.string(),
  at: time,
  arguments: z.record(z.string(), change).default({}),
  uses: change.optional(),
  lifetime: change.optional(),
})
export type Narrowing = z.infer<typeof Narrowing>

/** A question to the agent. `decisions_before`: the approvals that stood when the answer came. */
const Question = z.looseObject({
  id: idOf('qst'),
  by: z.string(),
  for: z.string().optional(),
  stage: z.string(),
  at: time,
  text: z.string(),
  answer: z.looseObject({ at: time, text: z.string(), decisions_before: z.number() }).optional(),
})

/** An approver's call for a colleague to decide the stage. */
const Colleague = z.looseObject({ stage: z.string(), by: z.string(), to: z.string(), at: time })

const Shown = z.looseObject({ name: z.string().optional(), text: z.string(), note: z.string().optional() })
export type Shown = z.infer<typeof Shown>

/** A resource of a change set, below the nested stack that it is in. `maybe`: AWS knows only at the execution. */
const ChangedResource = z.looseObject({
  action: word('remove', 'replace', 'change', 'import', 'add', 'keep'),
  type: z.string(),
  id: z.string(),
  depth: z.int().default(0),
  data: z.boolean().default(false),
  maybe: z.boolean().default(false),
  leaves: word('resource', 'snapshot').optional(),
  scope: z.array(z.string()).default([]),
})

/** A change set. Its last reading has the resources: removals and replacements first; `more` were left out at the end. */
export const ChangeSet = z.looseObject({
  added: z.int(),
  changed: z.int(),
  replaced: z.int(),
  removed: z.int(),
  stateful_removed: z.int(),
  unpinned: z.int(),
  types: z.array(z.string()),
  resources: z.array(ChangedResource).default([]),
  more: z.int().default(0),
  /** False unless the deployment says that only Hotwork may execute change sets: Hotwork cannot see it. */
  guarded: z.boolean().default(false),
})
export type ChangeSet = z.infer<typeof ChangeSet>

/** The present and future state of a resource. A failed reading has `failed`; where there is no preview only reach. */
export const Preview = z.looseObject({
  before: Members.optional(),
  after: Members.optional(),
  observed_at: time,
  state: z.string().optional(),
  masked: z.array(z.string()).optional(),
  gap: z.boolean().optional(),
  failed: word('denied', 'unavailable', 'unreadable').optional(),
  /** Facts about what the act reaches. One without `value` could not be read. */
  reach: z.array(z.looseObject({ label: z.string(), value: z.union([z.string(), z.number()]).optional() })).optional(),
  change: ChangeSet.optional(),
})

export const Change = z.looseObject({
  at: time,
  from: Preview,
  to: Preview,
  approvers: z.array(z.string()).default([]),
  was_approved: z.boolean().default(false),
  /** The steps of a plan whose state changed. */
  steps: z.array(z.number()).optional(),
})
export type Change = z.infer<typeof Change>

/** One argument, now and in future. */
export const Difference = z.looseObject({
  name: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
  same: z.boolean(),
  masked: z.boolean().default(false),
  note: z.string().optional(),
})
export type Difference = z.infer<typeof Difference>

/** A list (`items`) has how many of its items may be left. */
export const Narrowable = z.looseObject({
  of: word('argument', 'uses', 'minutes', 'items'),
  name: z.string(),
  least: z.number(),
  most: z.number(),
  decimal: z.boolean().optional(),
  items: z.array(z.unknown()).optional(),
})
export type Narrowable = z.infer<typeof Narrowable>

const Terms = z.looseObject({ uses: z.number(), claim_within: z.number(), lifetime: z.number() })
const Undo = z.looseObject({ possible: z.boolean(), how: z.string() })

/** One step of a plan. */
/** The last request of an agent for the same action, with its status when the next one was asked. */
const LastAsked = z.looseObject({ request: z.string(), at: time, status: z.string() })

/** An agent's thirty days, counted within the day before: its own requests, and calls that no approval covers. */
const AgentRecord = z.looseObject({
  asked: z.number(),
  denied: z.number(),
  refused: z.number(),
  extra_calls: z.number(),
  last: LastAsked.optional(),
})
export type AgentRecord = z.infer<typeof AgentRecord>

/** Whether the host of an agent could do this without Hotwork; if unknown, the place to look. */
const Host = z.looseObject({ ambient: word('allowed', 'denied', 'unknown'), look: z.string().optional() })

export const Step = z.looseObject({
  step: z.number(),
  request: z.string(),
  agent: z.string(),
  autonomy: z.string().optional(),
  owner: z.string(),
  record: AgentRecord.optional(),
  host: Host.optional(),
  title: z.string().optional(),
  action: z.string(),
  arguments: Members,
  resource: Resource,
  environment: z.string(),
  classification: z.string().optional(),
  mcp: McpTool.optional(),
  unpinned: z.array(z.string()).default([]),
  terms: Terms.optional(),
  undo: Undo.optional(),
  narrowable: z.array(Narrowable).default([]),
  preview: Preview.optional(),
  after: z.number().optional(),
  status: word('waiting', 'open', 'succeeded', 'failed', 'late', 'revoked', 'struck', 'ended'),
  struck: z.boolean().optional(),
  opened_at: time.optional(),
  ended_at: time.optional(),
  because: z.string().optional(),
})
export type Step = z.infer<typeof Step>

export const ShownStep = z.looseObject({
  step: z.number(),
  arguments: z.array(Shown),
  mcp: Shown.optional(),
  preview: z.array(Difference).optional(),
  resource: Shown,
})

/** The texts of others, with deceptive characters escaped. */
const ShownRequest = z.looseObject({
  arguments: z.array(Shown),
  preview: z.array(Difference).optional(),
  steps: z.array(ShownStep).optional(),
  resource: Shown,
  mcp: Shown.optional(),
  said: z.array(Shown),
  justification: z.string().optional(),
  questions: z.array(z.looseObject({ id: z.string(), text: z.string(), answer: z.string().optional() })).optional(),
})

export const End = z.looseObject({
  at: time,
  by: z.string(),
  for: z.string().optional(),
  reason: z.string().optional(),
  outcome: Outcome.optional(),
  note: z.string().optional(),
})

const Use = z.looseObject({
  id: z.string().optional(),
  tool: z.string(),
  begun_at: time,
  ended_at: time.optional(),
  outcome: word('succeeded', 'failed', 'unknown', 'started').optional(),
})

export const Grant = z.looseObject({
  id: z.string().optional(),
  approved_at: time.optional(),
  claim_by: time,
  not_after: time,
  uses_left: z.number(),
  status: z.string().optional(),
  claimed_at: time.optional(),
  uses: z.array(Use).default([]),
})

/** The states of a run. */
const runStatus = word('running', 'succeeded', 'failed', 'cancelled', 'unknown')

/** The run that the approved call started. `unknown`: Hotwork could not see its end. */
const Run = z.looseObject({
  status: runStatus,
  since: time,
  until: time.optional(),
  note: z.string().optional(),
  /** False if a revocation cannot stop it. */
  can_stop: z.boolean(),
})

export const Request = z.looseObject({
  id: idOf('req'),
  kind: word('action', 'plan').default('action'),
  status: word('pending', 'approved', 'denied', 'withdrawn', 'expired', 'completed', 'revoked'),
  title: z.string(),
  agent: z.string(),
  autonomy: z.string().optional(),
  owner: z.string(),
  asked_by: z.string().optional(),
  /**
   * Present for a change of the registry: its agent, the person who accepts a transfer, and the refusal of a write.
   * `agent` is then the asking person, and `preview` the entry before and after.
   */
  registry: z
    .looseObject({
      agent: z.string(),
      accepts: z.string().optional(),
      accepted_at: time.optional(),
      code: z.string().optional(),
    })
    .optional(),
  ambient: word('allowed', 'denied', 'unknown').default('unknown'),
  host: Host.optional(),
  /** The record of the agent that acts. */
  record: AgentRecord.optional(),
  chain: z.array(z.looseObject({ agent: z.string(), owner: z.string() })).default([]),
  action: z.string(),
  arguments: Members,
  resource: Resource,
  environment: z.string(),
  classification: z.string(),
  purpose: z.string(),
  justification: z.string().optional(),
  /** The agent's claim. `digest` covers the other members, and is in the request's digest. */
  evidence: z.array(Evidence.extend({ digest: z.string() })).optional(),
  parent_task: ParentTask,
  task_source: word(...TaskSource.options).optional(),
  incident: z.looseObject({ title: z.string(), status: z.string().optional(), url: z.string().optional() }).optional(),
  mcp: McpTool.optional(),
  unpinned: z.array(z.string()),
  /** The service role as which a run acts. */
  runs_as: z.string().optional(),
  not_before: time.optional(),
  standing: z.string().optional(),
  /** `revise`: a person sent it back, and the agent may ask again. */
  outcome: word('revise').optional(),
  /** The request that was sent back, and that this one replaces. */
  revises: z.string().optional(),
  /** Its number among revisions, and the arguments that differ from the revised request. */
  revision: z
    .looseObject({
      number: z.int(),
      changes: z.record(z.string(), z.looseObject({ from: z.unknown().optional(), to: z.unknown().optional() })),
      /** True if it asks for exactly what the person suggested. */
      suggested: z.boolean().optional(),
    })
    .optional(),
  /** The people who wrote to the agent about this action in the seven days before. */
  suggested_by: z.array(z.string()).optional(),
  /** The people barred for it, including those they stood in for. */
  barred: z.array(z.string()).optional(),
  /** The words of people to this agent on other requests: of the last hour, and those that made it a revision. */
  told: z
    .array(
      z.looseObject({
        request: z.string(),
        by: z.string(),
        at: time,
        /** Absent for a question. */
        verdict: Verdict.optional(),
        text: z.string(),
      }),
    )
    .optional(),
  extends: z.string().optional(),
  approved_before: z.array(z.string()).default([]),
  tier: z.number(),
  tier_name: z.string().optional(),
  policies: z.array(z.string()),
  digest: z.string(),
  arguments_digest: z.string().optional(),
  /** The steps of a plan, in order. */
  steps: z.array(Step).optional(),
  terms: Terms,
  undo: Undo.optional(),
  round: z.int(),
  narrowings: z.array(Narrowing).default([]),
  questions: z.array(Question).default([]),
  colleagues: z.array(Colleague).default([]),
  changes: z.array(Change).default([]),
  preview: Preview.optional(),
  narrowable: z.array(Narrowable).default([]),
  /** The name that an approver types (`typed` of a decision): the last part of the resource's id. */
  type_this: z.string().optional(),
  submitted_at: time,
  decide_by: time.optional(),
  /** The open stage. */
  stage: z.string().nullable(),
  stages: z.array(Stage),
  ended: End.optional(),
  grant: Grant.optional(),
  run: Run.optional(),
  shown: ShownRequest.optional(),
  reader: z.string().optional(),
})
export type Request = z.infer<typeof Request>

export const Requests = z.looseObject({ requests: z.array(Request), next: z.string().optional() })
