import fc from 'fast-check'
import { complaintsOf, largestCard, sizeOf } from '../../../../functions/channels/slack/cards/blocks.ts'
import { renderCard, showsAll } from '../../../../functions/channels/slack/cards/card.ts'
import { narrowModal } from '../../../../functions/channels/slack/forms/card-forms.ts'
import { loweredSteps, struckSteps } from '../../../../functions/channels/slack/forms/plan-forms.ts'
import { describeRequest, shownDigest } from '../../../../functions/domain/cards/request-view.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { narrowSteps } from '../../../../functions/domain/requests/narrow.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { checkMessageBlocks } from '../../../../local/desk/blocks.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { sampleBundle } from '../../../support/world.ts'
import { expectInert, ownWords } from './inert-checks.ts'
import { corpus } from './inert-corpus.ts'
import { longPlan, narrowedPlan, planStates, repair, waitingPlan } from './plan-states.ts'

/** A plan is one card, however many steps it has. */

const bundle = sampleBundle()
const channel = 'hotwork-approvals'
const states = planStates()
const card = (state: ApprovalRequest) => renderCard(state, bundle, channel)

/** All text that a reader sees, in order. */
function said(value: unknown): string {
  if (Array.isArray(value)) return value.map(said).join(' ')
  if (typeof value !== 'object' || value === null) return ''
  const { text, fallback, elements, confirm } = value as { [member: string]: unknown }
  return [
    typeof text === 'string' ? text : said(text),
    typeof fallback === 'string' ? fallback : '',
    said(elements),
    said(confirm),
  ]
    .filter((part) => part !== '')
    .join(' ')
}
const words = (state: ApprovalRequest) => said(card(state).blocks).replace(/\s+/g, ' ')
const buttons = (state: ApprovalRequest) =>
  card(state)
    .blocks.filter(({ type }) => type === 'actions')
    .flatMap(({ elements }) => (elements as readonly JsonObject[]).map((each) => each['action_id']))
const stateOf = (name: string) => states.get(name) as ApprovalRequest

describe.each([...states.keys()])('the card of %s', (name) => {
  test('the card of a plan is accepted by Slack, by our check and by the desk’s', () => {
    expect(complaintsOf(card(stateOf(name)))).toEqual([])
    expect(checkMessageBlocks(card(stateOf(name)).blocks)).toMatchObject({ ok: true })
  })

  test("the card of a plan has each step's number, agent, action, resource and arguments, whole", () => {
    const text = words(stateOf(name))
    for (const [index, step] of (stateOf(name).ask.steps ?? []).entries()) {
      expect(text).toContain(`${index + 1}. `)
      expect(text).toContain(step.agent)
      if (step.struck) continue
      expect(text).toContain(step.resource.id)
      expect(text).toContain(step.action)
      for (const value of Object.values(step.arguments)) expect(text).toContain(JSON.stringify(value))
    }
  })
})

test.each([
  ['a plan that waits', '🟡 Waiting for owner: 0 of 1 approved'],
  ['a plan that waits', 'Plan of 3 steps by 2 agents'],
  ['a plan that waits', 'Value = "1800" → "3000"'],
  ['a plan that waits', 'MemorySize = 512 → 2048'],
  ['a plan that waits', 'Not read: step 1 changes it first.'],
  ['a plan that waits', 'agent:remediator, autonomous, for Dan '],
  ['a plan that waits', 'step 2: the memory and the timeout'],
  ['a plan with a step struck out', 'Plan of 2 steps by 2 agents, 1 struck out'],
  [
    'a plan with a step struck out',
    ', ssm:PutParameter by agent:remediator arn:aws:ssm:us-east-1:000000000000:parameter/prod/ch',
  ],
  ['a plan with a step struck out', 'struck out , valid for 45 min → 30 min'],
  ['a plan with a step struck out', 'ssm:PutParameter ✂️ is struck out'],
  ['a plan whose first step changed', 'The resource changed , seen at 2027-01-15T08:01:00Z : of step 1. Decide again.'],
  ['a plan whose first step changed', 'Value = "1900" → "3000"'],
  ['a plan in progress', '🔑 In progress: step 2, 1 of 3 done'],
  ['a plan in progress', 'Step 2 is with agent:builder since 2027'],
  ['a plan in progress', '▶️ has its turn'],
  ['a plan whose second step failed', '🏁 Completed: failed'],
  ['a plan whose second step failed', 'step 2 failed, so step 3 is not taken.'],
  ['a plan whose second step failed', '❌ failed: not_permitted'],
  ['a plan whose second step failed', '⏹️ is not taken'],
  ['a plan that succeeded', 'all 3 steps succeeded.'],
])('the card of %s says: %s', (name, what) => {
  expect(words(stateOf(name))).toContain(what)
})

