import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { statesOf, until } from '../support/aws.ts'
import { deployed, prod, remediator, setParameter, staging } from '../support/deployment.ts'

const hotwork = deployed()
const { local } = hotwork
const planner = 'agent:planner'
const builder = 'agent:builder'

type Step = { request: string; status: string; because?: string }

const stepsOf = async (id: string): Promise<readonly Step[]> =>
  (await hotwork.task(planner, id)).body.task.display[`${local.issuer}/ns/hotwork`].steps

/** The status of each step, once step number `step` has this status. */
const untilStep = async (id: string, step: number, status: string): Promise<readonly string[]> => {
  const steps = await until(
    () => stepsOf(id),
    (all) => all[step - 1]?.status === status,
    40,
  )
  return steps.map((each) => each.status)
}

test('people decide a plan of three steps once, each step waits for the one before, and a failed one ends the rest', async () => {
  const [first, third] = [setParameter(staging), setParameter(prod)].map(({ action }) => action)
  const asked = await hotwork.as(planner, 'POST', '/v1/asks', {
    kind: 'plan',
    purpose: 'maintenance',
    parent_task: { id: `PLAN-${Date.now()}` },
    justification: 'the checkout is slow: raise one timeout, turn a flag off, then the other timeout',
    steps: [
      { agent: remediator, action: first.name, arguments: first.properties },
      { agent: builder, action: 'flags:set', arguments: { environment: 'prod', flag: 'new-basket', value: false } },
      { agent: remediator, action: third.name, arguments: third.properties },
    ],
  })
  expect(asked).toMatchObject({ status: 200, body: { action: { name: 'plan' } } })
  const id = await hotwork.submitted(planner, asked.body)
  expect(await hotwork.decide('person:ben', id)).toMatchObject({ status: 200 })
  expect(await hotwork.decide('person:eve', id)).toMatchObject({ status: 200 })

  expect(await untilStep(id, 1, 'open')).toEqual(['open', 'waiting', 'waiting'])
  const [one, two, three] = (await stepsOf(id)).map(({ request }) => request) as [string, string, string]
  expect(await hotwork.exchange(builder, two)).toMatchObject({
    status: 400,
    body: { error: 'invalid_authorization_details', error_description: expect.stringMatching(/^pending/) },
  })
  expect(await hotwork.exchange(planner, id)).toMatchObject({
    status: 400,
    body: { error: 'invalid_authorization_details', error_description: expect.stringContaining(one) },
  })

  const { putParameter } = await hotwork.session(remediator, one)
  expect(await putParameter(staging)).toBe('done')
  expect(await hotwork.complete(remediator, one)).toMatchObject({ status: 200 })
  expect(await untilStep(id, 2, 'open')).toEqual(['succeeded', 'open', 'waiting'])

  expect((await hotwork.exchange(builder, two)).status).toBe(200)
  await hotwork.complete(builder, two, { outcome: 'failed', note: 'the flag service said no' })
  expect(await untilStep(id, 2, 'failed')).toEqual(['succeeded', 'failed', 'ended'])
  expect(await hotwork.untilView(three, ({ status }) => status !== 'pending')).toMatchObject({ status: 'denied' })

  const states = await until(
    () => statesOf(local, id),
    (names) => names.filter((name) => name === 'AwaitStep').length >= 2,
  )
  expect(states.filter((name) => name === 'AwaitStep').length).toBeGreaterThanOrEqual(2)
  const entries = await hotwork.ledger(id)
  expect(verify(id, entries)).toMatchObject({ state: { status: 'completed', outcome: 'failed' } })
  const steps = entries.map(({ type }) => type).filter((type) => type.startsWith('Step'))
  expect(steps).toEqual(['StepOpened', 'StepEnded', 'StepOpened', 'StepEnded'])
})
