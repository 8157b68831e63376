import { describe as printed } from '../../../client/requests/show.ts'
import { parseBody, RequestBody, taskAnswer } from '../../../functions/adapters/http/authzen.ts'
import { personView, shownView } from '../../../functions/adapters/http/views.ts'
import { requestPage } from '../../../functions/adapters/pages/request-page.ts'
import { renderBurst } from '../../../functions/channels/slack/cards/burst-card.ts'
import { renderCard } from '../../../functions/channels/slack/cards/card.ts'
import { type BurstKind, burstOf } from '../../../functions/domain/cards/burst.ts'
import { Request } from '../../../functions/domain/cards/wire/request.ts'
import { saidIn } from '../../../functions/domain/record/ask-terms.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { withDigests } from '../../../functions/domain/requests/narrow.ts'
import { delegateRequest } from '../../../functions/operations/delegation/delegate-request.ts'
import { givePermit } from '../../../functions/operations/permits/standing-permits.ts'
import { extendRequest } from '../../../functions/operations/requests/extend-request.ts'
import { advanceWorkflow } from '../../../functions/operations/requests/workflow.ts'
import { agent, agentKey, issuer, person, prodParameter, sampleBundle, type What, World } from '../../support/world.ts'

/** The toy: an agent names the change window in which it acts. It must appear in each place where facts of an ask do. */

const bundle = sampleBundle()
const channel = 'hotwork-approvals'
const changeWindow = 'CHG-7'
const flag: What = {
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'express-checkout', value: false },
  resource: { type: 'flags:flag', id: 'prod/express-checkout' },
}

const file: What = {
  action: 'files:WriteFile',
  arguments: { path: 'prod/checkout.yaml', content: 'retries: 3' },
  resource: { type: 'files:file', id: 'prod/checkout.yaml' },
}

let world: World
beforeEach(() => {
  world = new World(bundle)
})

async function approved(what = file): Promise<ApprovalRequest> {
  const request = await world.submitted(what, { changeWindow })
  for (const who of ['ana', 'eve']) await world.decide(request, who)
  return world.state(request.ask.id)
}

const body = {
  ...{ subject: { type: 'agent', id: 'agent:remediator' }, action: { name: 'flags:set' }, resource: flag.resource },
  context: { purpose: 'remediation', parent_task: { id: 'INC-1' }, change_window_ref: changeWindow },
}

test('a change window is read by the name of its row', () => {
  expect(saidIn(parseBody(RequestBody, body))).toMatchObject({ changeWindow })
})

test('a malformed change window is refused by the name of its row', () => {
  const malformed = { ...body, context: { ...body.context, change_window_ref: 7 } }
  expect(() => parseBody(RequestBody, malformed)).toThrow(
    expect.objectContaining({
      problem: expect.objectContaining({ detail: expect.stringContaining('context.change_window_ref') }),
    }),
  )
})

test('another change window makes another digest', async () => {
  const { ask } = await world.submitted(prodParameter, { changeWindow })
  expect(withDigests(ask).digest).toBe(ask.digest)
  expect(withDigests({ ...ask, changeWindow: 'CHG-8' }).digest).not.toBe(ask.digest)
})

test('two asks are alike only if their change window is equal', async () => {
  const ids: string[] = []
  for (const window of [changeWindow, changeWindow, 'CHG-8', undefined])
    ids.push((await world.submitted(flag, window === undefined ? {} : { changeWindow: window })).ask.id)
  expect(ids[1]).toBe(ids[0])
  expect(new Set(ids).size).toBe(3)
})

test('an ask with a change window draws on no standing permit', async () => {
  const first = await world.submitted(flag)
  await world.decide(first, 'ben')
  const terms = { uses: 3, until: world.clock.now() + 3600, login: {} }
  await givePermit(
    { request: first.ask.id, person: person('ben'), ...terms },
    { ...world.ports, permits: world.permits },
  )
  expect((await world.submitted(flag, { changeWindow })).status).toBe('pending')
  expect((await world.submitted(flag)).status).toBe('approved')
})

test('a delegation inherits the change window', async () => {
  const parent = await approved()
  await world.issueToken(parent)
  const { ask } = parent
  const delegated = await delegateRequest(
    {
      ...{ id: ask.id, agent: agent('remediator'), jkt: agentKey, to: agent('builder'), once: world.proof() },
      action: { name: ask.action, properties: ask.arguments },
      ...{ resource: ask.resource, idempotencyKey: 'one', body: {} },
    },
    { ...world.ports, targetRole: world.targetRole },
    async () => {},
  )
  expect(delegated).toMatchObject({ ok: true, value: { state: { ask: { changeWindow } } } })
})

test('an extension inherits the change window', async () => {
  const request = await approved(prodParameter)
  await world.issueToken(request)
  const more = { id: request.ask.id, agent: agent('remediator'), jkt: agentKey, minutes: 10, body: {} }
  const ports = { ...world.ports, permits: world.permits, targetRole: world.targetRole }
  expect(await extendRequest({ ...more, once: world.proof() }, ports)).toMatchObject({
    ok: true,
    value: { stored: { state: { ask: { changeWindow } } } },
  })
})

test('steps of a plan inherit the change window', async () => {
  const steps = [{ agent: agent('builder'), action: file.action, arguments: file.arguments }]
  const what = { agent: agent('planner'), action: 'plan', arguments: { steps } as never, purpose: 'release' }
  const plan = await approved({ ...what, resource: { type: 'plan', id: 'INC-1042' } })
  await advanceWorkflow(plan.ask.id, world.ports)
  const [step] = plan.ask.steps ?? []
  expect((step && (await world.stored(step.request)))?.ask).toMatchObject({ changeWindow })
})

describe('it is shown', () => {
  let state: ApprovalRequest
  beforeEach(async () => {
    state = await world.submitted(flag, { changeWindow })
  })
  const text = (of: unknown) => JSON.stringify(of)

  test('a card and a burst show the change window', async () => {
    expect(text(renderCard(state, bundle, channel))).toMatch(/Change window: .*CHG-7/)
    const other = await world.submitted(flag, { changeWindow: 'CHG-8' })
    const view = { kind: burstOf(state, channel) as BurstKind, generation: 1, members: [state, other] }
    const list = text(renderBurst(view as never, bundle).card)
    for (const each of [/change window\) = \W*CHG-7/, /change window\) = \W*CHG-8/]) expect(list).toMatch(each)
  })

  test('a page shows the change window', () => {
    const reader = { name: 'Ana', csrf: 'x', person: person('ana') }
    const page = requestPage({ viewed: { state, whyNot: {} } as never, bundle, reader, now: world.clock.now() })
    expect(page).toMatch(/<dt>Change window<\/dt><dd>CHG-7/)
  })

  test('the API and a terminal show the change window', () => {
    const answer = { ...personView(state, bundle), shown: shownView(state, bundle) }
    expect(answer).toMatchObject({ change_window_ref: changeWindow })
    expect(text(taskAnswer(state, issuer))).toContain(`"change_window_ref":"${changeWindow}"`)
    const surroundings = { now: () => new Date(world.clock.now() * 1000), env: { TZ: 'UTC' } }
    expect(printed(Request.parse(answer), surroundings).join('\n')).toMatch(/change window +CHG-7/)
  })
})
