// Rules: test/infra/openapi.test.ts
import * as z from 'zod'
import { AskBody, RequestBody } from '../adapters/http/authzen.ts'
import {
  ActionSearchBody,
  AnswerBody,
  DelegationBody,
  ExtendBody,
  OutcomeBody,
} from '../adapters/http/bodies/agents.ts'
import { EvaluationsBody } from '../adapters/http/evaluations.ts'
import { deferredGrant, tokenExchange } from '../adapters/http/oauth.ts'
import { PlanBody } from '../adapters/http/plan-body.ts'
import { actionsQuery } from '../adapters/http/queries.ts'
import { ActionSearch, Actions } from '../domain/cards/wire/action.ts'
import {
  Ask,
  AwsCredentials,
  Called,
  Evaluation,
  Evaluations,
  Introspected,
  McpTools,
  TaskAnswer,
  TokenAnswer,
} from '../domain/cards/wire/task.ts'
import { Members } from '../domain/cards/wire/word.ts'
import { EvaluationBody } from '../domain/requests/evaluation-body.ts'
import { RequestId } from '../domain/values.ts'
import { aliasedKinds, kinds } from '../targets/kinds.ts'
import { agent, anyone, form, person, proven, type Routes, tool } from './operation.ts'

const where = { id: RequestId }

const subject = { type: 'agent', id: 'agent:remediator' }
const action = { name: 'flags:set', properties: { environment: 'prod', flag: 'express-checkout', value: false } }
const resource = { type: 'flags:flag', id: 'prod/express-checkout' }
const context = { purpose: 'remediation', parent_task: { id: 'INC-4822', url: 'https://tickets.example/INC-4822' } }