const short = { arguments: { Name: '/a', Value: '1' }, resource: { type: 'x', id: 'arn:aws:x:1' } }

test.each([
  ['ten usual steps', longPlan(() => ({}), 10)],
  ['twenty short steps', longPlan(() => short)],
])('a click decides on a whole plan: with %s its card has Approve and every step whole', (_what, plan) => {
  expect(sizeOf(card(plan))).toBeLessThanOrEqual(largestCard)
  expect(buttons(plan)).toEqual(['approve', 'narrow', 'deny', 'more'])
  expect(showsAll(plan, bundle, {})).toBe(true)
  for (const [index] of (plan.ask.steps ?? []).entries()) expect(words(plan)).toContain(` ${index + 1}. agent:`)
})

test.each([
  ['a long value', { arguments: { Name: '/prod/a', Value: 'x'.repeat(900) } }],
  [
    'many arguments',
    { arguments: Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`name${n}`, 'x'.repeat(20)])) },
  ],
  ['a long resource', { resource: { type: 'x', id: `arn:${'r'.repeat(1500)}` } }],
])('a plan of twenty steps with %s is decided on the page', (_what, changes) => {
  const plan = longPlan(() => changes)
  expect(complaintsOf(card(plan))).toEqual([])
  expect(buttons(plan)).toEqual(['deny', 'more'])
  expect(showsAll(plan, bundle, {})).toBe(false)
  expect(words(plan)).toContain('too long for a card')
})

test("a plan's shown digest covers its steps, and leaves their progress out", () => {
  const view = describeRequest(waitingPlan(), bundle)
  const later = describeRequest(stateOf('a plan in progress'), bundle)
  expect(shownDigest({ ...later, submittedAt: view.submittedAt })).toBe(shownDigest(view))
  expect(shownDigest(describeRequest({ ...narrowedPlan(), round: 1, narrowings: [] }, bundle))).not.toBe(
    shownDigest(view),
  )
})

test("a step's hostile text stays inert, and adds no words of ours", () => {
  for (const text of corpus) {
    const changes = { arguments: { Name: text, [text.slice(0, 40)]: text }, resource: { type: 'x', id: text } }
    const { blocks } = card(longPlan(() => changes, 3))
    expectInert(blocks)
    if (text.trim().length > 8 && text.length < 60) expect(ownWords(blocks)).not.toContain(text.trim())
  }
})

test('a card of any plan is accepted by Slack', () => {
  const text = fc.string({ unit: anyCharacter, maxLength: 400 })
  const step = fc.record({
    arguments: fc.dictionary(text, text, { maxKeys: 6 }),
    id: text,
    unpinned: fc.array(text, { maxLength: 3 }),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (all) => {
      const plan = longPlan((n) => {
        const { arguments: args, id, unpinned } = all[n - 1] as (typeof all)[number]
        return { arguments: args, resource: { type: 'x', id }, unpinned }
      }, all.length)
      expect(complaintsOf(card(plan))).toEqual([])
    }),
    { numRuns: 60 },
  )
})

const about = { request: waitingPlan().ask.id, round: 1, digest: 'x' }

test('the form to narrow a plan has each step to strike out, and each number to lessen', () => {
  const blocks = narrowModal(waitingPlan(), bundle, about)?.blocks ?? []
  const ids = blocks.flatMap((block) => (block.type === 'input' ? [block.block_id] : []))
  expect(ids).toEqual(['strike:1', 'step:2:MemorySize', 'step:2:Timeout', 'comment'])
})

test("the form to narrow a plan has twenty steps in two groups, by Slack's limit", () => {
  const blocks = narrowModal(longPlan(), bundle, about)?.blocks ?? []
  const options = blocks.flatMap((block) =>
    block.type === 'input' && block.element.type === 'checkboxes' ? [block.element.options.length] : [],
  )
  expect(options).toEqual([10, 10])
})

test('the form to narrow a plan keeps a single step', () => {
  const one = waitingPlan(repair.slice(1, 2))
  const blocks = narrowModal(one, bundle, about)?.blocks ?? []
  expect(blocks.some((block) => block.type === 'input' && block.element.type === 'checkboxes')).toBe(false)
})

test('the form to narrow a plan is read as struck steps and lessened numbers', () => {
  const values = {
    'strike:1': { 'strike:1': { type: 'checkboxes', selected_options: [{ value: '3' }, { value: 'x' }] } },
    comment: { comment: { type: 'plain_text_input', value: 'no' } },
  } as unknown as Parameters<typeof struckSteps>[0]
  const changed = new Map([
    ['step:2:MemorySize', 1024],
    ['uses', 1],
  ])
  expect(narrowSteps(struckSteps(values), loweredSteps(changed))).toEqual([
    { step: 2, arguments: { MemorySize: 1024 } },
    { step: 3, strike: true },
  ])
})
