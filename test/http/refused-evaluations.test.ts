import { endpoint } from '../../functions/adapters/http/endpoint.ts'
import { evaluations } from '../../functions/handlers/agents/evaluate.ts'
import type { EvaluationCaller } from '../../functions/operations/requests/evaluate-access.ts'
import { jsonCall } from '../support/api-event.ts'
import { agent, issuer, prodParameter, sampleBundle, World } from '../support/world.ts'

/** The refused evaluations of known agents, each on the agent's record. */

let world: World
beforeEach(() => {
  world = new World(sampleBundle())
})

const remediator: EvaluationCaller = { type: 'agent', id: agent('remediator') }
const { arguments: properties, resource } = prodParameter
const ask = {
  subject: { type: 'agent', id: 'agent:remediator' },
  action: { name: 'no:Such', properties },
  resource,
  context: { purpose: 'remediation', parent_task: { id: 'INC-1042' } },
}

async function send(route: string, body: object) {
  const ports = { ...world.ports, issuer }
  const door = endpoint(ports, (call) => evaluations(ports)(call, remediator))
  return JSON.parse((await door(jsonCall(route, world.clock.now(), body))).body ?? '')
}
const entries = () => world.ledger.entries(remediator.id)

test('a message of many evaluations records each refusal with its action, resource, task and digest', async () => {
  const items = [{ action: { name: 'no:Such', properties } }, { action: { name: 'no:Other', properties } }, {}]
  await send('POST /access/v1/evaluations', { ...ask, evaluations: items })
  const written = await entries()
  expect(written.map(({ facts }) => facts['action'])).toEqual(['no:Such', 'no:Other'])
  for (const entry of written)
    expect(entry).toMatchObject({
      ...{ resource, parent_task: { id: 'INC-1042' }, digest: expect.stringMatching(/^sha-256:/) },
      facts: { attempted: 'evaluate', code: 'unknown_action' },
    })
})

test('an evaluation of an unknown action is recorded with its resource', async () => {
  const unknown = { type: 'no:thing', id: 'x' }
  await send('POST /access/v1/evaluation', { ...ask, resource: unknown })
  expect(await entries()).toMatchObject([{ resource: unknown, facts: { action: 'no:Such' } }])
})

test('an evaluation of an overlong action is recorded without the name', async () => {
  const name = 'x'.repeat(20_000)
  expect(await send('POST /access/v1/evaluation', { ...ask, action: { name, properties } })).toMatchObject({
    decision: false,
  })
  const written = await entries()
  expect(written).toMatchObject([{ facts: { attempted: 'evaluate', code: 'unknown_action' } }])
  expect(JSON.stringify(written)).not.toContain(name)
})
