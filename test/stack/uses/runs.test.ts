import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { administrator, connection, until } from '../support/aws.ts'
import { type Answer, deployed, prod, remediator, setParameter } from '../support/deployment.ts'

/** Runs of the sample's state machine: started by the runner, followed to their end, cancelled by a revocation. */

const hotwork = deployed()
const { local } = hotwork
const sfn = new SFNClient({ ...connection(local), credentials: administrator(local) })
const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:checkout-backfill'

const backfill = (pauseSeconds: number) => ({
  ...setParameter(prod),
  context: { ...setParameter(prod)['context'], justification: 'the orders of that day were lost' },
  action: {
    name: 'states:StartExecution',
    properties: { stateMachineArn: `${machine}:1`, input: { day: '2026-11-30', pauseSeconds } },
  },
  resource: { type: 'states:statemachine', id: machine },
})

/** An approved run of so many seconds, with the access token for its start. */
async function approved(pauseSeconds: number): Promise<{ id: string; start: () => Promise<Answer> }> {
  const id = await hotwork.approved(backfill(pauseSeconds))
  const token = (await hotwork.exchange(remediator, id)).body.access_token
  const start = async () =>
    hotwork.send('POST', '/aws/calls', {
      headers: {
        authorization: `DPoP ${token}`,
        dpop: await hotwork.proof(remediator, 'POST', '/aws/calls', token),
      },
    })
  return { id, start }
}

const executionsOf = async (stateMachineArn: string) =>
  (await sfn.send(new ListExecutionsCommand({ stateMachineArn }))).executions ?? []
const statusOf = async (executionArn: string) =>
  (await sfn.send(new DescribeExecutionCommand({ executionArn })).catch(() => undefined))?.status
/** The execution that looks at a request's run. @param attempt more after early ends */
const follower = (id: string, attempt = '') =>
  `${local.aws.stateMachineArn.replace(':stateMachine:', ':execution:')}-runs:${id}${attempt}`
const eventsOf = async (id: string, ...types: string[]) =>
  (await hotwork.ledger(id)).filter(({ type }) => types.includes(type))
/** The end of a run on record, and of its request. */
async function ended(id: string) {
  const [run] = await until(
    () => eventsOf(id, 'RunEnded'),
    (events) => events.length > 0,
  )
  const view = await hotwork.view(id)
  expect(view.run?.status).toBe(run?.facts.status)
  return { run: view.run?.status, status: view.status }
}

test('an approved run is started once by the runner, and its end completes the request', async () => {
  const { id, start } = await approved(2)
  const began = Date.now()
  const started = await start()
  expect(started).toMatchObject({ status: 200, body: { run: { status: 'running' } } })
  const { executionArn } = started.body.output
  expect(await start()).toMatchObject({ status: 403, body: { type: `${local.issuer}/problems/uses_exhausted` } })
  expect(await ended(id)).toEqual({ run: 'succeeded', status: 'completed' })
  expect(await eventsOf(id, 'Completed')).toMatchObject([{ facts: { outcome: 'succeeded' } }])
  const ours = (await executionsOf(machine)).filter(({ startDate }) => Number(startDate) > began - 1000)
  expect(ours.filter((each) => each.executionArn === executionArn)).toMatchObject([{ status: 'SUCCEEDED' }])
  expect(
    await until(
      () => statusOf(follower(id)),
      (status) => status === 'SUCCEEDED',
    ),
  ).toBe('SUCCEEDED')
  expect(verify(id, await hotwork.ledger(id)).broken).toBeUndefined()
  // CloudTrail has the one call, by a session of the runner.
  const { body } = await until(
    () => hotwork.as('person:ana', 'GET', `/v1/requests/${id}/actual`),
    (answer) => answer.body.calls?.length > 0,
  )
  expect(body.calls).toMatchObject([{ action: 'states:StartExecution', verdict: 'approved' }])
})

test('a revoked run is cancelled at once, though its next look is minutes away', async () => {
  const { id, start } = await approved(600)
  const { executionArn } = (await start()).body.output
  expect(await statusOf(executionArn)).toBe('RUNNING')
  await hotwork.as('person:gus', 'POST', `/v1/requests/${id}/revoke`, { reason: 'enough' })
  expect(
    await until(
      () => statusOf(executionArn),
      (status) => status === 'ABORTED',
    ),
  ).toBe('ABORTED')
  expect(await ended(id)).toEqual({ run: 'cancelled', status: 'revoked' })
})

test('an execution that was stopped by hand starts again from the record, until the run has ended', async () => {
  const { id, start } = await approved(20)
  expect(await start()).toMatchObject({ status: 200 })
  expect(
    await until(
      () => statusOf(follower(id)),
      (status) => status === 'RUNNING',
    ),
  ).toBe('RUNNING')
  await sfn.send(new StopExecutionCommand({ executionArn: follower(id), cause: 'for a test' }))
  expect(
    await until(
      () => statusOf(follower(id, '-2')),
      (status) => status === 'RUNNING',
    ),
  ).toBe('RUNNING')
  expect(await ended(id)).toEqual({ run: 'succeeded', status: 'completed' })
})

test('a run is refused after its request was revoked, and nothing is started', async () => {
  const { id, start } = await approved(3)
  const before = await executionsOf(machine)
  await hotwork.as('person:gus', 'POST', `/v1/requests/${id}/revoke`, { reason: 'enough' })
  expect((await start()).status).toBe(401)
  expect(await eventsOf(id, 'UseBegun', 'RunStarted')).toEqual([])
  expect((await executionsOf(machine)).length).toBe(before.length)
})
