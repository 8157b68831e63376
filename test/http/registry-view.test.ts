import { parseBody } from '../../functions/adapters/http/authzen.ts'
import { RegistryBody, registryView } from '../../functions/adapters/http/registry-view.ts'
import { nothingGoverned } from '../../functions/domain/agents/governed-registry.ts'
import { RegistryAnswer } from '../../functions/domain/cards/wire/registry.ts'
import { agent, person, sampleBundle } from '../support/world.ts'

test('the registry is answered with agents as agents.json spells them, and times in words', () => {
  const [one] = sampleBundle().agents
  if (!one) throw new TypeError('the sample has agents')
  const identity = { issuer: 'workloads', subject: 'agent-old', validUntil: 60 }
  const view = registryView({
    ...{ version: 4, agents: [{ ...one, recertifyBy: 86_400 }], retired: [{ id: agent('planner'), at: 5 }] },
    ...{ changed: { [one.id]: 7 }, former: [{ agent: one.id, identity, until: 9 }] },
  })
  expect(RegistryAnswer.parse(view)).toEqual({
    version: 4,
    agents: [expect.objectContaining({ id: one.id, owner: one.owner, recertifyBy: '1970-01-02' })],
    retired: [{ id: 'agent:planner', at: '1970-01-01T00:00:05Z' }],
    changed: { [one.id]: '1970-01-01T00:00:07Z' },
    former: [
      {
        agent: one.id,
        identity: { issuer: 'workloads', subject: 'agent-old', validUntil: '1970-01-01T00:01:00Z' },
        until: '1970-01-01T00:00:09Z',
      },
    ],
  })
})

test('a registry that nothing changed has version 0', () => {
  expect(registryView(nothingGoverned)).toEqual({ version: 0, agents: [], retired: [], changed: {}, former: [] })
})

test.each([
  ['no reason', { action: 'hotwork:RetireAgent', arguments: { id: 'agent:a' } }, '`reason`'],
  ['an empty reason', { action: 'hotwork:RetireAgent', arguments: {}, reason: ' ' }, '`reason`'],
  ['no arguments', { action: 'hotwork:RetireAgent', reason: 'it is gone' }, '`arguments`'],
  ['a member that is not known', { action: 'a', arguments: {}, reason: 'b', tier: 0 }, '`tier`'],
])('a change with %s is refused, and the refusal names the member', (_, body, member) => {
  expect(() => parseBody(RegistryBody, body)).toThrow(
    expect.objectContaining({ problem: expect.objectContaining({ detail: expect.stringContaining(member) }) }),
  )
})

test('a former identity of a person is in no answer', () => {
  const identity = { issuer: 'people', subject: 'dan@example.com' }
  const view = registryView({ ...nothingGoverned, version: 1, former: [{ agent: person('dan'), identity, until: 9 }] })
  expect(view.former).toEqual([])
})
