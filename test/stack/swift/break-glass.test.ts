import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import {
  DeleteScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  type ScheduleSummary,
} from '@aws-sdk/client-scheduler'
import { DescribeExecutionCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import * as DPoP from 'dpop'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import {
  administrator,
  connection,
  historyOf,
  statesOf,
  until,
  untilRefused,
  untilState,
  withCredentials,
} from '../support/aws.ts'
import { openedGlass, openGlass } from '../support/break-glass.ts'
import { leaks, logs } from '../support/canaries.ts'
import { type Answer, deployed } from '../support/deployment.ts'

/** Break-glass can be used every few seconds here: test/support/policies/break-glass.json. Jade and Kofi are on call. */
const hotwork = deployed('swift')
const { local } = hotwork
const admin = { ...connection(local), credentials: administrator(local) }
const [jade, kofi, gus, ana] = ['person:jade', 'person:kofi', 'person:gus', 'person:ana']
const problem = (code: string) => ({ body: { type: `${local.issuer}/problems/${code}` } })
const refused = /AccessDenied|Expired/

const parameter = '/prod/checkout/of-break-glass'
const profile = { profile: 'checkout-recovery' }
const flag = `flag-${randomUUID()}`
const flagging = { action: 'flags:set', arguments: { environment: 'prod', flag, value: true } }
const tool = 'tool:flag-service'
const address = `${local.tools.find(({ id }) => id === tool)?.addresses[0]}/flags/prod/${flag}`

const open = (person: string, what: object = profile, login?: Record<string, string>) =>
  openGlass(hotwork, person, what, login)
const opened = (person: string, what: object = profile) => openedGlass(hotwork, person, what)

const act = (person: string, id: string, verb: string, body?: object): Promise<Answer> =>
  hotwork.as(person, 'POST', `/v1/break-glass/${id}/${verb}`, body)
const end = (person: string, id: string) => act(person, id, 'end')
const review = (person: string, id: string) =>
  act(person, id, 'review', { outcome: 'justified', note: 'each call was on the parameter of the incident' })
const read = async (id: string, rest = '') => (await hotwork.as(gus, 'GET', `/v1/break-glass/${id}${rest}`)).body
const story = async (id: string): Promise<string[]> =>
  (await read(id, '/ledger')).entries.map(({ type }: { type: string }) => type)

/** An access token of an opening. */
async function tokenOf(person: string, id: string): Promise<string> {
  const { status, body } = await hotwork.exchange(person, id)
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`)
  return body.access_token
}

/** Calls with the AWS credentials of an opening. */
async function sessionOf(person: string, id: string) {
  const token = await tokenOf(person, id)
  const answer = await hotwork.awsCredentials(person, token)
  if (answer.status !== 200) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = answer.body
  const client = { ...connection(local), credentials: { accessKeyId, secretAccessKey, sessionToken }, maxAttempts: 1 }
  const outcomeOf = (call: Promise<unknown>) =>
    call.then(
      () => 'done',
      (fault: Error) => fault.name,
    )
  return {
    token,
    secretAccessKey: secretAccessKey as string,
    expiresAt: Date.parse(answer.body.Expiration),
    put: withCredentials(local, answer).putParameter,
    reserve: (FunctionName: string) =>
      outcomeOf(
        new LambdaClient(client).send(
          new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 5 }),
        ),
      ),
    assume: (RoleArn: string) =>
      outcomeOf(new STSClient(client).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'another' }))),
  }
}

/** The flag service asks its gate about a token. */
async function gate(person: string, token: string): Promise<Answer> {
  const proof = await DPoP.generateProof(await hotwork.key(person), address, 'PUT', undefined, token)
  const use = { token, proof, method: 'PUT', url: address, ...flagging }
  return hotwork.as(tool, 'POST', '/v1/uses', use, { 'idempotency-key': randomUUID() })
}

describe('an opening of a profile', () => {
  let id: string
  let session: Awaited<ReturnType<typeof sessionOf>>

  test('an opening needs a strong login and a key, is open at once, and has its review due in a day', async () => {
    const weak = await open(jade, profile, {})
    expect(weak.status).toBe(401)
    expect(weak.headers.get('www-authenticate')).toContain('acr_values="strong", max_age="900"')
    expect(await open(ana)).toMatchObject({ status: 403, ...problem('not_permitted') })
    const answer = await opened(jade)
    expect(answer).toMatchObject({
      status: 201,
      body: {
        id: expect.stringMatching(/^bgl_[0-9a-z]{26}$/),
        status: 'approved',
        person: jade,
        profile: 'checkout-recovery',
        minutes: 5,
        drill: false,
        budget_left_minutes: expect.any(Number),
        review: { status: 'due' },
      },
    })
    const { opened_at, not_after, review: due } = answer.body
    expect(Date.parse(not_after) - Date.parse(opened_at)).toBe(300_000)
    expect(Date.parse(due.due_at) - Date.parse(opened_at)).toBe(86_400_000)
    id = answer.body.id
  })

  test('an opening gives its person, with their key alone, AWS credentials for its profile and nothing beside it', async () => {
    expect(await hotwork.exchange(jade, id, {}, 'another key')).toMatchObject({ status: 400 })
    expect((await hotwork.exchange(kofi, id)).body.error_description).toMatch(/^unknown/)
    session = await sessionOf(jade, id)
    expect(session.expiresAt).toBeLessThanOrEqual(Date.parse((await read(id)).not_after))
    expect(await session.put(parameter)).toBe('done')
    expect(await session.put('/prod/checkout/other')).toBe('done')
    expect(await session.reserve('checkout-worker')).toBe('done')
    expect(await session.put('/prod/billing/mode')).toMatch(refused)
    expect(await session.put('/staging/checkout/payment-timeout-ms')).toMatch(refused)
    expect(await session.reserve('staging-checkout-worker')).toMatch(refused)
    expect(await session.assume(local.aws.targetRoleArn)).toMatch(refused)
  })

  test('an opening is ended early by its person: its token is refused at once, the broker gives nothing, and IAM denies', async () => {
    expect(await end(ana, id)).toMatchObject({ status: 403, ...problem('not_permitted') })
    expect(await end(jade, id)).toMatchObject({ status: 200, body: { id, status: 'completed' } })
    expect(await hotwork.awsCredentials(jade, session.token)).toMatchObject({ status: 401 })
    expect((await hotwork.exchange(jade, id)).body.error_description).toMatch(/^completed/)
    expect(await untilRefused(() => session.put(parameter))).toMatch(refused)
    expect(await session.reserve('checkout-worker')).toMatch(refused)
  })

  test('a person opens nothing again before they have cooled down', async () => {
    const first = await opened(kofi, flagging)
    expect(await open(kofi, flagging)).toMatchObject({ status: 409, ...problem('already_open') })
    await end(kofi, first.body.id)
    expect(await open(kofi)).toMatchObject({ status: 409, ...problem('cool_down') })
    const again = await opened(kofi, flagging)
    expect(again.status).toBe(201)
    await end(gus, again.body.id)
  })

  test('an opening is reviewed once by another eligible person; the workflow waits for that, and the record verifies', async () => {
    expect(await review(jade, id)).toMatchObject({ status: 403, ...problem('self_review') })
    expect(await review(kofi, id)).toMatchObject({ status: 403, ...problem('not_permitted') })
    expect(await review('person:lena', id)).toMatchObject({ status: 403, ...problem('not_permitted') })
    expect(await review(gus, id)).toMatchObject({
      status: 200,
      body: { review: { status: 'done', by: gus, outcome: 'justified' } },
    })
    expect(await review('person:eve', id)).toMatchObject({ status: 409, ...problem('already_reviewed') })
    expect(await untilState(local, id, 'AwaitReview')).toEqual(['Route', 'AwaitEnd', 'AwaitReview'])
    const { entries } = await read(id, '/ledger')
    expect(verify(id, entries)).toMatchObject({ state: { status: 'completed', review: { done: { by: gus } } } })
    expect(verify(id, entries).broken).toBeUndefined()
  })
})

test('a drill goes the whole way, with real credentials that can do nothing', async () => {
  const { body } = await opened(jade, { ...profile, drill: true })
  expect(body).toMatchObject({ status: 'approved', drill: true })
  const session = await sessionOf(jade, body.id)
  expect(await session.put(parameter)).toMatch(refused)
  expect(await session.reserve('checkout-worker')).toMatch(refused)
  expect(await end(jade, body.id)).toMatchObject({ status: 200, body: { drill: true, status: 'completed' } })
  expect(await review(gus, body.id)).toMatchObject({ status: 200 })
})

test('an opening is ended by a person who may revoke, and listed with all others', async () => {
  const { body } = await opened(jade, flagging)
  const token = await tokenOf(jade, body.id)
  expect(await gate(jade, token)).toMatchObject({ status: 201 })
  expect(await end(gus, body.id)).toMatchObject({ status: 200, body: { status: 'revoked', ended: { by: gus } } })
  expect(await gate(jade, token)).toMatchObject({ status: 403 })
  const listed = (await hotwork.as(ana, 'GET', '/v1/break-glass')).body.break_glass
  expect(listed).toContainEqual(expect.objectContaining({ id: body.id, person: jade, status: 'revoked' }))
})

test('an opening is shown in the channel; its reason, note and credentials are in no log and no history', async () => {
  const said = `canary-${process.pid}-${Date.now()}`
  const reason = `no payment works since the last deploy, ${said}`
  const { body } = await opened(jade, { ...profile, drill: true, reason })
  expect((await hotwork.desk.untilCard(body.id, ({ says }) => says.includes(said))).says).toContain('INC-2041')
  const session = await sessionOf(jade, body.id)
  await end(jade, body.id)
  await act(gus, body.id, 'review', { outcome: 'not_justified', note: `a note ${said}` })
  await untilState(local, body.id, 'AwaitReview')
  const places: { [place: string]: string } = { history: JSON.stringify(await historyOf(local, body.id)), ...logs() }
  expect(places['lambda.log']).toContain(body.id)
  const person = await hotwork.token(jade, { acr_values: 'strong' })
  const secrets = { said, token: session.token, secretAccessKey: session.secretAccessKey, person }
  expect(leaks(secrets, places)).toEqual([])
})

const sfn = new SFNClient(admin)
const scheduler = new SchedulerClient(admin)
const executionOf = (id: string) => `${local.aws.stateMachineArn.replace(':stateMachine:', ':execution:')}:${id}`

/** The timers of one opening, by prefix, since the local Scheduler lists a hundred and has no next page. */
async function timersOf(id: string): Promise<readonly ScheduleSummary[]> {
  const { stackName } = local.aws
  const list = new ListSchedulesCommand({ GroupName: `${stackName}-timers`, NamePrefix: id })
  return (await scheduler.send(list)).Schedules ?? []
}

/** Stops the execution as soon as it waits, and deletes every timer, also that of its end. */
async function disarm(id: string): Promise<void> {
  await until(
    () => statesOf(local, id).catch((): readonly string[] => []),
    (names) => names.includes('AwaitEnd'),
  )
  await sfn.send(new StopExecutionCommand({ executionArn: executionOf(id), cause: 'for a test' }))
  const set = await until(
    () => timersOf(id),
    (timers) => timers.some(({ Name }) => Name?.includes('-store-')),
  )
  expect(set.map(({ Name }) => Name)).toContainEqual(expect.stringContaining('-store-'))
  // They are set one after the other: a late one is deleted too.
  const left = await until(
    async () => {
      for (const { Name, GroupName } of await timersOf(id))
        await scheduler.send(new DeleteScheduleCommand({ Name, GroupName }))
      return timersOf(id)
    },
    (timers) => timers.length === 0,
  )
  const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn: executionOf(id) }))
  expect([status, left]).toEqual(['ABORTED', []])
}

test('an expired opening is refused at the gate, at the broker and by IAM', async () => {
  const [aws, tooled] = await Promise.all([
    opened(jade, { ...profile, minutes: 1 }),
    opened(kofi, { ...flagging, minutes: 1 }),
  ])
  const endsAt = Date.parse(aws.body.not_after)
  const session = await sessionOf(jade, aws.body.id)
  const token = await tokenOf(kofi, tooled.body.id)
  await Promise.all([disarm(aws.body.id), disarm(tooled.body.id)])
  expect(await gate(kofi, token)).toMatchObject({ status: 201 })
  expect(await session.put(parameter)).toBe('done')
  expect(session.expiresAt).toBe(endsAt)

  // IAM compares times by itself; Hotwork is asked a second later, before any event could tell it.
  expect(await untilRefused(() => session.put(parameter), 90)).toMatch(refused)
  expect(Date.now()).toBeGreaterThanOrEqual(endsAt - 1000)
  // On a busy machine the two may have been opened far apart.
  await delay(Math.max(endsAt, Date.parse(tooled.body.not_after)) + 1000 - Date.now())
  const [atGate, atBroker] = await Promise.all([gate(kofi, token), hotwork.awsCredentials(jade, session.token)])
  expect([401, 403]).toContain(atGate.status)
  expect(atBroker.status).toBe(401)
  expect(await session.reserve('checkout-worker')).toMatch(refused)

  // Neither gives anything new.
  for (const [person, { body }] of [
    [jade, aws],
    [kofi, tooled],
  ] as const) {
    expect((await hotwork.exchange(person, body.id)).body.error_description).toMatch(/^expired/)
    expect(await read(body.id)).toMatchObject({ status: 'expired' })
    expect((await end(person, body.id)).status).toBe(409)
    expect((await sfn.send(new DescribeExecutionCommand({ executionArn: executionOf(body.id) }))).status).toBe(
      'ABORTED',
    )
    expect(await review(gus, body.id)).toMatchObject({ status: 200 })
    expect(await story(body.id)).toEqual(expect.arrayContaining(['BreakGlassOpened', 'Expired', 'Reviewed']))
  }
})
