import {
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam'
import { ListQueuesCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { administrator, connection, until } from '../support/aws.ts'
import { deployed, setParameter, staging } from '../support/deployment.ts'

/** The host of one agent could act without asking, as IAM tells the deployed Lambda that asks it. */

const hotwork = deployed('swift')
const { local } = hotwork
const nightly = 'agent:nightly'
const agentNow = async () => (await hotwork.as('person:hana', 'GET', `/v1/agents/${nightly}?look=now`)).body

test('an agent whose host could act alone needs two people, where others need one', async () => {
  const { ambient } = await agentNow()
  expect(Object.values(ambient.actions)).toContain('allowed')
  const ask = { ...setParameter(staging), subject: { type: 'agent', id: nightly } }
  const { body } = await hotwork.submit(nightly, ask)
  expect(body).toMatchObject({ task: { status: 'pending' } })
  expect(await hotwork.view(body.task.id)).toMatchObject({ tier: 2, ambient: 'allowed' })
})

test('the guardrail on the role of a host has IAM deny the way round', async () => {
  const { guardrail } = await agentNow()
  const iam = new IAMClient({ ...connection(local), credentials: administrator(local) })
  const [RoleName, PolicyName] = ['nightly-jobs', 'hotwork-guardrail']
  const { action, resource } = setParameter('/staging/checkout/payment-timeout-ms')
  const simulated = async () => {
    const PolicySourceArn = `arn:aws:iam::${local.aws.accountId}:role/${RoleName}`
    const asked = { PolicySourceArn, ActionNames: [action.name], ResourceArns: [resource.id] }
    const { EvaluationResults } = await iam.send(new SimulatePrincipalPolicyCommand(asked))
    return EvaluationResults?.[0]?.EvalDecision
  }
  expect(await simulated()).toBe('allowed')
  const PolicyDocument = JSON.stringify(guardrail)
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))
  try {
    expect(await simulated()).toBe('explicitDeny')
  } finally {
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }))
    iam.destroy()
  }
})

/** The messages wait for a shorter time here, and come again sooner while the last look is too near. */
async function shortenTheWait(): Promise<void> {
  const sqs = new SQSClient({ ...connection(local), credentials: administrator(local) })
  const { QueueUrls = [] } = await sqs.send(
    new ListQueuesCommand({ QueueNamePrefix: `${local.aws.stackName}-HostsChanges` }),
  )
  const [QueueUrl, ...more] = QueueUrls
  expect([QueueUrl, more]).toEqual([expect.any(String), []])
  await sqs.send(
    new SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds: '0', VisibilityTimeout: '20' } }),
  )
  sqs.destroy()
}

test('a change of the role is heard by the rule, and the host is looked at again without a person or the day', async () => {
  await shortenTheWait()
  const iam = new IAMClient({ ...connection(local), credentials: administrator(local) })
  const [RoleName, PolicyName] = ['nightly-jobs', 'not-any-more']
  const statement = { Effect: 'Deny', Action: 'ssm:PutParameter', Resource: '*' }
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const stored = async () => (await hotwork.as('person:hana', 'GET', `/v1/agents/${nightly}`)).body.ambient
  const before = await stored()
  expect(before.actions['ssm:PutParameter']).toBe('allowed')
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))
  try {
    const after = await until(stored, ({ actions }) => actions['ssm:PutParameter'] !== 'allowed', 150)
    expect(after.actions['ssm:PutParameter']).toBe('denied')
    expect(Date.parse(after.at)).toBeGreaterThan(Date.parse(before.at))
    // The calls of the looks themselves came back as events.
    expect(after.changes).toBe('changes at AWS are seen within minutes')
  } finally {
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }))
    iam.destroy()
  }
}, 180_000)
