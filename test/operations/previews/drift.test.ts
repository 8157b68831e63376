import { taskAnswer } from '../../../functions/adapters/http/authzen.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { stateOf } from '../../../functions/domain/record/preview.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { MemoryCaller } from '../../support/credentials/memory-caller.ts'
import { unwrap } from '../../support/unwrap.ts'

import {
  agent,
  flag,
  issuer,
  person,
  prodParameter,
  sampleBundle,
  stagingParameter,
  type What,
  World,
} from '../../support/world.ts'
import { approvedFlag } from '../uses/claimed-flag.ts'
import { claimed, configure } from '../uses/mediated-world.ts'

const sample = sampleBundle()
/** The sample, with one agent more, to which the remediator may delegate. */
const bundle: Bundle = {
  ...sample,
  hash: 'sha-256:drifting' as never,
  agents: sample.agents.flatMap((it) =>
    it.id === agent('remediator')
      ? [
          it,
          {
            ...it,
            id: agent('second'),
            owner: person('gus'),
            identities: it.identities.map((identity) => ({ ...identity, subject: 'agent-second' })),
          },
        ]
      : [it],
  ),
}

/** A world in which the action's resource can be read, and has this state. */
function readable(what: What, state: JsonObject | undefined = { Value: '300' }): World {
  const world = new World(bundle)
  world.reader.preview(what.action)
  world.reader.set(what.resource.id, state)
  return world
}

test('a submission holds the values of today, and those that would be', async () => {
  const world = readable(prodParameter)
  const { preview, ask } = await world.submitted(prodParameter)
  expect(preview).toMatchObject({ outcome: 'matched', before: { Value: '300' }, after: { Value: '3000' } })
  expect(world.reader.asked).toMatchObject([{ request: ask.id, action: ask.action, classification: 'internal' }])
})

test('a refused submission reads nothing', async () => {
  const world = readable(prodParameter)
  const evaluated = await world.evaluate({ ...prodParameter, agent: agent('planner') })
  expect(evaluated).toMatchObject({ decision: false })
  expect(await world.submit({ ...prodParameter, agent: agent('planner') })).toMatchObject({ ok: false })
  expect(world.reader.asked).toEqual([])
})

test('a submission that repeats a pending one reads beside the look for it, and changes nothing', async () => {
  const world = readable(prodParameter)
  const first = await world.submitted(prodParameter)
  expect(await world.submitted(prodParameter)).toEqual(first)
  expect(world.reader.asked).toHaveLength(2)
})

test('a submission for an absent resource holds its absence as a state', async () => {
  const world = readable(prodParameter)
  world.reader.set(prodParameter.resource.id, undefined)
  const { preview } = await world.submitted(prodParameter)
  expect(preview).toMatchObject({ outcome: 'matched', before: {}, state: expect.stringMatching(/^sha-256:/) })
})

test('a submission whose reading fails is made all the same, and says so', async () => {
  const what: What = { ...flag('express-checkout', true), agent: agent('builder'), purpose: 'release' }
  const world = readable(what)
  expect((await world.submitted(what)).tier).toBe(1)
  const blind = readable(what)
  blind.reader.next('denied')
  expect(await blind.submitted(what)).toMatchObject({ tier: 1, preview: { outcome: 'failed', why: 'denied' } })
})

test('a submission whose reader throws counts as one whose reading failed', async () => {
  const world = readable(prodParameter)
  world.reader.read = () => Promise.reject(new TypeError('a bug'))
  expect(await world.submitted(prodParameter)).toMatchObject({ preview: { outcome: 'failed', why: 'unavailable' } })
})

test('a stage that would open on another state does not: all decide again, on the new state', async () => {
  const world = readable(prodParameter)
  const request = await world.submitted(prodParameter)
  world.reader.set(prodParameter.resource.id, { Value: '320' })
  expect(await world.decide(request, 'ana')).toMatchObject({ ok: false, code: 'state_changed' })
  const reopened = await world.state(request.ask.id)
  expect(reopened).toMatchObject({ status: 'pending', round: 2, preview: { before: { Value: '320' } } })
  expect(await world.decide(request, 'ana')).toMatchObject({ code: 'stale_round' })
  expect(await world.decide(reopened, 'ana')).toMatchObject({ ok: true })
  expect(await world.decide(reopened, 'eve')).toMatchObject({ ok: true, value: { state: { status: 'approved' } } })
})

test('a stage costs one reading, and the last one none', async () => {
  const world = readable(prodParameter)
  await world.approved()
  expect(world.reader.asked).toHaveLength(2)
})

test('a stage opens where the reading fails: the claim reads again, and is strict', async () => {
  const world = readable(prodParameter)
  const request = await world.submitted(prodParameter)
  world.reader.next('unavailable')
  expect(await world.decide(request, 'ana')).toMatchObject({ ok: true })
  expect(await world.state(request.ask.id)).toMatchObject({ preview: { outcome: 'matched' }, round: 1 })
})

