import type { FoundEntry } from '../../../functions/domain/anchor/check-entries.ts'
import { saidByEntries, saidByState } from '../../../functions/domain/anchor/receipt.ts'
import { chainEntries, noEntries, verify } from '../../../functions/domain/ledger/ledger.ts'
import { Event } from '../../../functions/domain/record/events.ts'
import { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { faultsOfApproval } from './faults-of-approval.ts'
import { faultsOfAskingBack } from './faults-of-asking-back.ts'
import { faultsOfBreakGlass } from './faults-of-break-glass.ts'
import { faultsOfCalls } from './faults-of-calls.ts'
import { faultsOfDelegation } from './faults-of-delegation.ts'
import { faultsOfDrift } from './faults-of-drift.ts'
import { faultsOfGrant } from './faults-of-grant.ts'
import { faultsOfNarrowing } from './faults-of-narrowing.ts'
import { faultsOfReceipts } from './faults-of-receipts.ts'
import { faultsOfRegistry } from './faults-of-registry.ts'
import { faultsOfRuns } from './faults-of-runs.ts'
import { production } from './production.ts'
import { scenarios } from './scenarios.ts'
import { type Found, type Node, search, type Violation } from './search.ts'

/**
 * Every interleaving of the acts of people, agents, tools, crashes and clocks on one request, over the reducer that runs
 * in production; and over reducers with a seeded mistake, each of which the search must find.
 */
jest.setTimeout(180_000)

const faults = [
  ...[...faultsOfApproval, ...faultsOfGrant, ...faultsOfDelegation, ...faultsOfNarrowing, ...faultsOfCalls],
  ...[...faultsOfDrift, ...faultsOfBreakGlass, ...faultsOfReceipts, ...faultsOfAskingBack, ...faultsOfRegistry],
  ...faultsOfRuns,
]
const found: Found[] = []
const caught: { fault: string; violation: Violation }[] = []
let seconds = 0
const reached = (what: 'statuses' | 'events' | 'refusals') =>
  [...new Set(found.flatMap((each) => [...each[what]]))].sort()
const sum = (what: 'states' | 'transitions') => found.reduce((total, each) => total + each[what], 0)

test.each(scenarios)('no interleaving breaks an invariant in the scenario: $name', (scenario) => {
  const began = process.cpuUsage()
  const result = search(scenario, production)
  seconds += process.cpuUsage(began).user / 1e6
  found.push(result)
  expect(result.violation).toBeUndefined()
})

test('the search sees at least 250,000 distinct states', () => {
  expect(sum('states')).toBeGreaterThanOrEqual(250_000)
})

test('the search reaches every status', () => {
  expect(reached('statuses')).toEqual(ApprovalRequest.options.map(({ shape }) => shape.status.value).sort())
})

test('the search reaches every type of event, except those of plans (plans/plans.test.ts)', () => {
  const types = Event.options.map(({ shape }) => shape.type.value)
  const elsewhere: readonly string[] = ['StepOpened', 'StepEnded']
  expect(reached('events')).toEqual(types.filter((type) => !elsewhere.includes(type)).sort())
})

test('the search reaches every refusal, except those that need a login, an outage or another request', () => {
  expect(reached('refusals')).toEqual(
    [
      ...['not_eligible', 'self_approval', 'already_decided', 'already_settled', 'stage_not_open', 'stage_over'],
      ...['stale_digest', 'not_yet'],
      ...['stale_round', 'pending', 'denied', 'expired', 'withdrawn', 'revoked', 'completed', 'key_mismatch'],
      ...['policy_denied', 'approver_not_eligible', 'credential_superseded', 'credential_unknown', 'uses_exhausted'],
      ...['wrong_credential_kind', 'invalid_task_state', 'not_permitted', 'outcome_unknown'],
      ...[
        'comment_required',
        'name_mismatch',
        'not_narrower',
        'narrowed_too_often',
        'not_decided',
        'already_commented',
      ],
      ...['comment_too_late'],
      ...['halted', 'ancestor_ended', 'delegation_cycle', 'delegation_too_deep', 'wider_than_parent'],
      ...['state_changed', 'state_unreadable'],
      ...['to_agent_required'],
      ...['too_many_questions', 'unknown_question', 'already_answered'],
      ...['asked_themselves', 'already_asked', 'too_many_colleagues', 'colleague_not_eligible'],
      ...['as_it_is', 'transfer_not_accepted'],
      ...['self_review', 'already_reviewed', 'no_review_due', 'duplicate_request'],
    ].sort(),
  )
})

test('the ledger of any state verifies, and replays to that very state', () => {
  const sample = found.flatMap((each) => each.sample)
  expect(sample.length).toBeGreaterThan(400)
  for (const node of sample) {
    const { id } = node.state.ask
    const { entries } = chainEntries(id, noEntries, eventsOf(node), undefined)
    expect(verify(id, entries)).toEqual({ state: node.state })
    expect(ApprovalRequest.parse(node.state)).toEqual(node.state)
  }
})

test('the receipt of any state says what its ledger says, and all credentials of it', () => {
  for (const node of found.flatMap((each) => each.sample)) {
    const { id } = node.state.ask
    const events = eventsOf(node)
    const { entries } = chainEntries(id, noEntries, events, undefined)
    const receipt = saidByEntries(id, entries as unknown as readonly FoundEntry[])
    const issued = events.flatMap((event) => (event.type === 'CredentialIssued' ? [event.credential] : []))
    expect(receipt).toMatchObject({
      state: node.state,
      said: { ...saidByState(node.state), head: entries.at(-1)?.hash, entries: events.length },
    })
    if ('said' in receipt) expect(receipt.said.credentials.map((each) => each.id)).toEqual(issued)
  }
})

test.each(faults)('the search finds the seeded fault: $fault', ({ fault, breaks, where, reducer }) => {
  const { violation } = search(where, reducer)
  expect(violation?.rule.id).toBe(breaks)
  if (violation) caught.push({ fault, violation })
})

/** The events on the way to a node. */
function eventsOf(node: Node): Event[] {
  const events: Event[] = []
  for (let at: Node | undefined = node; at; at = at.from) events.unshift(...at.events)
  return events
}

afterAll(() => {
  const traces = caught.map(
    ({ fault, violation: { rule, why, trace } }) =>
      `  ${fault}\n    ${rule.id}, ${rule.rule}: ${why}\n    ${trace.join('; ')}`,
  )
  const [states, transitions] = [sum('states'), sum('transitions')]
  const rate = Math.round(states / seconds)
  process.stdout.write(
    [
      '\nmistakes in the reducer, each with a shortest way to see it:',
      ...traces,
      `model checker: ${states} states, ${transitions} transitions, ${rate} states a second of one core, ` +
        `${reached('statuses').length} of ${ApprovalRequest.options.length} statuses, ` +
        `${reached('events').length} of ${Event.options.length} event types, ` +
        `${caught.length} of ${faults.length} seeded faults caught\n\n`,
    ].join('\n'),
  )
})
