import {
  evaluationAnswer,
  parseBody,
  RequestBody,
  readApproval,
  readDenial,
  taskAnswer,
  taskStatus,
} from '../../functions/adapters/http/authzen.ts'
import { noSuchNameAnswer, readEvaluation, readEvaluations } from '../../functions/adapters/http/evaluations.ts'
import { BadRequest, problemType } from '../../functions/adapters/http/problem.ts'
import { personView } from '../../functions/adapters/http/views.ts'
import { evolve } from '../../functions/domain/record/evolve.ts'
import { type ApprovalRequest, grantOf } from '../../functions/domain/record/request.ts'
import { asOf } from '../../functions/domain/requests/due.ts'
import { EvaluationBody } from '../../functions/domain/requests/evaluation-body.ts'
import { evaluateAccess } from '../../functions/operations/requests/evaluate-access.ts'
import { everyState } from '../channels/slack/cards/states.ts'
import {
  agent,
  issuer,
  parameter,
  prodParameter,
  sampleBundle,
  stagingParameter,
  start,
  World,
} from '../support/world.ts'

/** A request in the views of the agent and of people, and evaluations, in every state. */

const bundle = sampleBundle()
let states: ReadonlyMap<string, ApprovalRequest>
beforeAll(async () => {
  const tierZero = await new World(bundle).submitted(stagingParameter)
  states = new Map([...(await everyState(bundle)), ['at tier 0', tierZero]])
})
const state = (name: string): ApprovalRequest => {
  const found = states.get(name)
  if (!found) throw new Error(`no state is called ${name}`)
  return found
}
const ours = `${issuer}/ns/hotwork`
// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
const task = (of: ApprovalRequest) => taskAnswer(of, issuer) as any
// biome-ignore lint/suspicious/noExplicitAny: the same
const own = (of: ApprovalRequest) => task(of).task.display[ours] as any
// biome-ignore lint/suspicious/noExplicitAny: the same
const seen = (of: ApprovalRequest) => personView(of, bundle) as any

const leaves = (value: unknown, path = ''): [path: string, value: unknown][] =>
  value !== null && typeof value === 'object'
    ? Object.entries(value).flatMap(([name, each]) => leaves(each, `${path}.${name}`))
    : [[path, value]]

test('a task has ARAP’s word for the result of the ask, and approved stays approved after the grant', () => {
  expect(Object.fromEntries([...states].map(([name, of]) => [name, taskStatus(of)]))).toEqual({
    'waiting for the first stage': 'pending',
    'waiting for the second stage': 'pending',
    escalated: 'pending',
    'waiting for a stronger login, one of two': 'pending',
    approved: 'approved',
    'in use': 'approved',
    'completed: succeeded': 'approved',
    'completed: failed': 'approved',
    denied: 'denied',
    'expired without a decision': 'expired',
    'expired without a claim': 'approved',
    'expired in use': 'approved',
    withdrawn: 'cancelled',
    revoked: 'approved',
    'revoked by a denial': 'approved',
    narrowed: 'pending',
    'asked again': 'pending',
    revised: 'denied',
    'a revision that waits': 'pending',
    'of tier 1': 'pending',
    questioned: 'pending',
    'for an incident': 'pending',
    previewed: 'pending',
    'previewed in vain': 'pending',
    'changed after an approval': 'pending',
    'decided by a stand-in': 'pending',
    'denied by a stand-in': 'denied',
    'at tier 0': 'approved',
  })
  for (const of of states.values()) expect(task(of).task.status).toBe(taskStatus(of))
})

test('a task shows the narrowed ask exactly if there is one, and not the person', () => {
  for (const [name, of] of states) {
    const { narrowed, round } = own(of)
    const { arguments: args, uses, lifetime } = of.ask
    expect([name, narrowed]).toEqual([name, round > 1 ? { arguments: args, uses, lifetime } : undefined])
    expect([name, JSON.stringify(task(of)).includes('person:')]).toEqual([name, false])
  }
  expect(own(state('narrowed')).round).toBeGreaterThan(1)
})

test('a task can be cancelled while it is pending, at a named address', () => {
  for (const of of states.values()) {
    const { links, status_endpoint: endpoint } = task(of).task
    expect(endpoint).toBe(`${issuer}/access/v1/requests/${of.ask.id}`)
    expect(links).toEqual(of.status === 'pending' ? { cancel: `${endpoint}/cancel` } : undefined)
  }
})

