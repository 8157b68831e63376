// Rules: test/infra/openapi.test.ts
import * as z from 'zod'
import { RecertifyBody } from '../adapters/http/agent-view.ts'
import { DecisionBody, RevokeBody } from '../adapters/http/bodies/people.ts'
import { HaltBody } from '../adapters/http/halt-view.ts'
import { PermitBody } from '../adapters/http/permit-view.ts'
import {
  agentQuery,
  entriesPage,
  haltsQuery,
  ledgerQuery,
  page,
  requestsQuery,
  usageQuery,
} from '../adapters/http/queries.ts'
import { StandInBody } from '../adapters/http/views.ts'
import { AgentAnswer, AgentLines, Recertified, SubjectAnswer, UsageAnswer } from '../domain/cards/wire/agent.ts'
import { ActualCalls, Entries, Entry, Erased, KeptBundle } from '../domain/cards/wire/ledger.ts'
import {
  Groups,
  Halt,
  Halts,
  Me,
  StandIn,
  StandIns,
  StandingPermit,
  StandingPermits,
} from '../domain/cards/wire/people.ts'
import { Request, Requests } from '../domain/cards/wire/request.ts'
import {
  AgentId,
  Aggregate,
  Digest,
  HaltId,
  PersonId,
  RequestId,
  StandInId,
  StandingPermitId,
} from '../domain/values.ts'
import { person, type Routes } from './operation.ts'

const by = [person]
const request = { id: RequestId }
const digest = 'sha-256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const recertified = { kind: z.enum(['people', 'groups', 'sealed-roles']), id: z.string() }

