import * as z from 'zod'
import { CredentialKind } from '../../targets/kinds.ts'
import { AgentChange } from '../agents/agent-change.ts'
import { HostFacts } from '../people/host.ts'
import { Incident, taskSources } from '../policy/asking-terms.ts'
import { McpTool } from '../policy/mcp-tool.ts'
import {
  Digest,
  HaltId,
  type Json,
  type JsonObject,
  NumericDate,
  PersonId,
  RequestId,
  rfc3339,
  Seconds,
  StandingPermitId,
  Thumbprint,
  Timestamp,
  Verdict,
} from '../values.ts'
import type { AskTerm, BodyPart, Heir, Reader, TermDigest } from './ask-term.ts'
import { Evidence, EvidenceBody, evidenceOf } from './evidence.ts'

export const ParentTask = z.strictObject({ id: z.string().min(1).max(256), url: z.url().max(2048).optional() })
export type ParentTask = z.infer<typeof ParentTask>

const Revision = z.strictObject({
  number: z.int().positive(),
  changes: z.record(z.string(), z.strictObject({ from: z.json().optional(), to: z.json().optional() })),
  /** True if it asks for exactly what the person suggested. */
  suggested: z.literal(true).optional(),
})
export type Revision = z.infer<typeof Revision>

/** Words to the agent: without a verdict, a question. */
const ToldWords = z.strictObject({
  request: RequestId,
  by: PersonId,
  at: NumericDate,
  verdict: Verdict.optional(),
  text: z.string(),
})
export type ToldWords = z.infer<typeof ToldWords>

/** An earlier request, with its status at the submission of the next one. */
const LastAsked = z.strictObject({
  request: RequestId,
  at: NumericDate,
  status: z.enum(['pending', 'approved', 'completed', 'denied', 'expired', 'withdrawn', 'revoked']),
})
export type LastAsked = z.infer<typeof LastAsked>

