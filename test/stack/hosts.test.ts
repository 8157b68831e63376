import {
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam'
import { administrator, connection } from './support/aws.ts'
import { deployed, setParameter, staging } from './support/deployment.ts'

/** The host of one agent could act without asking, as IAM tells the deployed Lambda that asks it. */

const hotwork = deployed()
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
