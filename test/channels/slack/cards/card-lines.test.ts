import { renderCard } from '../../../../functions/channels/slack/cards/card.ts'
import { noRecord } from '../../../../functions/domain/people/host.ts'
import type { Matched } from '../../../../functions/domain/record/preview.ts'
import type { ApprovalRequest, Ask } from '../../../../functions/domain/record/request.ts'
import type { Json, RequestId } from '../../../../functions/domain/values.ts'
import {
  agent,
  flag,
  parameter,
  person,
  prodParameter,
  sampleBundle,
  type What,
  World,
} from '../../../support/world.ts'
import { wordsOf } from '../edge/desk-world.ts'
import { page } from '../edge/door.ts'
import { firstScreenOf, linesOf } from './card-lines.ts'
import { everyOpening } from './openings.ts'
import { planStates } from './plan-states.ts'
import { renderOpening } from './rendering.ts'
import { drifted, everyState, previewOf, stopCheckout, wantingReasons } from './states.ts'

/** A card's first screen: how long it is, and what it has before the buttons. */

const bundle = sampleBundle()
const channel = 'hotwork-approvals'
const justification = 'checkout fails its health check since the timeout was lowered; 3000 is what it was before'

const draw = (state: ApprovalRequest, facts = bundle) => renderCard(state, facts, channel, { page })
const firstWords = (state: ApprovalRequest, facts = bundle) => wordsOf(firstScreenOf(draw(state, facts)))

const service = 'arn:aws:ecs:us-east-1:000000000000:service/staging/checkout'
const lambda = 'arn:aws:lambda:us-east-1:000000000000:function:staging-checkout'
const builder = agent('builder')
/** Requests of tier 1 by the sample's policies, each with the values that its resource has now. */
const tierOne: readonly [string, What, { [name: string]: Json }][] = [
  ['a flag of prod', flag(), { value: true }],
  [
    'a parameter, for a release',
    { ...parameter('/staging/checkout/color', 'on'), purpose: 'release' },
    { Value: 'off' },
  ],
  [
    'a parameter, at night',
    { ...parameter('/staging/checkout/color', 'on'), agent: agent('nightly'), purpose: 'maintenance' },
    { Value: 'off' },
  ],
  [
    'a service, by a build bot',
    {
      agent: builder,
      action: 'ecs:UpdateService',
      arguments: { cluster: 'staging', service: 'checkout', desiredCount: 2 },
      resource: { type: 'ecs:service', id: service },
      purpose: 'release',
    },
    { desiredCount: 1 },
  ],
  [
    'a function, by a build bot',
    {
      agent: builder,
      action: 'lambda:UpdateFunctionConfiguration',
      arguments: { FunctionName: 'staging-checkout', MemorySize: 2048, Timeout: 120 },
      resource: { type: 'lambda:function', id: lambda },
      purpose: 'release',
    },
    { MemorySize: 512, Timeout: 60 },
  ],
]

test.each(tierOne)(
  'the first screen of a tier-1 request of the sample is at most 14 lines: %s',
  async (_name, what, before) => {
    const state = await new World(bundle).submitted(what, { justification })
    expect(state.tier).toBe(1)
    const after = Object.fromEntries(Object.keys(before).map((name) => [name, what.arguments[name] ?? null]))
    const preview: Matched = { ...previewOf(state), before, after }
    for (const each of [state, { ...state, preview }])
      expect(linesOf({ blocks: firstScreenOf(draw(each)) })).toBeLessThanOrEqual(14)
  },
)

