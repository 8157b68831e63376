// Rules: test/infra/openapi.test.ts
import * as z from 'zod'
import { mapQuery, requestFilter } from '../adapters/http/queries.ts'
import { mostText, mostToAgent } from '../domain/requests/plain-text.ts'
import {
  AgentId,
  Digest,
  EvaluationId,
  HaltId,
  PersonId,
  RequestId,
  StandInId,
  StandingPermitId,
  Verdict,
} from '../domain/values.ts'
import { anyone, fields, form, type Operation, type Routes, session } from './operation.ts'

const request = { id: RequestId }

/** A page for people in a browser; without a session it redirects to the login. */
const shows = (id: string, does: string, more: Partial<Operation> = {}): Operation => ({
  ...{ id, does, by: [session], gives: { 200: 'page', 303: 'moved' }, refuses: 'page' },
  ...more,
})
/** A form of a page. If it is recorded, the answer redirects to the page that shows it. */
const sends = (id: string, does: string, shape: z.ZodRawShape = {}, more: Partial<Operation> = {}): Operation => ({
  ...{ id, does, by: [session], as: form, takes: fields(shape), gives: { 303: 'moved' }, refuses: 'page' },
  ...more,
})

export const pages: Routes = {
  'GET /decide': shows('showWaiting', 'Shows the requests that wait for the person.'),
  'GET /decide/{id}': shows('showRequest', 'Shows one request, with the form to decide it.', { where: request }),
  'POST /decide/{id}': sends(
    'decideOnPage',
    'Decides a request, asks the agent or a colleague, sets it aside, or notes that its page came into view.',
    {
      verdict: Verdict.optional(),
      digest: Digest.optional(),
      seen: Digest.optional(),
      round: z.string().optional(),
      comment: z.string().max(1000).optional(),
      to_agent: z.string().max(mostToAgent).optional(),
      ask: z.enum(['agent', 'colleague']).optional(),
      question: z.string().max(mostText).optional(),
      colleague: PersonId.optional(),
      less: z.literal('yes').optional(),
      uses: z.string().optional(),
      minutes: z.string().optional(),
      aside: z.string().optional(),
      look: z.string().optional(),
    },
    { where: request, gives: { 200: 'page', 204: 'empty', 303: 'moved' } },
  ),
  'GET /requests': shows('showHistory', 'Shows filtered requests, newest first.', {
    query: { ...requestFilter, after: z.string().optional() },
  }),
  'GET /agents': shows('showAgents', 'Shows the agents.'),
  'GET /agents/{id}': shows(
    'showAgent',
    'Shows one agent, with the form to recertify it; `map`: who may do and read what; `unknown`: callers and roles of no agent.',
    { where: { id: AgentId.or(z.enum(['map', 'unknown'])) }, query: mapQuery },
  ),
  'GET /agents/{id}/usage': shows('showUsage', 'Shows what an agent used, and what would have been enough.', {
    where: { id: AgentId },
  }),
  'POST /agents/{id}': sends(
    'recertifyOnPage',
    'Recertifies an agent.',
    { why: z.string().max(1000), evidence_digest: Digest },
    { where: { id: AgentId } },
  ),
  'GET /groups': shows('showGroups', 'Shows the groups and their present members.'),
  'GET /measures': shows('showMeasures', 'Shows how people decide, by stage: for the people who write the ladder.'),
  'GET /permits': shows('showPermits', 'Shows the standing permits, with the forms to revoke them.', {
    query: { after: z.string().optional() },
  }),
  'POST /permits/{id}': sends(
    'revokePermitOnPage',
    'Revokes a standing permit.',
    {},
    { where: { id: StandingPermitId } },
  ),
  'GET /permits/give/{id}': shows('showPermitForm', 'Shows the form to allow more like a request.', { where: request }),
  'POST /permits/give/{id}': sends(
    'givePermitOnPage',
    'Shows what a standing permit by shape would have covered, or gives it, with a field for each argument.',
    { act: z.enum(['show', 'give']), seen: Digest.optional(), uses: z.string(), hours: z.string() },
    { where: request, gives: { 200: 'page', 303: 'moved' } },
  ),
  'GET /ask': shows('showAsk', 'Shows the form to ask on behalf of an agent.', {
    query: { agent: z.string().optional(), action: z.string().optional() },
  }),
  'POST /ask': sends(
    'askOnPage',
    'Shows what policy says of an ask on behalf of an agent, or asks for it, with a field for each argument.',
    {
      ...{
        act: z.enum(['show', 'ask']),
        key: EvaluationId,
        agent: AgentId,
        action: z.string(),
        seen: z.string().optional(),
      },
      ...{ purpose: z.string().max(64), task: z.string(), task_url: z.string().optional() },
      justification: z.string().max(1000).optional(),
    },
    { gives: { 200: 'page', 303: 'moved' } },
  ),
  'GET /registry': shows('showRegistryForm', 'Shows the form to register, change, transfer or retire an agent.', {
    query: { change: z.enum(['register', 'change', 'transfer', 'retire']), agent: AgentId.optional() },
  }),
  'POST /registry': sends(
    'askOnRegistryPage',
    'Shows what a change of the registry of agents changes and who decides, or asks for it, with a field for each member.',
    {
      ...{ act: z.enum(['show', 'ask']), key: EvaluationId, seen: Digest.optional() },
      ...{ change: z.enum(['register', 'change', 'transfer', 'retire']), agent: AgentId.optional() },
      reason: z.string(),
    },
    { gives: { 200: 'page', 303: 'moved' } },
  ),
  'POST /registry/accept/{id}': sends(
    'acceptOnPage',
    'Accepts an agent that is transferred to the person.',
    {},
    { where: request },
  ),
  'GET /stand-ins': shows('showStandIns', 'Shows the stand-ins of the person, with the form to name one.'),
  'POST /stand-ins': sends('nameStandInOnPage', 'Names a stand-in.', {
    ...{ by: PersonId, from: z.string().optional(), until: z.string() },
  }),
  'POST /stand-ins/{id}': sends('endStandInOnPage', 'Ends a stand-in.', {}, { where: { id: StandInId } }),
  'GET /halts': shows('showHalts', 'Shows the halts in force, with the form to declare one.'),
  'POST /halts': sends('haltOnPage', 'Declares a halt.', {
    key: HaltId,
    kind: z.string(),
    value: z.string(),
    reason: z.string().max(1000),
    until: z.string().optional(),
  }),
  'GET /halts/{id}': shows('showHalt', 'Shows one halt, with the form to lift it.', { where: { id: HaltId } }),
  'POST /halts/{id}': sends('liftOnPage', 'Lifts a halt.', {}, { where: { id: HaltId } }),
  'GET /break-glass': shows('showOpenings', 'Shows the openings of break-glass.'),
  'GET /break-glass/{id}': shows('showOpening', 'Shows one opening, with the forms to end and to review it.', {
    where: request,
  }),
  'GET /break-glass/{id}/drill': shows('showDrill', 'Shows the outcome of a drill.', { where: request }),
  'POST /break-glass/{id}': sends(
    'concludeOnPage',
    'Ends an opening, or reviews it.',
    {
      act: z.enum(['end', 'review']),
      why: z.string().max(500).optional(),
      outcome: z.enum(['justified', 'not_justified']).optional(),
      note: z.string().max(4000).optional(),
    },
    { where: request },
  ),
  'GET /break-glass/open/{id}': shows(
    'showPrepared',
    'Shows the opening that the person prepared in a chat, with the form to open it.',
  ),
  'POST /break-glass/open/{id}': sends('openOnPage', 'Opens the opening that the person prepared in a chat.'),
  'GET /login': shows('logIn', 'Redirects to the identity provider.', {
    by: anyone,
    query: { to: z.string().optional() },
    gives: { 303: 'moved' },
  }),
  'GET /login/callback': shows('endLogin', 'Receives the person from the identity provider.', {
    by: anyone,
    query: { code: z.string().optional(), state: z.string().optional(), iss: z.string().optional() },
    gives: { 303: 'moved' },
  }),
  'GET /login/decision': shows('endDecisionLogin', 'Receives the person from the login that an approval needed.', {
    by: anyone,
    query: { code: z.string().optional(), state: z.string().optional(), iss: z.string().optional() },
    gives: { 303: 'moved' },
  }),
  'POST /logout': sends('logOut', 'Ends the session.', {}, { gives: { 200: 'page' } }),
  'GET /link': shows('showLink', "Shows the person's linked chat accounts.", {
    query: { code: z.string().optional(), not: z.string().optional() },
  }),
  'POST /link': sends(
    'linkAccount',
    'Links a chat account to the person.',
    { offer: z.string() },
    { gives: { 200: 'page' } },
  ),
  'POST /link/unlink': sends(
    'unlinkAccount',
    "Unlinks the person's account in one chat.",
    { team: z.string(), account: z.string() },
    { gives: { 200: 'page' } },
  ),
  'GET /problems/{code}': {
    id: 'explainProblem',
    does: 'Explains a type of problem and its fix.',
    by: anyone,
    gives: { 200: 'page' },
  },
  'GET /authorize': shows('refuseAuthorization', 'Explains that applications do not log in here.', {
    by: anyone,
    gives: { 400: 'page' },
  }),
}
