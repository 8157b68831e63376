import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { administrator, connection } from './support/aws.ts'
import { deployed, remediator, setFlag } from './support/deployment.ts'

/** A group whose member is on call in PagerDuty, read by the deployed Lambda with its role. */

const hotwork = deployed()
const { local } = hotwork
const [jade, kofi] = ['person:jade', 'person:kofi']
const lambda = new LambdaClient({ ...connection(local), credentials: administrator(local) })
afterAll(() => lambda.destroy())

/** This flag belongs to the person on call, and the directory names none. */
const context = { purpose: 'remediation', parent_task: { id: 'INC-4901' } }
const shed = (value: boolean) => setFlag({ agent: remediator, flag: 'shed-load', value, context })

/** Passes the shift on, as an edited schedule does, and has Hotwork read it at once. */
async function passShift(user: string): Promise<void> {
  const body = JSON.stringify({ user })
  expect((await fetch(`${local.pager?.url}/control/shift`, { method: 'POST', body })).ok).toBe(true)
  const read = await lambda.send(new InvokeCommand({ FunctionName: local.aws.refreshGroupsFunction }))
  expect(read.FunctionError).toBeUndefined()
}

async function onCallNow(): Promise<unknown> {
  const { body } = await hotwork.as(jade, 'GET', '/v1/groups')
  return body.groups.find(({ name }: { name: string }) => name === 'on-call-now')
}

test('the person on call decides, and after the shift the next one does, without a deployment', async () => {
  await passShift('PJADE01')
  expect(await onCallNow()).toMatchObject({ members: [{ person: jade, until: expect.any(String) }] })
  const first = await hotwork.submitted(remediator, shed(true))
  expect(await hotwork.decide(kofi, first)).toMatchObject({ status: 409 })
  expect(await hotwork.decide(jade, first)).toMatchObject({ status: 200, body: { status: 'approved' } })
  const second = await hotwork.submitted(remediator, shed(false))
  await passShift('PKOFI01')
  expect(await onCallNow()).toMatchObject({ members: [{ person: kofi }] })
  expect(await hotwork.decide(jade, second)).toMatchObject({ status: 409 })
  expect(await hotwork.decide(kofi, second)).toMatchObject({ status: 200, body: { status: 'approved' } })
})
