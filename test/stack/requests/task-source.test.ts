import { deployed, remediator, setParameter, staging } from '../support/deployment.ts'

/** The source of a parent task, on the deployed API: on record, and in the tier. */

const hotwork = deployed()
const asked = (parent_task: object, task_source?: string) => {
  const { context, ...body } = setParameter(staging)
  return { ...body, context: { ...context, parent_task, ...(task_source === undefined ? {} : { task_source }) } }
}

test('a task that a model names brings the owner to what the agent does alone, and is on record', async () => {
  const alone = await hotwork.submit(remediator, asked({ id: 'INC-4822' }, 'session'))
  expect([alone.status, alone.body.task.status]).toEqual([201, 'approved'])
  expect(await hotwork.view(alone.body.task.id)).toMatchObject({ tier: 0, task_source: 'session' })

  const id = await hotwork.submitted(remediator, asked({ id: 'INC-4823' }, 'argument'))
  expect(await hotwork.view(id)).toMatchObject({ tier: 1, status: 'pending', task_source: 'argument' })
  const [entry] = await hotwork.ledger(id)
  expect(entry).toMatchObject({ parent_task: { id: 'INC-4823' }, facts: { ask: { taskSource: 'argument' } } })
  expect((await hotwork.decide('person:ana', id)).status).toBe(200)
  expect((await hotwork.exchange(remediator, id)).status).toBe(200)
  expect((await hotwork.complete(remediator, id)).status).toBe(200)
})

test('an address that a model names is refused where the deployment has no such host', async () => {
  const url = 'https://elsewhere.example/INC-4824'
  expect(await hotwork.submit(remediator, asked({ id: 'INC-4824', url }, 'argument'))).toMatchObject({
    status: 400,
    body: { type: expect.stringMatching(/invalid_parent_task$/), detail: expect.stringContaining('evidenceHosts') },
  })
})