export const people: Routes = {
  'GET /v1/me': {
    id: 'readMe',
    does: "Gives the caller's id and groups.",
    by,
    gives: { 200: Me },
  },
  'GET /v1/groups': {
    id: 'listGroups',
    does: 'Lists the groups and their present members.',
    by,
    gives: { 200: Groups },
  },
  'GET /v1/requests': {
    id: 'listRequests',
    does: 'Lists requests, newest first.',
    by,
    query: requestsQuery,
    gives: { 200: Requests },
  },
  'GET /v1/requests/{id}': {
    id: 'readRequest',
    does: 'Reads one request.',
    by,
    where: request,
    gives: { 200: Request },
  },
  'GET /v1/requests/{id}/actual': {
    id: 'readActualCalls',
    does: 'Compares the calls made with the AWS credentials of a request with its approval.',
    by,
    where: request,
    gives: { 200: ActualCalls },
  },
  'GET /v1/requests/{id}/ledger': {
    id: 'readRequestLedger',
    does: 'Reads the record of a request, oldest entry first.',
    by,
    where: request,
    query: entriesPage,
    gives: { 200: Entries },
  },
  'GET /v1/requests/{id}/timeline.svg': {
    id: 'drawTimeline',
    does: 'Draws the life of a request as a picture.',
    by,
    where: request,
    gives: { 200: { type: 'image/svg+xml' } },
  },
  'GET /v1/requests/{id}/receipt': {
    id: 'readReceipt',
    does: 'Gives the signed receipt of a request or an opening.',
    by,
    where: request,
    gives: { 200: { type: 'application/jwt' } },
  },
  'POST /v1/requests/{id}/decisions': {
    id: 'decideRequest',
    does: 'Approves, narrows or denies a request.',
    by,
    where: request,
    takes: DecisionBody,
    gives: { 200: Request },
    example: { verdict: 'approve', round: 1, digest, comment: 'seen in INC-4822' },
  },
  'POST /v1/requests/{id}/revoke': {
    id: 'revokeRequest',
    does: 'Ends a live grant, or denies a pending request.',
    by,
    where: request,
    takes: RevokeBody,
    gives: { 200: Request },
    example: { reason: 'The incident is over' },
  },
  'POST /v1/requests/{id}/standing-permits': {
    id: 'givePermit',
    does: 'Gives the agent of an approved request a standing permit.',
    by,
    where: request,
    takes: PermitBody,
    gives: { 201: StandingPermit },
    example: { uses: 3, until: '2027-01-15T18:00:00Z' },
  },
  'GET /v1/standing-permits': {
    id: 'listPermits',
    does: 'Lists standing permits, the newest first.',
    by,
    query: page,
    gives: { 200: StandingPermits },
  },
  'DELETE /v1/standing-permits/{id}': {
    id: 'revokePermit',
    does: 'Revokes a standing permit, and every grant that was drawn from it.',
    by,
    where: { id: StandingPermitId },
    gives: { 200: StandingPermit },
  },
  'POST /v1/stand-ins': {
    id: 'giveStandIn',
    does: 'Names the person who decides for the caller while they are away.',
    by,
    takes: StandInBody,
    gives: { 201: StandIn },
    example: { person: 'person:ben', until: '2027-01-20T08:00:00Z' },
  },
  'GET /v1/stand-ins': {
    id: 'listStandIns',
    does: 'Lists stand-ins, the newest first.',
    by,
    query: page,
    gives: { 200: StandIns },
  },
  'DELETE /v1/stand-ins/{id}': {
    id: 'endStandIn',
    does: 'Ends a stand-in.',
    by,
    where: { id: StandInId },
    gives: { 200: StandIn },
  },
  'POST /v1/halts': {
    id: 'declareHalt',
    does: 'Halts an agent, the agents of an owner, a person, a role, an environment, an action, or everything.',
    by,
    key: 'optional',
    takes: HaltBody,
    gives: { 201: Halt },
    example: { agent: 'agent:remediator', reason: 'INC-4822: writes parameters that no one asked for' },
  },
  'GET /v1/halts': {
    id: 'listHalts',
    does: 'Lists halts, the newest first.',
    by,
    query: haltsQuery,
    gives: { 200: Halts },
  },
  'DELETE /v1/halts/{id}': {
    id: 'liftHalt',
    does: 'Lifts a halt that another person declared, which revives nothing.',
    by,
    where: { id: HaltId },
    gives: { 200: Halt },
  },
  'GET /v1/agents': { id: 'listAgents', does: 'Lists the agents.', by, gives: { 200: AgentLines } },
  'GET /v1/agents/{id}': {
    id: 'readAgent',
    does: 'Reads one agent, with its record and the rights of its host.',
    by,
    where: { id: AgentId },
    query: agentQuery,
    gives: { 200: AgentAnswer },
  },
  'GET /v1/agents/{id}/usage': {
    id: 'readUsage',
    does: "Sums up an agent's requests, grants and uses by action.",
    by,
    where: { id: AgentId },
    query: usageQuery,
    gives: { 200: UsageAnswer },
  },
  'POST /v1/agents/{id}/recertify': {
    id: 'recertifyAgent',
    does: 'Recertifies an agent.',
    by,
    where: { id: AgentId },
    takes: RecertifyBody,
    gives: { 200: Recertified },
    example: { reason: 'Looked at its record of 90 days', evidence_digest: digest },
  },
  'GET /v1/{kind}/{id}/recertification': {
    id: 'readRecertification',
    does: 'Reads the evidence by which a person, a group, a sealed role or an agent is recertified.',
    by,
    where: { ...recertified, kind: z.enum([...recertified.kind.options, 'agents']) },
    gives: { 200: SubjectAnswer },
  },
  'POST /v1/{kind}/{id}/recertify': {
    id: 'recertify',
    does: 'Recertifies a person, a group or a sealed role.',
    by,
    where: recertified,
    takes: RecertifyBody,
    gives: { 200: Recertified },
    example: { reason: 'Still on the team', evidence_digest: digest },
  },
  'GET /v1/ledger': {
    id: 'searchLedger',
    does: 'Finds entries of all records by time, one on each line.',
    by,
    query: ledgerQuery,
    gives: { 200: { type: 'application/x-ndjson', schema: Entry } },
  },
  'GET /v1/ledger/{aggregate}': {
    id: 'readRecord',
    does: 'Reads one record, oldest entry first.',
    by,
    where: { aggregate: Aggregate },
    query: entriesPage,
    gives: { 200: Entries },
  },
  'GET /v1/bundles/{hash}': {
    id: 'readBundle',
    does: 'Gives the policies that decided, by the hash in an entry.',
    by,
    where: { hash: Digest },
    gives: { 200: KeptBundle },
  },
  'DELETE /v1/people/{id}/personal': {
    id: 'eraseTexts',
    does: 'Erases the texts of a person and of the agents that they own.',
    by,
    where: { id: PersonId },
    gives: { 200: Erased },
  },
  'GET /transparency/{path}': {
    id: 'readLog',
    does: 'Gives a file of the transparency log (C2SP tlog-tiles).',
    by,
    gives: { 200: { type: 'application/octet-stream' } },
  },
}