export const askTerms = {
  environment: { schema: z.string(), digests: ['request'], readBy: ['people'] },
  classification: { schema: z.string(), digests: ['request'], readBy: ['people'] },
  purpose: {
    schema: z.string(),
    body: { in: 'context', as: z.string().min(1).max(64).describe('As it was evaluated.') },
    digests: ['request', 'open', 'bound'],
    orNull: true,
    passedTo: ['delegation', 'extension', 'step'],
    readBy: ['people'],
    said: { as: 'Purpose', most: 64 },
  },
  justification: {
    schema: z.string().optional(),
    body: { in: 'context', as: z.string().max(4000).describe('Shown to people as the claim of the agent.') },
    readBy: ['people'],
    personal: { at: [''], whose: 'actor or owner' },
  },
  /** Derived requests have no evidence: the first ask has it. */
  evidence: {
    schema: z.array(Evidence).optional(),
    body: {
      in: 'context',
      as: EvidenceBody.describe('Shown to people as the claim of the agent: at most 5 items, 32 KiB together.'),
      stored: evidenceOf,
    },
    digests: ['request', 'open'],
    pinned: (items: readonly Evidence[]) => items.map(({ digest }) => digest),
    readBy: ['people'],
    personal: { at: ['/*/title', '/*/url', '/*/text'], whose: 'actor or owner' },
  },
  parentTask: {
    schema: ParentTask,
    name: 'parent_task',
    body: { in: 'context', as: z.object(ParentTask.shape).describe('As it was evaluated: what this is part of.') },
    digests: ['request', 'open', 'bound'],
    orNull: true,
    passedTo: ['delegation', 'extension', 'step'],
    readBy: ['people'],
  },
  /** The source of the parent task, as the holder of the agent's token claims. It may only raise scrutiny. */
  taskSource: {
    schema: z.enum(taskSources).optional(),
    name: 'task_source',
    body: {
      in: 'context',
      as: z
        .enum(taskSources)
        .describe('Where the word for `parent_task` came from. Without it: `agent`, its own program.'),
    },
    passedTo: ['delegation', 'extension', 'step'],
    readBy: ['people'],
    said: { as: 'Task source', most: 16 },
  },
  /** True if the agent gave a reason. Policy reads only this. */
  justified: { schema: z.literal(true).optional(), passedTo: ['delegation', 'step'] },
  /** The incident service's answer about the parent task at the submission. */
  task: { schema: z.enum(['known', 'unknown']).optional(), passedTo: ['delegation', 'step'] },
  /** The incident in that service's own words, if the deployment maps them. */
  incident: {
    schema: Incident.optional(),
    readBy: ['people'],
    personal: { at: ['/title', '/status'], whose: 'owner' },
  },
  /** `none` for a plan. */
  credential: { schema: z.enum([...CredentialKind.options, 'none']), digests: ['request'], passedTo: ['delegation'] },
  uses: { schema: z.int().positive(), digests: ['request'] },
  claimWithin: { schema: Seconds, name: 'claim_within', digests: ['request'], passedTo: ['delegation'] },
  lifetime: { schema: Seconds, digests: ['request'], passedTo: ['delegation'] },
  /** The MCP tool of the call. */
  mcp: {
    schema: McpTool.optional(),
    body: {
      in: 'context',
      as: z
        .object({ ...McpTool.shape, server: z.object(McpTool.shape.server.shape) })
        .describe('As it was evaluated: the tool of an MCP server that is called.'),
    },
    digests: ['request', 'open', 'bound'],
    passedTo: ['delegation', 'extension'],
    readBy: ['people', 'agent'],
  },
  /** In plain words. */
  unpinned: { schema: z.array(z.string()), readBy: ['people', 'agent'] },
  /** The service role as which a run acts, as read from its definition: never the agent's word. */
  runsAs: {
    schema: z.string().optional(),
    name: 'runs_as',
    digests: ['request'],
    asksPeople: true,
    readBy: ['people', 'agent'],
  },
  /** The earliest issue: people decide ahead. */
  notBefore: {
    schema: NumericDate.optional(),
    name: 'not_before',
    body: {
      in: 'requested_access',
      as: Timestamp.describe('A start, at most 7 days from now: nothing can be claimed before it.'),
    },
    digests: ['request', 'open'],
    passedTo: ['step'],
    asksPeople: true,
    readBy: ['people', 'agent'],
    time: true,
  },
  /** An end earlier than the ladder's. */
  requestedUntil: {
    schema: NumericDate.optional(),
    name: 'requested_until',
    body: {
      in: 'requested_access',
      as: Timestamp.describe('An earlier end, at least 10 s from now and from `not_before`.'),
    },
    digests: ['open'],
    orNull: true,
  },
  /** A digest of the subject's and resource's properties in the evaluation. */
  bound: { schema: Digest.optional() },
  /** The number of requests in the hour before. It may only raise scrutiny. */
  recent: { schema: z.int().nonnegative(), passedTo: ['delegation'] },
  /** The host's facts at the submission, which later questions to policy use too. */
  host: { schema: HostFacts.optional() },
  /** The last request of the agent for the same action before this one. */
  lastAsked: { schema: LastAsked.optional() },
  /** Halts that were lifted earlier in the same second, and so do not end it. */
  afterHalts: { schema: z.array(HaltId).optional(), passedTo: ['step'] },
  standing: { schema: StandingPermitId.optional(), readBy: ['people'] },
  /** The person who asked on the agent's behalf. They answer for the agent, and never decide the request. */
  askedBy: { schema: PersonId.optional(), name: 'asked_by', digests: ['open'], asksPeople: true },
  /** The request that a person sent back, and that this one replaces. */
  revises: {
    schema: RequestId.optional(),
    body: {
      in: 'context',
      as: z.string().min(1).max(64).describe('A request of yours that was sent back (`outcome` `revise`).'),
    },
    digests: ['request', 'open'],
    asksPeople: true,
    readBy: ['people'],
  },
  /** Its number among revisions, and the arguments that differ from the revised request. */
  revision: { schema: Revision.optional(), readBy: ['people'] },
  /** The people who wrote to the agent about this action before, by the record. */
  suggestedBy: { schema: z.array(PersonId).optional(), name: 'suggested_by', asksPeople: true },
  /** The people who may not decide it because they wrote so, and the people they stood in for. */
  barred: { schema: z.array(PersonId).optional() },
  /** People's words to the agent on other recent requests. */
  told: {
    schema: z.array(ToldWords).optional(),
    personal: { at: ['/*/text'], whose: 'owner', copied: true },
  },
  /** The change of the registry that it is, beside its arguments. Its tier is never 0. */
  change: { schema: AgentChange.optional(), digests: ['request'], asksPeople: true },
  /** The grant whose time it extends. */
  extends: { schema: RequestId.optional(), asksPeople: true },
  /**
   * The only key that can claim the grant. A delegated request, and one by a person, has none until its first claim.
   */
  jkt: { schema: Thumbprint.optional(), digests: ['open'], orNull: true },
} as const satisfies { readonly [term: string]: AskTerm }

type Terms = typeof askTerms
type TermName = keyof Terms
type Shape = { readonly [K in TermName]: Terms[K]['schema'] }
type AskTerms = z.infer<z.ZodObject<Shape>>

/** The terms whose row lists an item. */
type Listing<List extends 'digests' | 'passedTo' | 'readBy', Item> = {
  [K in TermName]: Terms[K] extends { [list in List]: readonly (infer Each)[] }
    ? Item extends Each
      ? K
      : never
    : never
}[TermName]
type With<Mark> = { [K in TermName]: Terms[K] extends Mark ? K : never }[TermName]
type InBody<Part extends BodyPart> = With<{ body: { in: Part } }>
type NameOf<K extends TermName> = Terms[K] extends { name: infer Name extends string } ? Name : K
type BodyShape<Part extends BodyPart> = {
  [K in InBody<Part> as NameOf<K>]: z.ZodOptional<Terms[K]['body']['as']>
}