test('a task has a result exactly if it was approved, and Hotwork’s own members under an address of ours', () => {
  for (const [name, of] of states) {
    const answer = task(of)
    expect([name, Object.keys(answer).sort()]).toEqual([name, [...(grantOf(of) ? ['result'] : []), 'task']])
    expect([name, Object.keys(answer.task.display)]).toEqual([name, [ours]])
    if (grantOf(of)) expect(answer.result).toMatchObject({ mode: 'reevaluate', approval: { id: grantOf(of)?.id } })
    expect(own(of).grant?.status).toBe(grantOf(of) && (of.status === 'approved' ? 'live' : of.status))
  }
})

test('a task has the end of the approval, planned or actual', () => {
  const until = (name: string) => Date.parse(task(state(name)).result.approval.approved_until) / 1000
  const grant = (name: string) => grantOf(state(name))
  expect(until('approved')).toBe(grant('approved')?.notAfter)
  expect(until('in use')).toBe(grant('in use')?.notAfter)
  expect(until('expired in use')).toBe(grant('expired in use')?.notAfter)
  expect(until('expired without a claim')).toBe(grant('expired without a claim')?.claimBy)
  expect(until('revoked')).toBe(start)
  expect(until('completed: failed')).toBe(start)
})

test('a task keeps its times after a refused attempt', () => {
  for (const name of ['revoked', 'completed: succeeded', 'denied', 'withdrawn', 'expired in use']) {
    const of = state(name)
    const refused = {
      ...{ type: 'Refused', at: of.updatedAt + 500, actor: { type: 'agent', id: of.ask.agent.id } },
      ...{ policies: [], bundle: '', attempted: 'intend', code: 'revoked' },
    } as Parameters<typeof evolve>[1]
    expect([name, task(evolve(of, refused))]).toEqual([name, task(of)])
  }
})

test('a task outlives the time in which its grant can be claimed, and a late reader', () => {
  for (const [name, of] of states) {
    const expires = Date.parse(task(of).task.expires_at) / 1000
    const grant = grantOf(of)
    expect([name, expires > Math.max(start, grant?.claimBy ?? 0, grant?.notAfter ?? 0)]).toEqual([name, true])
  }
})

test('a task counts its steps from 1, and names its present or last stage', () => {
  const progress = (name: string) => task(state(name)).task.progress
  expect(progress('waiting for the first stage')).toEqual({ current_step: 1, total_steps: 2, step_name: 'owner' })
  expect(progress('waiting for the second stage')).toEqual({ current_step: 2, total_steps: 2, step_name: 'sre' })
  expect(progress('approved')).toEqual({ current_step: 2, total_steps: 2, step_name: 'sre' })
  expect(progress('withdrawn')).toEqual({ current_step: 1, total_steps: 2, step_name: 'owner' })
  expect(progress('expired without a decision')).toEqual({ current_step: 1, total_steps: 2, step_name: 'owner' })
  expect(progress('at tier 0')).toBeUndefined()
})

test('a task counts the decisions, and never names the people or their comments', () => {
  const people = bundle.directory.people.flatMap(({ id, name, chatUser: slack }) => [id, name, slack ?? id])
  for (const [name, of] of states) {
    const text = JSON.stringify(task(of))
    expect([name, people.filter((each) => text.includes(each))]).toEqual([name, []])
    expect(text).not.toMatch(/comment|see INC-1042|the incident is over/)
  }
  expect(own(state('denied')).stages.map((each: { decisions: unknown }) => each.decisions)).toEqual([
    { approve: 0, deny: 0 },
    { approve: 0, deny: 1 },
  ])
})

test('a time is shown as RFC 3339, in whole seconds and UTC', () => {
  let times = 0
  for (const of of states.values())
    for (const [path, value] of [...leaves(task(of)), ...leaves(seen(of))])
      if (/(_at|_by|_until|deadline|\.at|not_after)$/.test(path) && !/_by$/.test(path.replace('claim_by', ''))) {
        times += 1
        expect([path, value]).toEqual([path, expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)])
      }
  expect(times).toBeGreaterThan(100)
})

test('a request to people has the domain’s own status, and the ask', () => {
  for (const of of states.values())
    expect(seen(of)).toMatchObject({
      id: of.ask.id,
      status: of.status,
      agent: of.ask.agent.id,
      owner: of.ask.owner,
      action: of.ask.action,
      arguments: of.ask.arguments,
      resource: of.ask.resource,
      environment: of.ask.environment,
      tier: of.tier,
      digest: of.ask.digest,
      arguments_digest: of.ask.argumentsDigest,
      round: of.round,
    })
})

