import { CurrentPolicy } from '../../../functions/operations/agents/current-policy.ts'
import { askedOnce } from '../../support/policies/asked-once.ts'
import { agent, parameter, prodParameter, stagingParameter } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork policy observed`: the outcomes that observed policies would have had, summed up from the record. */

const scene = useScene()
const head = 'principal, action, resource'
const put = 'ssm:PutParameter'

/** From now on these policies are observed. */
function observe(slices: { [action: string]: { [id: string]: string } }): void {
  const { world } = scene.api
  world.policy = new CurrentPolicy(askedOnce({ ...world.policy.bundle, observed: slices }), world)
}
const floor = { [put]: { 'tried-floor': `forbid (${head}) when { context.approval.tier < 3 };` } }

test('`policy observed` counts acts by policy, and lists the last with both outcomes', async () => {
  const { world } = scene.api
  observe(floor)
  const { ask } = await world.submitted(prodParameter)
  await world.submitted({ ...prodParameter, agent: agent('builder'), purpose: 'release' })
  const { exit, body } = await scene.at('hana').json('policy', 'observed', '--since', 'P7D')
  expect([exit, body.acts, body.policies.length]).toEqual([0, 2, 1])
  expect(body.policies[0]).toMatchObject({
    policy: 'tried-floor',
    otherwise: 2,
    would_be: { 'permitted at tier 3': 2 },
  })
  expect(body.policies[0].last).toContainEqual({
    ...{ entry: `${ask.id}/1`, at: '2027-01-15T08:00:00Z', request: ask.id, agent: 'agent:remediator', action: put },
    ...{ was: 'permitted at tier 2', would_be: 'permitted at tier 3' },
  })
})

test('a decision is told with what the request asks, also where that was asked for before', async () => {
  const { world } = scene.api
  const request = await world.submitted(prodParameter)
  scene.advance(10 * 60)
  observe({ approve: { 'tried-ana': `forbid (${head}) when { principal == Hotwork::Person::"person:ana" };` } })
  expect(await world.decide(request, 'ana')).toMatchObject({ ok: true })
  const { body } = await scene.at('hana').json('policy', 'observed', '--since', 'PT5M')
  expect(body.policies[0].last).toEqual([
    expect.objectContaining({
      ...{ request: request.ask.id, agent: 'agent:remediator', action: put },
      ...{ was: 'approved as owner', would_be: 'refused' },
    }),
  ])
})

test('a request that was asked for before is fetched once, however often it was decided', async () => {
  const { world } = scene.api
  const request = await world.submitted(prodParameter)
  scene.advance(10 * 60)
  observe({ approve: { 'tried-forbid': `forbid (${head});` } })
  for (const who of ['ana', 'eve']) await world.decide(await world.state(request.ask.id), who)
  const { body } = await scene.at('hana').json('policy', 'observed', '--since', 'PT5M')
  expect(body.policies[0].last.length).toBe(2)
  expect(scene.api.calls.filter((call) => call === `GET /v1/requests/${request.ask.id}`)).toHaveLength(1)
})

test("a refusal that would have been a permit is read from the agent's record", async () => {
  observe({ [put]: { 'tried-permit': `permit (${head});` } })
  await scene.api.world.evaluate({ ...prodParameter, agent: agent('assistant') })
  const { out } = await scene.at('hana').type('policy', 'observed')
  expect(out).toMatch(/^tried-permit: 1 of 1 would have changed: 1 permitted at tier 3$/m)
  expect(out).toMatch(
    /^agent:assistant\/1 .*agent:assistant +ssm:PutParameter +refused \(policy_denied\) +permitted at tier 3$/m,
  )
})

test('the last five acts are listed, and all are counted', async () => {
  observe({ [put]: { 'tried-forbid': `forbid (${head});` } })
  for (let n = 0; n < 7; n++) await scene.api.world.submitted(parameter(`/staging/checkout/${n}`))
  const { body } = await scene.at('hana').json('policy', 'observed')
  expect([body.policies[0].otherwise, body.policies[0].last.length]).toEqual([7, 5])
})

test('`--policy` shows one policy, even if it would have changed nothing', async () => {
  observe(floor)
  await scene.api.world.submitted(stagingParameter)
  const { body } = await scene.at('hana').json('policy', 'observed', '--policy', 'tried-other')
  expect(body.policies).toEqual([{ policy: 'tried-other', otherwise: 0, would_be: {}, last: [] }])
})

test('nothing observed is said in words', async () => {
  await scene.api.world.submitted(stagingParameter)
  const { exit, out } = await scene.at('hana').type('policy', 'observed')
  expect(exit).toBe(0)
  expect(out).toContain('1 act that policy was asked about\nno observed policy would have changed an outcome\n')
})

test('the timeline of a request says it too', async () => {
  observe(floor)
  const { ask } = await scene.api.world.submitted(prodParameter)
  const { out } = await scene.at('hana').type('show', ask.id)
  expect(out).toContain('asked, tier 2; would have been permitted at tier 3, if what is observed counted: tried-floor')
})