test('a stage reads nothing for an invalid narrowing: an approver cannot have another resource shown', async () => {
  const world = readable(prodParameter)
  const request = await world.submitted(prodParameter)
  const before = world.reader.asked.length
  world.reader.set(prodParameter.resource.id, { Value: 'of another parameter' })
  const narrow = { arguments: { Name: '/prod/another/secret' } }
  expect(await world.decide(request, 'ana', 'approve', { narrow })).toMatchObject({ code: 'not_narrower' })
  expect(world.reader.asked).toHaveLength(before)
  expect(await world.state(request.ask.id)).toMatchObject({ round: 1, preview: { before: { Value: '300' } } })
})

test('a decision that came while another read is taken as it would have been', async () => {
  const world = readable(prodParameter)
  const request = await world.submitted(prodParameter)
  world.reader.lag()
  const late = world.decide(request, 'ana')
  expect(await world.decide(request, 'ben', 'deny')).toMatchObject({ ok: true })
  world.reader.arrive()
  expect(await late).toMatchObject({ ok: false, code: 'already_settled' })
})

describe('a claim of AWS credentials', () => {
  async function claimable(what = prodParameter) {
    const world = readable(what)
    const request = await (what === stagingParameter ? world.submitted(what) : world.approved(what))
    return { world, request, token: await world.claim(request) }
  }

  test('a claim on the state that was approved is answered, after one more reading', async () => {
    const { world, request, token } = await claimable()
    const before = world.reader.asked.length
    expect(await world.issueAws(request, token)).toMatchObject({ ok: true })
    expect(world.reader.asked.length - before).toBe(1)
    expect(await world.issueAws(request, token)).toMatchObject({ ok: true })
    expect(world.reader.asked.length - before).toBe(1)
  })

  test('a claim on another state is refused, decided again, and then done', async () => {
    const { world, request, token } = await claimable()
    world.reader.set(prodParameter.resource.id, { Value: '320' })
    expect(await world.issueAws(request, token)).toMatchObject({ ok: false, code: 'state_changed' })
    const reopened = await world.state(request.ask.id)
    expect(reopened).toMatchObject({ status: 'pending', round: 2, tier: 2 })
    expect(reopened.drifts).toMatchObject([{ approved: true, approvers: ['person:ana', 'person:eve'] }])
    expect(await world.issueAws(request, token)).toMatchObject({ code: 'pending' })
    await world.decide(reopened, 'ana')
    await world.decide(reopened, 'eve')
    const reapproved = await world.state(request.ask.id)
    expect(await world.issueAws(reapproved, await world.claim(reapproved))).toMatchObject({ ok: true })
  })

  test('a token of the grant before is dead', async () => {
    const { world, request, token } = await claimable()
    world.reader.set(prodParameter.resource.id, { Value: '320' })
    await world.issueAws(request, token)
    const reopened = await world.state(request.ask.id)
    await world.decide(reopened, 'ana')
    await world.decide(reopened, 'eve')
    expect(await world.issueAws(await world.state(request.ask.id), token)).toMatchObject({
      code: 'credential_superseded',
    })
  })

  test('a claim whose reading fails is refused, and the grant stays', async () => {
    const { world, request, token } = await claimable()
    world.reader.next('unavailable', 'denied', 'unreadable')
    for (let n = 0; n < 3; n++) expect(await world.issueAws(request, token)).toMatchObject({ code: 'state_unreadable' })
    expect(await world.issueAws(request, token)).toMatchObject({ ok: true })
  })

  test('a claim whose entry has lost its preview meanwhile is refused', async () => {
    const { world, request, token } = await claimable()
    world.reader.preview()
    expect(await world.issueAws(request, token)).toMatchObject({ code: 'state_unreadable' })
  })

  test('a claim that asks no person succeeds at the next try', async () => {
    const { world, request, token } = await claimable(stagingParameter)
    world.reader.set(stagingParameter.resource.id, { Value: '320' })
    expect(await world.issueAws(request, token)).toMatchObject({ code: 'state_changed' })
    const reapproved = await world.state(request.ask.id)
    expect(reapproved).toMatchObject({ status: 'approved', round: 2 })
    expect(await world.issueAws(reapproved, await world.claim(reapproved))).toMatchObject({ ok: true })
  })

  test('a claim whose state changes between every two steps ends after three rounds', async () => {
    const { world, request } = await claimable(stagingParameter)
    for (const Value of ['1', '2', '3', '4']) {
      const now = await world.state(request.ask.id)
      const token = await world.claim(now)
      world.reader.set(stagingParameter.resource.id, { Value })
      expect(await world.issueAws(now, token)).toMatchObject({ code: 'state_changed' })
    }
    expect(await world.state(request.ask.id)).toMatchObject({ status: 'revoked', reason: 'state_changed' })
  })

  test('a state is the guarded values, not the shown ones: a value that comes back as another version is another', async () => {
    const { world, request, token } = await claimable()
    world.reader.set(prodParameter.resource.id, { Value: '300', Version: 2 })
    expect(await world.issueAws(request, token)).toMatchObject({ code: 'state_changed' })
  })
})

