import { isBulkable } from '../../../functions/domain/cards/burst.ts'
import { requestDigest } from '../../../functions/domain/record/request-digest.ts'
import { openedBy } from '../../../functions/operations/break-glass/what-to-open.ts'
import { CallUnanswered } from '../../../functions/operations/faults.ts'
import { extendRequest } from '../../../functions/operations/requests/extend-request.ts'
import type { RefusedSubmission } from '../../../functions/operations/requests/submission.ts'
import { followRun } from '../../../functions/operations/uses/follow-run.ts'
import { makeCall, resolveCall } from '../../../functions/operations/uses/make-call.ts'
import { withPolicy } from '../../support/bundles.ts'
import { bundleOfRuns, changeSetOf, changeSets, runbook, runOf, runsAs } from '../../support/runs.ts'
import { described, MemoryRuns, WorldOfRuns } from '../../support/runs-world.ts'
import { agent, agentKey } from '../../support/world.ts'

/** A run is read before people are asked, and its role and what it leaves open are part of what they decide on. */

const prod = runOf('checkout-restart')
const changeSet = changeSetOf()
const summary = {
  added: 1,
  changed: 2,
  replaced: 0,
  removed: 1,
  stateful_removed: 0,
  unpinned: 0,
  types: ['AWS::S3::Bucket'],
}

const world = (changes: Parameters<typeof described>[0] | 'denied' | 'unfit' = {}, bundle = bundleOfRuns()) => {
  const runs = new MemoryRuns()
  runs.description = typeof changes === 'string' ? changes : described(changes)
  return new WorldOfRuns(runs, bundle)
}

test('the ask of a run has its role and what it leaves open, which its digest covers', async () => {
  const { ask, preview } = await world().submitted(prod)
  expect(ask.runsAs).toBe(runsAs)
  expect(ask.unpinned).toEqual([
    `this approves everything that ${runsAs} may do with it`,
    'step 2 runs the document `other` without a version',
  ])
  expect(preview).toMatchObject({ outcome: 'matched', before: {}, after: {}, run: { runsAs } })
  expect(requestDigest({ ...ask, runsAs: 'arn:aws:iam::000000000000:role/other' })).not.toBe(ask.digest)
})

