import { randomUUID } from 'node:crypto'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { Hotwork } from '../../../client/index.ts'
import { connection, forgetWords } from '../support/aws.ts'
import { deployed, prod, remediator, setParameter } from '../support/deployment.ts'

const hotwork = deployed()
const { desk } = hotwork
afterAll(() => forgetWords(hotwork.local, remediator))

const answer = async (id: string, question: string, key?: string) => {
  const path = `/access/v1/requests/${id}/answers`
  const dpop = await hotwork.proof(remediator, 'POST', path, undefined, key)
  return hotwork.as(remediator, 'POST', path, { question, text: 'Only those of the new checkout' }, { dpop })
}

test('a person asks, the held read of the agent returns, it answers, the person reads it, and others decide', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const held = hotwork.task(remediator, id, 20)
  const text = 'Which customers see the checkout now?'
  const asked = await hotwork.as('person:ana', 'POST', `/v1/requests/${id}/questions`, { text })
  expect(asked).toMatchObject({ status: 201, body: { questions: [{ by: 'person:ana', stage: 'owner', text }] } })
  const { task } = (await held).body
  const { questions } = task.display[`${hotwork.local.issuer}/ns/hotwork`]
  expect(questions).toEqual([{ id: asked.body.questions[0].id, text, answered: false }])
  expect(JSON.stringify(task)).not.toContain('person:')

  expect((await answer(id, questions[0].id, 'another key')).status).toBe(401)
  expect(await answer(id, questions[0].id)).toMatchObject({ status: 200, body: { task: { status: 'pending' } } })
  expect(await answer(id, questions[0].id)).toMatchObject({
    status: 409,
    body: { type: expect.stringContaining('already_answered') },
  })
  expect(await hotwork.view(id)).toMatchObject({
    decide_by: asked.body.decide_by,
    questions: [{ text, answer: { text: 'Only those of the new checkout', decisions_before: 0 } }],
  })
  for (const person of ['person:ben', 'person:eve'])
    expect(await hotwork.decide(person, id)).toMatchObject({ status: 200 })
  expect((await hotwork.untilSettled(remediator, id)).body.task.status).toBe('approved')
  const types = (await hotwork.ledger(id)).map(({ type }) => type)
  expect(types.filter((type) => type === 'Asked' || type === 'Answered')).toEqual(['Asked', 'Answered'])
})

test('a colleague who is asked has one direct card, and is told there of the end', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  const path = `/v1/requests/${id}/ask-colleague`
  expect(await hotwork.as('person:ana', 'POST', path, { person: 'person:ben' })).toMatchObject({ status: 200 })
  expect(await hotwork.as('person:ana', 'POST', path, { person: 'person:ben' })).toMatchObject({ status: 409 })
  await desk.untilDirectCard('U0BEN', id)
  expect(await hotwork.decide('person:chloe', id)).toMatchObject({ status: 200 })
  const said = await desk.untilSaid(id, (lines) => lines.some(({ channel }) => channel === 'D0BEN'))
  expect(said.filter(({ channel }) => channel.startsWith('D')).map(({ channel }) => channel)).toEqual(['D0BEN'])
})

test('the client asks, answers a question, is sent back with a suggestion and asks again; two others approve, and it acts', async () => {
  const name = `/prod/checkout/${randomUUID()}`
  const [asked, suggested] = [9000, 4000].map((value) => ({ Name: name, Value: `${value}`, Overwrite: true }))
  let answered = () => {}
  const isAnswered = new Promise<void>((resolve) => {
    answered = resolve
  })
  let waits = (_: string) => {}
  const next = () =>
    new Promise<string>((resolve) => {
      waits = resolve
    })
  const client = new Hotwork({
    issuer: hotwork.local.apiUrl,
    identity: () => hotwork.token(remediator),
    onWait: ({ request }) => waits(request),
    answer: ({ text }) => {
      answered()
      return `you asked: ${text}`
    },
  })
  const first = next()
  const held = client.permit({
    ...{ action: 'ssm:PutParameter', arguments: asked ?? {}, purpose: 'remediation', parentTask: { id: 'INC-4822' } },
    justification: 'payments of checkout time out',
  })
  const one = await first
  await hotwork.as('person:ana', 'POST', `/v1/requests/${one}/questions`, { text: 'Is less enough?' })
  await isAnswered
  await hotwork.untilView(one, ({ questions }) => questions?.[0]?.answer?.text === 'you asked: Is less enough?')
  const { round, digest } = await hotwork.view(one)
  const sent = { verdict: 'revise', round, digest, to_agent: 'Half of it.', suggest: { arguments: suggested } }
  expect(await hotwork.as('person:ana', 'POST', `/v1/requests/${one}/decisions`, sent)).toMatchObject({ status: 200 })
  const permit = await held
  if (permit.outcome !== 'revise' || !permit.suggested) throw new Error(JSON.stringify(permit))
  expect(permit).toMatchObject({ message: 'Half of it.', suggested })

  const second = next()
  const again = permit.ask(permit.suggested)
  const two = await second
  for (const person of ['person:ben', 'person:eve'])
    expect(await hotwork.decide(person, two)).toMatchObject({ status: 200 })
  const approved = await again
  if (approved.outcome !== 'approved') throw new Error(JSON.stringify(approved))
  const ssm = new SSMClient({ ...connection(hotwork.local), credentials: approved.awsCredentials() })
  await approved.use(() =>
    ssm.send(new PutParameterCommand({ Name: name, Value: '4000', Overwrite: true, Type: 'String' })),
  )
  expect((await hotwork.view(two)).status).toBe('completed')
})