test('a request to people has each narrowing with its person, time and difference', () => {
  for (const [name, of] of states)
    expect([name, seen(of).narrowings?.length ?? 0]).toEqual([name, of.round - 1 - (of.drifts?.length ?? 0)])
  const [narrowing] = seen(state('narrowed')).narrowings
  expect(narrowing).toMatchObject({ by: expect.stringMatching(/^person:/), at: expect.stringMatching(/Z$/) })
  expect(JSON.stringify(narrowing)).toMatch(/"from":.*"to":/)
})

test('a request to people names its open stage, if it has one', () => {
  expect(seen(state('waiting for the first stage')).stage).toBe('owner')
  expect(seen(state('waiting for the second stage')).stage).toBe('sre')
  for (const [name, of] of states) if (of.status !== 'pending') expect([name, seen(of).stage]).toEqual([name, null])
})

test('a request to people has each decision with its person, time and comment', () => {
  expect(seen(state('denied')).stages[1].decisions).toEqual([
    { person: 'person:eve', verdict: 'deny', at: '2027-01-15T08:00:00Z', comment: 'the value is wrong: see INC-1042' },
  ])
})

test('a request to people names the person who ended it, and the reason', () => {
  expect(Object.fromEntries([...states].map(([name, of]) => [name, seen(of).ended?.by]))).toMatchObject({
    denied: 'person:eve',
    revoked: 'person:gus',
    withdrawn: 'agent:remediator',
    'completed: failed': 'agent:remediator',
    'expired in use': 'system',
    approved: undefined,
    escalated: undefined,
  })
  expect(seen(state('revoked')).ended.reason).toBe('the incident is over')
  expect(seen(state('completed: failed')).ended).toMatchObject({ outcome: 'failed', note: 'health is back to `ok`' })
})

test('a request to people holds no key and no session', () => {
  for (const of of states.values())
    expect(JSON.stringify(seen(of))).not.toMatch(/"(jkt|sessions?|credentials|intents)"/)
})

const evaluate = async (world: World, what = prodParameter, approval?: string) =>
  evaluationAnswer(await world.evaluate(what, approval), issuer) as {
    decision: boolean
    context: { [member: string]: unknown }
  }

test('an evaluation that an approval would help has the address, the end and the template of a request', async () => {
  const { decision, context } = await evaluate(new World(bundle))
  expect(decision).toBe(false)
  expect(context).toMatchObject({
    reason: 'approval_required',
    evaluation_id: expect.stringMatching(/^evl_/),
    evaluated_at: '2027-01-15T08:00:00Z',
    access_request: {
      endpoint: `${issuer}/access/v1/requests`,
      template: 'tier2',
      expires_at: '2027-01-15T08:10:00Z',
      display: { title: expect.stringContaining('/prod/checkout/payment-timeout-ms') },
    },
  })
})

test('a hopeless evaluation has no `access_request`', async () => {
  const { decision, context } = await evaluate(new World(bundle), parameter('/prod/hotwork/x'))
  expect([decision, context['reason'], context['next_action']]).toEqual([false, 'policy_denied', 'none'])
  expect(context).not.toHaveProperty('access_request')
})

test('an evaluation with the approval is permitted until its end, only for the same agent and ask', async () => {
  const world = new World(bundle)
  const request = await world.approved()
  const id = grantOf(request)?.id as string
  expect(await evaluate(world, prodParameter, id)).toMatchObject({
    decision: true,
    context: { approval: { id, approved_until: expect.stringMatching(/Z$/) } },
  })
  const reason = async (what: typeof prodParameter, approval: string) =>
    (await evaluate(world, what, approval)).context['reason']
  expect(await reason(parameter('/prod/checkout/payment-timeout-ms', '3001'), id)).toBe('out_of_scope')
  expect(await reason({ ...prodParameter, agent: agent('builder') }, id)).toBe('approval_unverifiable')
  for (const unknown of [id.replace(/.$/, '0'), request.ask.id, '', 'grt_', `${id}0`, '__proto__'])
    expect([unknown, await reason(prodParameter, unknown)]).toEqual([unknown, 'approval_unverifiable'])
  world.clock.advance(86_400)
  expect(await reason(prodParameter, id)).toBe('approval_expired')
})

