import { deployed, prod, remediator } from '../support/deployment.ts'

/** The list of askable actions, on the deployed API. */

const hotwork = deployed()
const context = { purpose: 'remediation', parent_task: { id: 'INC-4822' } }

test('an agent lists what it may ask for, asks for one of it by its example, and is done', async () => {
  const listed = await hotwork.as(remediator, 'GET', '/access/v1/actions?tool=aws&purpose=remediation')
  expect(listed.status).toBe(200)
  const put = listed.body.actions.find(({ name }: { name: string }) => name === 'ssm:PutParameter')
  expect(put).toMatchObject({ credential: 'sts', purposes: ['remediation'], arguments: { type: 'object' } })

  const { arguments: properties, resource } = put.example
  const subject = { type: 'agent', id: remediator }
  const submitted = await hotwork.submit(remediator, {
    subject,
    action: { name: put.name, properties },
    resource,
    context,
  })
  expect(submitted).toMatchObject({ status: 201, body: { task: { status: 'approved' } } })
  const { id } = submitted.body.task
  expect((await hotwork.exchange(remediator, id)).status).toBe(200)
  expect((await hotwork.complete(remediator, id)).status).toBe(200)
})

test('a list of one resource says its tier, and a search of it has the same names', async () => {
  const id = `arn:aws:ssm:us-east-1:000000000000:parameter${prod}`
  const listed = await hotwork.as(remediator, 'GET', `/access/v1/actions?${new URLSearchParams({ resource: id })}`)
  expect(listed.body.actions).toMatchObject([{ name: 'ssm:PutParameter', tier: 2 }])
  const subject = { type: 'agent', id: remediator }
  const search = { subject, resource: { type: 'ssm:parameter', id }, context: { purpose: 'remediation' } }
  expect(await hotwork.as(remediator, 'POST', '/access/v1/search/action', search)).toMatchObject({
    status: 200,
    body: { results: [{ name: 'ssm:PutParameter' }], page: { next_token: '' } },
  })
})
