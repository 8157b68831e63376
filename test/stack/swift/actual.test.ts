import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { connection, until } from '../support/aws.ts'
import { deployed, remediator, setParameter } from '../support/deployment.ts'

/** Approved and actual calls: CloudTrail has an agent's calls beside the approved one. */

const hotwork = deployed('swift')
const { local } = hotwork
/** Seconds. Hotwork looks once a minute, after CloudTrail's delay. */
const longestWait = 180

test('extra calls that IAM let through are found, shown, put on record and summed', async () => {
  const ask = setParameter('/staging/checkout/payment-timeout-ms')
  const id = await hotwork.submitted(remediator, ask)
  const token = (await hotwork.exchange(remediator, id)).body.access_token as string
  const { AccessKeyId, SecretAccessKey, SessionToken } = (await hotwork.awsCredentials(remediator, token)).body
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  const settings = { ...connection(local), credentials }
  const [ssm, sts] = [new SSMClient(settings), new STSClient(settings)]
  await ssm.send(new PutParameterCommand(ask.action.properties))
  // IAM counts no calls, and does not read the value.
  await ssm.send(new PutParameterCommand({ ...ask.action.properties, Value: '1' }))
  await sts.send(new GetCallerIdentityCommand({}))
  await expect(ssm.send(new GetParameterCommand({ Name: ask.action.properties.Name }))).rejects.toThrow(
    /not authorized/,
  )
  await hotwork.complete(remediator, id)

  const read = async (path: string) => (await hotwork.as('person:ana', 'GET', path)).body
  const told = await until(
    () => read(`/v1/requests/${id}/actual`),
    ({ calls }) => calls.length === 4,
    60,
  )
  const verdicts = told.calls.map(({ verdict }: { verdict: string }) => verdict)
  expect(verdicts.toSorted()).toEqual(['approved', 'extra', 'extra', 'refused'])
  const compared = await until(
    async () => (await hotwork.ledger(id)).find(({ type }) => type === 'CallsCompared'),
    (entry) => entry !== undefined,
    longestWait,
  )
  expect(compared?.facts).toMatchObject({ extraCalls: 2, refused: 1 })
  const { actions } = await read(`/v1/agents/${remediator}/usage`)
  const used = actions.find(({ action }: { action: string }) => action === ask.action.name)
  expect(used.extra_calls).toBeGreaterThanOrEqual(2)
})