test('an evaluation is for the caller itself, or by a tool, and refused about another agent', async () => {
  const world = new World(bundle)
  const about = { type: 'agent', id: 'agent:remediator' }
  const { action, arguments: properties, resource } = prodParameter
  const ask = (caller: Parameters<typeof evaluateAccess>[0]['caller'], subject = about) =>
    evaluateAccess(
      {
        ...{ caller, subject, resource, action: { name: action, properties } },
        ...{ purpose: 'remediation', parentTask: { id: 'INC-1' } },
      },
      world.ports,
    )
  expect(await ask({ type: 'agent', id: agent('builder') })).toMatchObject({ decision: false, reason: 'policy_denied' })
  expect(await ask({ type: 'tool', id: 'tool:flag-service' as never })).toMatchObject({ reason: 'approval_required' })
  for (const subject of [
    { type: 'user', id: 'agent:remediator' },
    { type: 'agent', id: '😀' },
    { type: 'agent', id: 'agent:stranger' },
  ])
    expect(await ask({ type: 'tool', id: 'tool:flag-service' as never }, subject)).toMatchObject({
      decision: false,
      reason: 'policy_denied',
    })
})

const evaluation = {
  subject: { type: 'agent', id: 'agent:remediator' },
  action: { name: 'ssm:PutParameter', properties: { Name: '/a' } },
  resource: prodParameter.resource,
  context: { purpose: 'remediation', parent_task: { id: 'INC-1' } },
}
const wrong = (schema: typeof EvaluationBody | typeof RequestBody, body: unknown) => {
  try {
    parseBody(schema as typeof EvaluationBody, body as never)
    return undefined
  } catch (fault) {
    if (fault instanceof BadRequest) return fault.problem
    throw fault
  }
}

test('a body may have unknown members at every level, which are ignored', () => {
  const more = { x: 1 }
  const { subject, action, resource, context } = evaluation
  const loose = {
    ...{ ...more, subject: { ...subject, ...more }, action: { ...action, ...more } },
    ...{ resource: { ...resource, ...more }, context: { ...context, ...more, parent_task: { id: 'INC-1', ...more } } },
  }
  expect(parseBody(EvaluationBody, loose)).toEqual(evaluation)
})

test.each<[what: string, body: unknown, names: string]>([
  ['no object', [], 'body'],
  ['no subject', { ...evaluation, subject: undefined }, '`subject`'],
  ['a subject that is text', { ...evaluation, subject: 'agent:remediator' }, '`subject`'],
  ['a subject without an id', { ...evaluation, subject: { type: 'agent' } }, '`subject.id`'],
  ['an id that is a number', { ...evaluation, subject: { type: 'agent', id: 7 } }, '`subject.id`'],
  ['an action without a name', { ...evaluation, action: {} }, '`action.name`'],
  ['properties that are a list', { ...evaluation, action: { name: 'a', properties: [] } }, '`action.properties`'],
  ['a resource without a type', { ...evaluation, resource: { id: 'a' } }, '`resource.type`'],
  ['a context that is null', { ...evaluation, context: null }, '`context`'],
  ['a task that is text', { ...evaluation, context: { parent_task: 'INC-1' } }, '`context.parent_task`'],
])('a body with %s is 400, and names the member', (_what, body, names) => {
  expect(wrong(EvaluationBody, body)).toMatchObject({ status: 400, detail: expect.stringContaining(names) })
})

test.each<[what: string, change: object, names: string]>([
  ['no purpose', { context: { parent_task: { id: 'INC-1' } } }, '`context.purpose`'],
  ['no parent task', { context: { purpose: 'remediation' } }, '`context.parent_task`'],
  ['several items', { items: [] }, '`items`: several items in one request are not supported'],
  ['a callback', { callback: { url: 'https://x.example' } }, '`callback`: callbacks are not supported'],
  [
    'a time without a zone',
    { requested_access: { requested_until: '2027-01-15T08:00:00' } },
    '`requested_access.requested_until`',
  ],
  ['a time in seconds', { requested_access: { requested_until: 1_800_000_000 } }, '`requested_access.requested_until`'],
  [
    'a time out of range',
    { requested_access: { requested_until: '0001-01-01T00:00:00Z' } },
    '`requested_access.requested_until`',
  ],
  [
    'an impossible day',
    { requested_access: { requested_until: '2027-02-30T00:00:00Z' } },
    '`requested_access.requested_until`',
  ],
])('a body of a submission with %s is 400, and names the fix', (_what, change, names) => {
  expect(wrong(RequestBody, { ...evaluation, ...change })).toMatchObject({
    status: 400,
    detail: expect.stringContaining(names),
  })
})

