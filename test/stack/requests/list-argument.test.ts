import { randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import { type Answer, deployed, remediator } from '../support/deployment.ts'

/** An argument that is a list, from the ask to the gate of its tool. */

const hotwork = deployed()
const flagService = 'tool:flag-service'
const address = `${hotwork.local.tools.find(({ id }) => id === flagService)?.addresses[0]}`

async function use(token: string, args: object): Promise<Answer> {
  const proof = await DPoP.generateProof(await hotwork.key(remediator), address, 'PUT', undefined, token)
  const body = { token, proof, method: 'PUT', url: address, action: 'flags:allow', arguments: args }
  return hotwork.as(flagService, 'POST', '/v1/uses', body, { 'idempotency-key': randomUUID() })
}

test('an approver takes an item out of a list, and the gate permits what is left alone', async () => {
  const flag = `flag-${randomUUID()}`
  const asked = { environment: 'prod', flag, customers: ['acme', 'globex', 'initech'] }
  const id = await hotwork.submitted(remediator, {
    subject: { type: 'agent', id: remediator },
    action: { name: 'flags:allow', properties: asked },
    resource: { type: 'flags:flag', id: `prod/${flag}` },
    context: { purpose: 'remediation', parent_task: { id: 'INC-4822' } },
  })
  expect((await hotwork.view(id)).narrowable[0]).toMatchObject({ of: 'items', name: 'customers', most: 3 })

  const left = ['acme', 'initech']
  const reordered = { narrow: { arguments: { customers: ['initech', 'acme'] } } }
  expect(await hotwork.decide('person:ana', id, reordered)).toMatchObject({ status: 400 })
  const narrowed = await hotwork.decide('person:ana', id, { narrow: { arguments: { customers: left } } })
  expect(narrowed.status).toBe(200)
  expect((await hotwork.decide('person:eve', id)).status).toBe(200)
  const { display } = (await hotwork.task(remediator, id)).body.task
  expect(display[`${hotwork.local.issuer}/ns/hotwork`]).toMatchObject({ narrowed: { arguments: { customers: left } } })

  const { access_token } = (await hotwork.exchange(remediator, id)).body
  expect((await use(access_token, asked)).status).toBe(403)
  expect((await use(access_token, { ...asked, customers: left })).status).toBe(201)
})