describe('the facts that decide stand before the buttons', () => {
  let waiting: ApprovalRequest
  let states: ReadonlyMap<string, ApprovalRequest>
  beforeAll(async () => {
    states = await everyState(bundle)
    waiting = await new World(bundle).submitted(prodParameter, { justification })
  })
  const asking = (terms: Partial<Ask>) => ({ ...waiting, ask: { ...waiting.ask, ...terms } })

  test('all that a credential leaves open is named before the buttons, or how much of it is below', () => {
    expect(firstWords(waiting)).toMatch(/The credential leaves open: any value may be written.*; and 2 more, below\./)
    expect(firstWords(asking({ unpinned: ['the value', 'the type'] }))).toContain('leaves open: the value; the type.')
    expect(firstWords(asking({ unpinned: [] }))).toContain('The credential leaves nothing open')
  })

  test("the agent's words are called unverified before the buttons, and so is an open question to it", () => {
    expect(firstWords(waiting)).toContain(`The agent says (unverified): “${justification}”`)
    expect(firstWords(asking({ justification: '' }))).toContain('The agent says (unverified): no reason')
    expect(firstWords(states.get('questioned') as ApprovalRequest)).toContain(
      'A question to the agent has no answer yet.',
    )
  })

  test('a login or a reason that policy demands is named before the buttons', async () => {
    const login = states.get('waiting for a stronger login, one of two') as ApprovalRequest
    expect(firstWords(login)).toContain('Approving needs a login of strength “strong” and at most 15 min old.')
    const wanting = wantingReasons(bundle)
    const world = new World(wanting)
    expect(firstWords(await world.submitted(prodParameter), wanting)).toContain('Approving needs a reason.')
  })

  test('a host that could act alone is named before the buttons, and so is what cannot be undone', async () => {
    expect(firstWords(asking({ host: { ambient: 'allowed', record: noRecord } }))).toContain('Its host: ')
    const stop = bundle.actions['lambda:PutFunctionConcurrency']
    if (!stop) throw new Error('no such action')
    const fixed = { ...stop, undo: { possible: false, how: 'not at all' } }
    const facts = { ...bundle, actions: { ...bundle.actions, [stop.name]: fixed } }
    expect(firstWords(await new World(bundle).submitted(stopCheckout, { justification }), facts)).toContain(
      'CANNOT BE UNDONE',
    )
  })

  test('a revision, its difference and the people who may not decide it stand before the buttons', () => {
    const words = firstWords(
      asking({
        revises: `req_${'1'.repeat(26)}` as RequestId,
        revision: { number: 1, changes: { Value: { from: 'off', to: 'on' } } },
        ...{ suggestedBy: [person('eve')], barred: [person('eve')] },
      }),
    )
    for (const fact of ['Revision 1', 'Value "off" → "on"', 'May not decide it: Eve Evans'])
      expect(words).toContain(fact)
  })

  test('the stages that follow are named in the headline, and that a change can be undone where its line has room', async () => {
    expect(firstWords(waiting)).toMatch(/^🟡 Waiting for owner: 0 of 1 approved, then sre/u)
    expect(firstWords(waiting)).not.toContain('can be undone')
    const short = await new World(bundle).submitted(flag(), { justification })
    expect(firstWords(short)).toContain('· internal data · can be undone')
  })

  test('the agents that do the steps of a plan stand before the buttons, and so does a step that cannot be undone', () => {
    const state = planStates().get('a plan that waits') as ApprovalRequest
    expect(firstWords(state)).toContain('Done by: agent:remediator, autonomous, for Dan ')
    const actions = Object.entries(bundle.actions).map(([name, entry]) => [
      name,
      { ...entry, undo: { possible: false, how: 'not at all' } },
    ])
    const facts = { ...bundle, actions: Object.fromEntries(actions) as typeof bundle.actions }
    expect(firstWords(state, facts)).toContain('CANNOT BE UNDONE: STEPS 1, 2 AND 3')
  })

  test('a changed resource, a narrowing and the consequence of silence stand before the buttons', () => {
    const changed = firstWords(drifted({ ...waiting, preview: previewOf(waiting) }, '2000'))
    expect(changed).toContain('Changed since it was asked')
    expect(changed).toContain('Value = "2000" → "3000"')
    expect(changed).toMatch(/Decide by \S+; then on-call may too\. Unanswered, the request ends\./)
    expect(firstWords(states.get('narrowed') as ApprovalRequest)).toContain('Less than was asked')
  })
})

test('an opening has what is open, why and what that leaves open before its buttons, and people behind them', async () => {
  for (const [name, { state, about }] of await everyOpening(bundle)) {
    const { blocks } = renderOpening(state, about, bundle, { page })
    const at = blocks.findLastIndex(({ type }) => type === 'actions')
    const places = (...ids: string[]) => ids.map((id) => blocks.findIndex(({ block_id }) => block_id === id))
    expect(Math.max(...places('what', 'why', 'open', 'done'))).toBeLessThan(at)
    const [who = -1] = places('who')
    expect([name, who === -1 || who > at]).toEqual([name, true])
  }
})

test('lines of a card are counted by its blocks: texts by their words, buttons by their rows', () => {
  const text = (words: string) => ({ type: 'text', text: words })
  const rich = (...elements: object[]) => ({ type: 'rich_text', elements })
  const section = (words: string) => ({ type: 'rich_text_section', elements: [text(words)] })
  const counted = (block: { readonly [member: string]: unknown }) => linesOf({ blocks: [block] })
  expect(counted(rich(section('word '.repeat(16))))).toBe(1)
  expect(counted(rich(section(`${'word '.repeat(16)}x`)))).toBe(2)
  expect(counted(rich(section('x'.repeat(161))))).toBe(3)
  expect(counted(rich(section('one\ntwo'), { type: 'rich_text_list', elements: [section('a'), section('b')] }))).toBe(4)
  expect(counted({ type: 'header', text: text('Waiting') })).toBe(1)
  const buttons = (count: number) => Array.from({ length: count }, () => ({ type: 'button', text: text('Approve') }))
  expect(counted({ type: 'actions', elements: buttons(6) })).toBe(1)
  expect(counted({ type: 'actions', elements: buttons(7) })).toBe(2)
})