test('a token for a tool is read for once, and its uses are not', async () => {
  const world = readable(flag(), { value: false })
  const { request } = await approvedFlag(world)
  world.reader.set(flag().resource.id, { value: true })
  expect(await world.issueToken(request)).toMatchObject({ ok: false, code: 'state_changed' })
  const reopened = await world.state(request.ask.id)
  expect(reopened).toMatchObject({ status: 'pending', tier: 1 })
  await world.decide(reopened, 'ana')
  const before = world.reader.asked.length
  expect(await world.issueToken(await world.state(request.ask.id))).toMatchObject({ ok: true })
  expect(await world.issueToken(await world.state(request.ask.id))).toMatchObject({ ok: true })
  expect(world.reader.asked.length - before).toBe(1)
})

test('a mediated call carries the state that was read just before', async () => {
  const world = readable(configure, { Timeout: 3, RevisionId: 'r1' })
  const { call, caller } = await claimed(configure, new MemoryCaller(), world)
  expect(await call()).toMatchObject({ ok: true })
  expect(caller.done).toMatchObject([{ expected: { Timeout: 3, RevisionId: 'r1' } }])
})

test('a mediated call on another state is not made, and no use is spent', async () => {
  const world = readable(configure, { Timeout: 3 })
  const { call, caller, uses, request } = await claimed(configure, new MemoryCaller(), world)
  world.reader.set(configure.resource.id, { Timeout: 5 })
  expect(await call()).toMatchObject({ ok: false, code: 'state_changed' })
  expect([caller.done, await uses()]).toEqual([[], []])
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved', round: 2 })
})

test('a mediated call that was not sent is read for again', async () => {
  const world = readable(configure, { Timeout: 3 })
  const { call, caller } = await claimed(configure, new MemoryCaller(), world)
  caller.next('not_sent')
  expect(await call()).toMatchObject({ code: 'call_not_sent' })
  world.reader.set(configure.resource.id, { Timeout: 5 })
  expect(await call()).toMatchObject({ code: 'state_changed' })
})

describe('a child', () => {
  test('a child has the state that its parent was approved on, and reads at its own claim', async () => {
    const world = readable(prodParameter)
    const parent = await world.approved()
    const before = world.reader.asked.length
    const child = unwrap(await world.delegate(parent, agent('second'))).state
    expect(child.preview).toEqual(parent.preview)
    expect(world.reader.asked).toHaveLength(before)
    const token = await world.claim(child)
    expect(await world.issueAws(child, token)).toMatchObject({ ok: true })
    expect(world.reader.asked.at(-1)?.request).toBe(parent.ask.id)
  })

  test('a child ends with a parent whose state changed', async () => {
    const world = readable(prodParameter)
    const parent = await world.approved()
    const child = unwrap(await world.delegate(parent, agent('second'))).state
    world.reader.set(prodParameter.resource.id, { Value: '320' })
    const token = await world.claim(child)
    expect(await world.issueAws(child, token)).toMatchObject({ code: 'state_changed' })
    expect(await world.state(child.ask.id)).toMatchObject({
      status: 'pending',
      ask: { chain: [{ id: 'agent:remediator' }] },
    })
  })
})

test('a change that another writer makes at the same time is read for again, and counts once', async () => {
  const world = readable(prodParameter)
  const request = await world.approved()
  const token = await world.claim(request)
  world.reader.set(prodParameter.resource.id, { Value: '320' })
  const both = await Promise.all([world.issueAws(request, token), world.issueAws(request, token)])
  expect(both.map((each) => !each.ok && each.code).sort()).toEqual(['pending', 'state_changed'])
  expect(await world.state(request.ask.id)).toMatchObject({ round: 2 })
})

test('an agent learns that the state changed, and no value or digest of it', async () => {
  const world = readable(prodParameter, { Value: 'canary-state-77aa' })
  const request = await world.approved()
  const token = await world.claim(request)
  world.reader.set(prodParameter.resource.id, { Value: 'canary-state-88bb' })
  const refused = await world.issueAws(request, token)
  expect(refused).toMatchObject({ ok: false, code: 'state_changed' })
  expect(refused).not.toHaveProperty('detail')
  const reopened = await world.state(request.ask.id)
  const told = JSON.stringify([taskAnswer(request, issuer), taskAnswer(reopened, issuer)])
  const states = [request, reopened].map(({ preview }) => stateOf(preview) ?? 'none')
  for (const secret of ['canary-state', '"before"', ...states]) expect(told).not.toContain(secret)
})

test('a value that was read is no part of the log', async () => {
  const world = readable(prodParameter, { Value: 'canary-state-77aa' })
  await world.approved()
  expect(JSON.stringify(world.log)).not.toContain('canary-state-77aa')
})