test.each<[string, Parameters<typeof world>[0], RefusedSubmission['code']]>([
  ['cannot be read', 'denied', 'state_unreadable'],
  ['is unfit', 'unfit', 'invalid_run'],
  ['is described without a role', { runsAs: null }, 'no_service_role'],
  ['is described in another form', { runsAs: 7 }, 'state_unreadable'],
  ['has no digest', { digest: null }, 'state_unreadable'],
  [
    'acts as a role of Hotwork',
    { runsAs: 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target' },
    'own_control_plane',
  ],
  [
    'changes the stack of Hotwork',
    { concerns: ['arn:aws:cloudformation:us-east-1:000000000000:stack/Hotwork/1'] },
    'own_control_plane',
  ],
])('a run that %s is refused before people are asked', async (_what, description, code) => {
  const desk = world(description)
  expect(await desk.submit(prod)).toMatchObject({ ok: false, code })
  expect((await desk.requests.open(agent('remediator'), 10)).length).toBe(0)
})

test('a run that names what Hotwork is made of is refused without a reading', async () => {
  const desk = world('denied')
  const refused = await desk.submit(runOf('Hotwork-restart'))
  expect(refused).toMatchObject({
    ok: false,
    code: 'own_control_plane',
    detail: expect.stringContaining('Hotwork-restart'),
  })
})

test('the same ask joins the open request, also if the role of its definition has changed since', async () => {
  const desk = world()
  const { ask } = await desk.submitted(prod)
  desk.runs.description = described({ runsAs: 'arn:aws:iam::000000000000:role/other' })
  expect((await desk.submitted(prod)).ask.id).toBe(ask.id)
})

test('policy hears the numbers of a change set at its submission, and none at the evaluation', async () => {
  const rule =
    'forbid (principal, action, resource) when { context has change && context.change.stateful_removed > 0 };'
  const bundle = withPolicy(changeSets.name, 'keep-data', rule, bundleOfRuns())
  const builder = { ...changeSet, agent: agent('builder'), purpose: 'release' }
  const small = await world({ change: summary }, bundle).submitted(builder)
  expect(small.preview).toMatchObject({ run: { change: summary } })
  const large = world({ change: { ...summary, stateful_removed: 1 } }, bundle)
  expect(await large.evaluate(builder)).toMatchObject({ requestable: { tier: small.tier } })
  expect(await large.submit(builder)).toMatchObject({
    ok: false,
    code: 'not_requestable',
    detail: expect.stringContaining('policy_denied'),
  })
})

test('a change set whose reading raises the tier to one with a live parent task has its task looked up', async () => {
  const rule =
    'forbid (principal, action, resource) when { context has change && context.change.stateful_removed > 0 && context.approval.tier < 3 };'
  const bundle = withPolicy(changeSets.name, 'data-needs-security', rule, bundleOfRuns())
  const desk = world({ change: { ...summary, stateful_removed: 1 } }, bundle)
  desk.tasks = { look: async () => ({ answer: 'known' }) }
  const asked = { ...changeSet, agent: agent('builder'), purpose: 'release' }
  const { tier, ask } = await desk.submitted(asked, { justification: 'the release of today' })
  expect([tier, ask.task]).toEqual([3, 'known'])
})

/** Approved by two people, and claimed. */
async function claimed(what = prod, description = {}) {
  const desk = world(description)
  const request = await desk.approved(what)
  const token = desk.accessToken(request, await desk.claim(request))
  return { desk, request, call: () => makeCall(token, desk.proof(), desk.runPorts) }
}

test('a run is started once it is approved, with the key of its use', async () => {
  const { desk, request, call } = await claimed()
  expect(await call()).toMatchObject({ ok: true, value: { run: { status: 'running' } } })
  const state = await desk.state(request.ask.id)
  expect(state).toMatchObject({ status: 'approved', run: { status: 'running', use: desk.runs.calls[0] } })
})

test('a run that has come to change Hotwork since the ask is never started, with people or without', async () => {
  for (const what of [runOf('staging-restart'), prod]) {
    const { desk, request, call } = await claimed(what)
    const [digest, concerns] = [`sha-256:${'e'.repeat(43)}`, ['Hotwork-broker']]
    desk.runs.description = described({ digest, concerns })
    expect(await call()).toMatchObject({ ok: false, code: 'state_unreadable' })
    expect(await desk.state(request.ask.id)).toMatchObject({ round: 1 })
    expect(desk.runs.calls).toEqual([])
  }
})

test('a run whose start was lost is found through a halt, which stops it', async () => {
  const { desk, request, call } = await claimed()
  const { id } = request.ask
  const make = desk.runs.make.bind(desk.runs)
  desk.runs.make = async (...of) => {
    await make(...of)
    throw new CallUnanswered('TimeoutError')
  }
  await expect(call()).rejects.toThrow('TimeoutError')
  desk.putHalt({ kind: 'all', value: 'all' })
  desk.clock.advance(600)
  expect(await resolveCall(id, desk.runPorts)).toMatchObject({ found: 'started' })
  await followRun(id, desk.runPorts)
  expect(desk.runs.cancelled).toHaveLength(1)
})

test('a look at a run is told what the approved reading showed', async () => {
  const shows = `sha-256:${'5'.repeat(43)}`
  const { desk, request, call } = await claimed(prod, { shows })
  await call()
  await followRun(request.ask.id, desk.runPorts)
  expect(desk.runs.shows).toBe(shows)
})

test.each([
  ['role', { runsAs: 'arn:aws:iam::000000000000:role/other' }, 'state_unreadable', 'run_role_changed'],
  ['definition', { digest: `sha-256:${'e'.repeat(43)}` }, 'state_changed', undefined],
])('a run is not started where the %s has changed since', async (_what, changes, code, logged) => {
  const { desk, call } = await claimed()
  desk.runs.description = described(changes)
  expect(await call()).toMatchObject({ ok: false, code })
  expect(desk.runs.calls).toEqual([])
  if (logged) expect(desk.log.lines).toContainEqual(expect.objectContaining({ message: logged }))
})

test('a run of fewer minutes acts as the same role', async () => {
  const desk = world()
  const request = await desk.submitted(prod)
  await desk.decide(request, 'ana', 'approve', { narrow: { minutes: 5 } })
  const { ask } = await desk.state(request.ask.id)
  expect(ask).toMatchObject({ lifetime: 300, runsAs, unpinned: request.ask.unpinned })
})

test('a run is no step of a plan', async () => {
  const steps = [{ agent: 'agent:remediator', action: runbook.name, arguments: prod.arguments }]
  const plan = {
    agent: agent('planner'),
    action: 'plan',
    arguments: { steps },
    resource: { type: 'plan', id: 'INC-1042' },
  }
  expect(await world().submit(plan)).toMatchObject({ ok: false, code: 'not_requestable' })
  expect(await world().evaluate(plan)).toMatchObject({
    reason: 'invalid_arguments',
    detail: expect.stringContaining('starts a run'),
  })
})

test('a run is not handed on to another agent', async () => {
  const { desk, request } = await claimed()
  expect(await desk.delegate(request, agent('builder'))).toMatchObject({ ok: false, code: 'not_permitted' })
})

test('no standing permit is given on a run', async () => {
  const { desk, request } = await claimed(runOf('checkout-restart'))
  expect(await desk.givePermit(request, 'ana')).toMatchObject({
    ok: false,
    code: 'permit_refused',
    detail: 'a run is approved one by one',
  })
})

test('no click decides a run together with others', async () => {
  const state = await world().submitted(prod)
  expect(isBulkable({ ...state, tier: 1 })).toBe(false)
})

test('break-glass starts no run', () => {
  const { action, arguments: args, resource } = prod
  expect(openedBy({ action, arguments: args, resource }, new WorldOfRuns().ports)).toMatchObject({
    ok: false,
    code: 'not_permitted',
  })
})

test('a grant for a run is not extended, since the run goes on without it', async () => {
  const { desk, request } = await claimed()
  const ask = {
    id: request.ask.id,
    agent: agent('remediator'),
    jkt: agentKey,
    minutes: 5,
    idempotencyKey: 'k',
    body: {},
    once: desk.proof(),
  }
  const ports = { ...desk.ports, permits: desk.permits, targetRole: desk.targetRole }
  expect(await extendRequest(ask as never, ports)).toMatchObject({ ok: false, code: 'not_extendable' })
})