const denial = { evaluation_id: `evl_${'0'.repeat(26)}`, expires_at: '2027-01-15T08:10:00Z' }
test.each<[what: string, denial: unknown, names: string]>([
  ['nothing', undefined, '`denial.evaluation_id`'],
  ['text', 'evl_1', '`denial.evaluation_id`'],
  ['null', null, '`denial.evaluation_id`'],
  ['no evaluation', { ...denial, evaluation_id: undefined }, '`denial.evaluation_id`'],
  ['an invalid evaluation', { ...denial, evaluation_id: 'evl_1' }, '`evaluation_id`'],
  ['an evaluation that is a number', { ...denial, evaluation_id: 7 }, '`evaluation_id`'],
  ['no end', { ...denial, expires_at: undefined }, '`expires_at`'],
  ['an invalid end', { ...denial, expires_at: 'soon' }, '`expires_at`'],
])('a body with %s as its denial is `invalid_denial_binding`, and names the member', (_what, wrong, names) => {
  const body = parseBody(RequestBody, JSON.parse(JSON.stringify({ ...evaluation, denial: wrong })))
  expect(() => readDenial(body.denial)).toThrow(
    expect.objectContaining({
      problem: expect.objectContaining({
        status: 400,
        code: 'invalid_denial_binding',
        detail: expect.stringContaining(names),
      }),
    }),
  )
})

test.each([{ id: 'grt_1' }, { id: 7 }, {}, 'grt_1', 7, null, [], { id: 'g'.repeat(65) }])(
  'a body may show %j as an approval, which counts as an unknown one',
  (approval) => {
    const { context } = parseBody(EvaluationBody, { ...evaluation, context: { approval } } as never)
    expect(readApproval(context?.approval as never).approval).toBe(
      (approval as { id?: string } | null)?.id === 'grt_1' ? 'grt_1' : '',
    )
  },
)

test.each<[what: string, change: object, reason: string]>([
  ['subject', { subject: { type: 'agent', id: 'a'.repeat(3000) } }, 'policy_denied'],
  ['type of subject', { subject: { type: 'a'.repeat(300), id: 'agent:remediator' } }, 'policy_denied'],
  ['action', { action: { name: 'a'.repeat(300) } }, 'unknown_action'],
  ['resource', { resource: { type: 'ssm:parameter', id: 'a'.repeat(3000) } }, 'invalid_arguments'],
  ['type of resource', { resource: { type: 'a'.repeat(300), id: 'a' } }, 'invalid_arguments'],
  ['purpose', { context: { ...evaluation.context, purpose: 'a'.repeat(65) } }, 'invalid_arguments'],
  ['parent task', { context: { ...evaluation.context, parent_task: { id: 'a'.repeat(300) } } }, 'invalid_arguments'],
  ['name of an action', { action: { name: '' } }, 'unknown_action'],
])('a body with an overlong or empty %s is evaluated, and refused', (_what, change, reason) => {
  const read = readEvaluation({ ...evaluation, ...change } as never)
  expect(read).toMatchObject({ reason })
  expect(noSuchNameAnswer(read as never)).toMatchObject({ decision: false, context: { reason } })
  const many = readEvaluations({ ...evaluation, evaluations: [change] } as never)
  expect(many).toMatchObject({ kind: 'many', items: [{ reason }] })
})

test('a body that is malformed besides is 400', () => {
  const body = { ...evaluation, action: { name: 'a'.repeat(300) }, resource: undefined }
  expect(() => readEvaluation(body as never)).toThrow(BadRequest)
})

test('a body of a submission may have a time in any zone, which counts in whole seconds', () => {
  const at = (requested_until: string) =>
    parseBody(RequestBody, { ...evaluation, requested_access: { requested_until } }).requested_access?.requested_until
  expect(at('2027-01-15T08:00:00Z')).toBe(start)
  expect(at('2027-01-15T09:30:00+01:30')).toBe(start)
  expect(at('2027-01-15T08:00:00.999Z')).toBe(start)
})

test('a body with many mistakes is answered with five', () => {
  expect(wrong(RequestBody, {})?.detail?.split('; ').length).toBeLessThanOrEqual(5)
})

test('a problem that ARAP names has ARAP’s name, and any other has an address of ours', () => {
  for (const code of [
    'not_requestable',
    'expired_denial',
    'invalid_denial_binding',
    'duplicate_request',
    'unknown_task',
  ] as const)
    expect(problemType(issuer, code)).toBe(`urn:openid:authzen:access-request:error:${code}`)
  expect(problemType(issuer, 'invalid_json')).toBe(`${issuer}/problems/invalid_json`)
})

test('an overdue request is shown as expired', () => {
  const late = asOf(state('waiting for the first stage'), start + 86_400)
  expect([task(late).task.status, seen(late).status]).toEqual(['expired', 'expired'])
})