/** The terms that callers set. */
export type Said = Pick<AskTerms, InBody<BodyPart>>
/** The terms that a submission repeats from its evaluation. */
export type BoundTerms = Partial<Pick<AskTerms, Listing<'digests', 'bound'>>>
export type ReadTerms<By extends Reader> = Pick<AskTerms, Listing<'readBy', By>>

type Holder = { readonly [member: string]: unknown }
type Row = AskTerm & { key: string; name: string }
const rows = Object.entries<AskTerm>(askTerms).map(([key, term]): Row => ({ name: key, ...term, key }))
/** The terms of an object whose row passes a test. */
const present = (of: object, has: (row: Row) => boolean) =>
  rows.flatMap((row) => {
    const value = (of as Holder)[row.key]
    return value !== undefined && has(row) ? [{ ...row, value }] : []
  })
const pick = (of: object, has: (row: Row) => boolean) =>
  Object.fromEntries(present(of, has).map(({ key, value }) => [key, value]))

export const termShape = Object.fromEntries(rows.map(({ key, schema }) => [key, schema])) as Shape

export const bodyShape = <Part extends BodyPart>(part: Part) =>
  Object.fromEntries(
    rows.flatMap(({ name, body }) => (body?.in === part ? [[name, body.as.optional()]] : [])),
  ) as BodyShape<Part>

/** The terms of a parsed body, under the names of the ask. */
export const saidIn = (parts: { readonly [part in BodyPart]?: object | undefined }): Partial<Said> =>
  Object.fromEntries(
    rows.flatMap(({ key, name, body }) => {
      const said = body && (parts[body.in] as Holder | undefined)?.[name]
      const value = said === undefined || !body?.stored ? said : body.stored(said as never)
      return value === undefined ? [] : [[key, value]]
    }),
  )

export const saidOf = (asking: Said): Said => pick(asking, ({ body }) => body !== undefined) as Said

/** The terms that a derived request inherits. */
export const passedOn = <To extends Heir>(to: To, ask: AskTerms) =>
  pick(ask, ({ passedTo = [] }) => passedTo.includes(to)) as Pick<AskTerms, Listing<'passedTo', To>>

export const readTerms = <By extends Reader, Of extends Partial<AskTerms>>(by: By, of: Of) =>
  pick(of, ({ readBy = [] }) => readBy.includes(by)) as Pick<Of, keyof Of & keyof ReadTerms<By>>

/** The terms that a digest covers. */
export const digested = (digest: TermDigest, of: Partial<AskTerms>): JsonObject =>
  Object.fromEntries(
    rows.flatMap(({ key, name, digests = [], orNull, pinned = (all: Json) => all }) => {
      const value = (of as { readonly [member: string]: Json })[key]
      if (!digests.includes(digest) || (value === undefined && !orNull)) return []
      return [[name, value === undefined ? null : pinned(value as never)]]
    }),
  )

export const namesIn = (digest: TermDigest): string[] =>
  rows.flatMap(({ name, digests = [] }) => (digests.includes(digest) ? [name] : []))

type TermMembers<Of> = {
  [K in keyof Of as K extends TermName ? NameOf<K> : never]: K extends With<{ time: true }> ? string : Of[K]
}

/** The terms for a reader, under the names of the wire. */
export const termMembers = <By extends Reader, Of extends Partial<ReadTerms<By>>>(by: By, of: Of) =>
  Object.fromEntries(
    present(of, ({ readBy = [] }) => readBy.includes(by)).map(({ name, value, time }) => [
      name,
      time ? rfc3339(value as NumericDate) : value,
    ]),
  ) as TermMembers<Pick<Of, keyof Of & keyof ReadTerms<By>>>

/** The terms for a reader, in the form of the wire. */
export const readShape = (by: Reader): z.ZodRawShape =>
  Object.fromEntries(
    rows.flatMap(({ name, schema, readBy = [], time }) =>
      readBy.includes(by) ? [[name, time ? Timestamp.optional() : schema]] : [],
    ),
  )

export const maySpendPermit = (ask: AskTerms): boolean =>
  present(ask, ({ asksPeople = false }) => asksPeople).length === 0

/** The agent's own texts, each with its label. */
export const saidTexts = (of: Pick<AskTerms, With<{ said: object }>>) =>
  present(of, ({ said }) => said !== undefined).flatMap(({ said, value }) =>
    said ? [{ label: said.as, most: said.most, text: String(value) }] : [],
  )

export const personalTexts = rows.flatMap(({ key, personal }) =>
  personal ? personal.at.map((at) => ({ ...personal, at: `/ask/${key}${at}` })) : [],
)

export const isPersonal = (term: string): boolean => rows.some(({ key, personal }) => key === term && personal)
