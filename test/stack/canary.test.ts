import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { historyOf, untilState, withCredentials } from './support/aws.ts'
import { leaks, logs } from './support/canaries.ts'
import { deployed, prod, remediator, setParameter } from './support/deployment.ts'

const hotwork = deployed()
const { local, desk } = hotwork
const canary = (what: string) => `canary-${what}-${process.pid}-${Date.now()}`

test('a justification, evidence, an argument, a comment and a credential are in no log, workflow input or history, queue or button', async () => {
  const [said, asked, commented] = [canary('justification'), canary('argument'), canary('comment')]
  const attached = canary('evidence')
  const body = setParameter(prod, asked)
  body['context'].justification = said
  body['context'].evidence = [{ title: attached, text: attached }]
  const id = await hotwork.submitted(remediator, body)
  const card = await desk.untilCard(id)
  expect(card.says).toContain(said)
  await desk.click(card, 'approve', 'person:lena')
  await hotwork.decide('person:ana', id, { comment: commented })
  await hotwork.decide('person:eve', id)
  const token = (await hotwork.exchange(remediator, id)).body.access_token as string
  const credentials = await hotwork.awsCredentials(remediator, token)
  await withCredentials(local, credentials).putParameter(prod, asked)
  await hotwork.awsCredentials(remediator, token, { dpop: 'bad' })
  await hotwork.as(remediator, 'POST', '/access/v1/evaluation', `{"${said}":1,"${said}":2}`, {
    'content-type': 'application/json',
  })
  await hotwork.complete(remediator, id, { outcome: 'succeeded', note: said })
  await untilState(local, id, 'Tier2 sre')

  const secrets = {
    said,
    attached,
    asked,
    commented,
    token: token.split('.')[2] ?? token,
    workload: (await hotwork.token(remediator)).split('.')[2] ?? '',
    person: (await hotwork.token('person:ana')).split('.')[2] ?? '',
    secretAccessKey: credentials.body.SecretAccessKey as string,
    sessionToken: credentials.body.SessionToken as string,
    signingSecret: local.slack.signingSecret,
  }
  const places: { [place: string]: string } = {
    ...logs(),
    history: JSON.stringify(await historyOf(local, id)),
    queues: await leftInQueues(),
    buttons: JSON.stringify(await buttonValues(id)),
  }
  expect(places['lambda.log']).toContain(id)
  expect(leaks(secrets, places)).toEqual([])
})

/** Waiting messages of all queues, dead letters included. */
async function leftInQueues(): Promise<string> {
  const { endpointUrl: endpoint, region, accessKeyId, secretAccessKey } = local.aws
  const sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}))
  expect(QueueUrls.length).toBeGreaterThan(5)
  const received = await Promise.all(
    QueueUrls.map((QueueUrl) =>
      sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0, MaxNumberOfMessages: 10 })),
    ),
  )
  return JSON.stringify(received)
}

async function buttonValues(id: string): Promise<unknown> {
  const open = await hotwork.submitted(remediator, setParameter(prod))
  await desk.untilCard(open)
  const { messages } = (await (await fetch(`${local.slack.deskUrl}control/messages`)).json()) as {
    messages: { blocks: unknown }[]
  }
  const values = JSON.stringify(messages).match(/"value":"(?:[^"\\]|\\.)*"/g) ?? []
  expect(values.join()).toContain(open)
  expect(values.join()).not.toContain(id)
  return values
}
