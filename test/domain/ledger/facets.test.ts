import {
  agreesWith,
  facetsOf,
  factsOfHalt,
  factsOfPermit,
  factsOfRequest,
  factsOfStandIn,
  isNarrow,
  passesFilter,
  placeOf,
  secondOf,
} from '../../../functions/domain/ledger/facets.ts'
import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import type { StandingPermit } from '../../../functions/domain/permits/permit.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { AgentId, PersonId } from '../../../functions/domain/values.ts'
import { sampleAsk } from '../../support/ask.ts'

/** The search keys of an entry: docs/api.md, Search. */

const entryOf = (changes: Partial<Entry>): Entry => ({
  id: `req_${'0'.repeat(26)}/2`,
  type: 'StageOpened',
  at: '2027-01-15T08:00:00Z',
  actor: { type: 'system', id: 'hotwork' },
  parent_task: { id: 'INC-1' },
  resource: { type: 't', id: 'r' },
  digest: null,
  policies: [],
  bundle: 'b',
  previous: null,
  facts: {},
  hash: 'sha-256:x',
  ...changes,
})
const ana = 'person:ana' as PersonId
const ask = sampleAsk()

test("an entry of Hotwork is found by the request's asker, action, task and resource", () => {
  expect(facetsOf(entryOf({}), factsOfRequest({ ask } as ApprovalRequest))).toEqual({
    ...{ type: 'StageOpened', who: [ask.agent.id], actions: [ask.action] },
    ...{ task: 'INC-1', resource: 'r' },
  })
})

test('a delegated request is found by each agent that it passed through', () => {
  const chain = [{ ...ask.agent, id: 'agent:planner' as AgentId, owner: ana }]
  const { who } = facetsOf(entryOf({}), factsOfRequest({ ask: { ...ask, chain } } as ApprovalRequest))
  expect(who).toEqual([ask.agent.id, 'agent:planner'])
})

test('an opening is found by the person who opened, and by each action that it covers', () => {
  const rights = ['a:One', 'a:Two'].map((action) => ({ action, resources: ['*'] }))
  const opening = { ...ask, agent: { ...ask.agent, id: ana }, breakGlass: { rights } }
  const facts = factsOfRequest({ ask: opening } as unknown as ApprovalRequest)
  expect(facetsOf(entryOf({ type: 'ReviewDue' }), facts)).toMatchObject({ who: [ana], actions: ['a:One', 'a:Two'] })
})

test('a decision is found by its decider, and by the absent person whose right it was', () => {
  const decided = entryOf({ type: 'Decided', actor: { type: 'person', id: 'person:ben' }, facts: { for: ana } })
  expect(facetsOf(decided).who).toEqual(['person:ben', ana])
})

test('the lift of a halt is found by its target, which it does not name', () => {
  const lifted = entryOf({ id: `hlt_${'0'.repeat(26)}/2`, type: 'Lifted', actor: { type: 'person', id: ana } })
  const { who } = facetsOf(lifted, factsOfHalt({ target: { kind: 'agent', value: 'agent:builder' as AgentId } }))
  expect(who).toEqual(['agent:builder', ana])
  const ofAction = factsOfHalt({ target: { kind: 'action', value: 'ssm:PutParameter' } })
  expect(facetsOf(lifted, ofAction).actions).toEqual(['ssm:PutParameter'])
})

test('a standing permit is found by its agent and action, and a stand-in by both people', () => {
  const permit = { agent: 'agent:builder', action: 'flags:set' } as StandingPermit
  expect(facetsOf(entryOf({}), factsOfPermit(permit))).toMatchObject({ who: ['agent:builder'], actions: ['flags:set'] })
  expect(factsOfStandIn({ by: 'person:ben' as PersonId, for: ana }).who).toEqual(['person:ben', ana])
})

test('a refused ask is found by its agent, also where a tool asked about it, and by the action that was tried', () => {
  const asked = entryOf({
    id: 'agent:builder/1',
    type: 'Refused',
    actor: { type: 'tool', id: 'tool:flag-service' },
    facts: { attempted: 'evaluate', action: 'no:Such' },
  })
  expect(facetsOf(asked)).toMatchObject({ who: ['agent:builder', 'tool:flag-service'], actions: ['no:Such'] })
})

test("an agent's own texts name no party, and only a whole value is a name", () => {
  const facts = {
    ask: {
      arguments: { Value: 'person:ana', deep: ['agent:x'] },
      purpose: 'person:ana',
      parentTask: { id: 'agent:y' },
    },
    preview: { before: {}, after: { Value: 'person:ana', deep: ['agent:x'] } },
    resource: { type: 'flags:flag', id: 'person:ana' },
    note: 'ask person:ana',
    of: 'person:a b',
  }
  expect(facetsOf(entryOf({ facts })).who).toEqual([])
})

test('an entry is found by at most fifty names, and by no text that no search takes', () => {
  const many = Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`${n}`, `person:p${n}`]))
  const facets = facetsOf(
    entryOf({ facts: { ...many, action: 'x'.repeat(200) }, resource: { type: 't', id: 'x'.repeat(3000) } }),
  )
  expect([facets.who.length, facets.actions, facets.resource]).toEqual([50, [], undefined])
})

test('a filter must hold in all that it says', () => {
  const facets = { type: 'Decided', who: ['agent:builder', ana], actions: ['a:One'], task: 'INC-1', resource: 'r' }
  const agent = 'agent:builder' as AgentId
  expect(
    passesFilter({ agent, person: ana, action: 'a:One', task: 'INC-1', resource: 'r', type: 'Decided' }, facets),
  ).toBe(true)
  for (const other of [
    { agent: 'agent:b' as AgentId },
    { action: 'a:' },
    { task: 'INC' },
    { resource: '' },
    { type: 'D' },
  ])
    expect(passesFilter({ agent, ...other }, facets)).toBe(false)
})

test('an entry matches by its own content, and not by its row', () => {
  const entry = entryOf({})
  const at = Date.parse(entry.at) / 1000
  expect(agreesWith({ since: at, until: at + 1, task: 'INC-1', type: 'StageOpened', resource: 'r' }, entry)).toBe(true)
  for (const filter of [{ since: at + 1 }, { until: at }, { task: 'INC-2' }, { type: 'Denied' }, { resource: 's' }])
    expect(agreesWith(filter, entry)).toBe(false)
})

test('places sort by time, then by record, then by number as numbers do', () => {
  const [one, two, ten] = [1, 2, 10].map((n) => placeOf(entryOf({ id: `agent:a/${n}` }))) as [string, string, string]
  const later = placeOf(entryOf({ id: 'agent:a/1', at: '2027-01-15T08:00:01Z' }))
  expect([later, ten, two, one].toSorted()).toEqual([one, two, ten, later])
  expect(secondOf(Date.parse('2027-01-15T08:00:00Z') / 1000) < one).toBe(true)
  expect(ten < secondOf(Date.parse('2027-01-15T08:00:01Z') / 1000)).toBe(true)
})

test('times alone ask for all entries of a time', () => {
  expect([isNarrow({}), isNarrow({ since: 1, until: 2 }), isNarrow({ since: 1, type: 'Denied' })]).toEqual([
    false,
    false,
    true,
  ])
})