export const agents: Routes = {
  'POST /access/v1/evaluation': {
    id: 'evaluate',
    does: 'Asks whether policy permits an action, or would with an approval.',
    by: [agent, tool],
    takes: EvaluationBody,
    gives: { 200: Evaluation },
    example: { subject, action, resource, context },
  },
  'POST /access/v1/evaluations': {
    id: 'evaluateMany',
    does: 'Asks up to fifty questions at once, with defaults beside them.',
    by: [agent, tool],
    takes: EvaluationsBody.extend(EvaluationBody.partial().shape),
    gives: { 200: z.union([Evaluations, Evaluation]) },
    example: { subject, resource, context, evaluations: [{ action }] },
  },
  'GET /access/v1/actions': {
    id: 'listActions',
    does: 'Lists the actions that policy could permit the agent that asks, with their arguments.',
    by: [agent],
    query: actionsQuery,
    gives: { 200: Actions },
  },
  'POST /access/v1/search/action': {
    id: 'searchActions',
    does: 'Lists the names of the actions on a resource that the agent could ask for (AuthZEN Action Search).',
    by: [agent],
    takes: ActionSearchBody,
    gives: { 200: ActionSearch },
    example: { subject, resource, context: { purpose: context.purpose } },
  },
  'POST /v1/asks': {
    id: 'completeAsk',
    does: 'Adds the agent and the resource to an ask or a plan, and records nothing.',
    by: [agent],
    takes: z.union([AskBody, PlanBody]),
    gives: { 200: Ask },
    example: { action, context },
  },
  'GET /v1/mcp-tools': {
    id: 'listMcpTools',
    does: 'Lists the MCP tools in the catalogue of the gate that asks, and tells an agent its own id.',
    by: [agent, tool],
    gives: { 200: McpTools },
  },
  'POST /access/v1/requests': {
    id: 'submitRequest',
    does: 'Asks for an approval of a denied evaluation, with the key that will claim the grant.',
    by: [proven(agent)],
    key: 'optional',
    takes: RequestBody,
    gives: { 201: TaskAnswer, 202: TaskAnswer },
    example: {
      ...{ subject, action, resource, context },
      denial: { evaluation_id: 'evl_00000000000000000000000000', expires_at: '2027-01-15T08:05:00Z' },
    },
  },
  'GET /access/v1/requests/{id}': {
    id: 'readTask',
    does: 'Reads a task of the agent, and holds the call until it changes or `wait` seconds are over.',
    by: [agent],
    where,
    query: {
      wait: z
        .string()
        .regex(/^\d{1,2}$/)
        .optional(),
    },
    gives: { 200: TaskAnswer },
  },
  'POST /access/v1/requests/{id}/cancel': {
    id: 'cancelRequest',
    does: 'Withdraws a pending request.',
    by: [agent],
    where,
    gives: { 200: TaskAnswer },
  },
  'POST /v1/requests/{id}/complete': {
    id: 'completeRequest',
    does: 'Reports the end of a task, which ends every credential of it.',
    by: [agent],
    where,
    takes: OutcomeBody,
    gives: { 200: TaskAnswer },
    example: { outcome: 'succeeded', note: 'the flag is off' },
  },
  'POST /access/v1/requests/{id}/answers': {
    id: 'answerQuestion',
    does: 'Answers a question of a person who decides, once, by the key of the request.',
    by: [proven(agent)],
    where,
    key: 'optional',
    takes: AnswerBody,
    gives: { 200: TaskAnswer },
    example: { question: 'qst_00000000000000000000000000', text: 'Only those of the new checkout' },
  },
  'POST /v1/requests/{id}/extend': {
    id: 'extendRequest',
    does: 'Asks the same people for more time of a live grant, once, by its own key.',
    by: [proven(agent)],
    where,
    key: 'optional',
    takes: ExtendBody,
    gives: { 201: TaskAnswer, 202: TaskAnswer },
    example: { minutes: 5, justification: 'The rollout takes longer than planned' },
  },
  'POST /v1/requests/{id}/delegations': {
    id: 'delegateRequest',
    does: 'Gives another agent a narrower right out of a live grant, by its own key.',
    by: [proven(agent)],
    where,
    key: 'required',
    takes: DelegationBody,
    gives: { 201: TaskAnswer },
    example: { agent: 'agent:builder', action, resource, uses: 1 },
  },
  'POST /token': {
    id: 'issueToken',
    does: 'Exchanges a workload token or the token of a person for the access token of a grant, or asks and waits for one.',
    by: [proven()],
    as: form,
    takes: z.object({
      grant_type: z.enum([tokenExchange, deferredGrant]),
      subject_token: z.string().optional(),
      subject_token_type: z.literal('urn:ietf:params:oauth:token-type:jwt').optional(),
      requested_token_type: z.string().optional(),
      authorization_details: z.string().optional().describe('JSON: one `hotwork_action`.'),
      completion_mode: z.string().optional(),
      audience: z.string().optional(),
      resource: z.string().optional(),
      deferral_code: z.string().optional(),
      client_id: z.string().optional(),
    }),
    gives: { 200: TokenAnswer },
    refuses: 'oauth',
    example: {
      grant_type: tokenExchange,
      subject_token: 'eyJ...',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      authorization_details: '[{"type":"hotwork_action","request":"req_00000000000000000000000000"}]',
    },
  },
  'POST /introspect': {
    id: 'introspectToken',
    does: 'Tells a tool, or the holder of an access token, what it is good for now.',
    by: [tool, agent, person, ...anyone],
    as: form,
    takes: z.object({
      token: z.string(),
      token_type_hint: z.string().optional(),
      client_id: z.string().optional(),
      client_assertion: z.string().optional(),
      client_assertion_type: z.string().optional(),
    }),
    gives: { 200: Introspected },
    refuses: 'oauth',
    example: { token: 'eyJ...' },
  },
  'POST /revoke': {
    id: 'revokeToken',
    does: 'Ends an access token of the caller.',
    by: [agent, person, ...anyone],
    as: form,
    takes: z.object({
      token: z.string(),
      token_type_hint: z.string().optional(),
      client_id: z.string().optional(),
      client_assertion: z.string().optional(),
      client_assertion_type: z.string().optional(),
    }),
    gives: { 200: 'empty' },
    refuses: 'oauth',
    example: { token: 'eyJ...' },
  },
}

/** The doors of the kinds of targets. */
export const targets: Routes = Object.fromEntries(
  aliasedKinds.flatMap((id) => {
    const { name, credentials } = kinds[id]
    const acts = new Set(Object.values(credentials).map(({ act }): string => act))
    const door = { by: [{ grant: [], proof: [] } as const] }
    return [
      ...(acts.has(id)
        ? [
            [
              `POST /${id}/credentials`,
              {
                ...door,
                id: `issueCredentials_${id}`,
                does: `Gives ${name} credentials for the approved action.`,
                gives: { 200: id === 'aws' ? AwsCredentials : Members },
              },
            ] as const,
          ]
        : []),
      ...(acts.has('call')
        ? [
            [
              `POST /${id}/calls`,
              {
                ...door,
                id: `makeCall_${id}`,
                does: `Makes the one approved call of ${name}, and gives its answer.`,
                gives: { 200: Called },
              },
            ] as const,
          ]
        : []),
    ]
  }),
)
