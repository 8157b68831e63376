import { describeRequest } from '../../../functions/domain/cards/request-view.ts'
import { textOf } from '../../../functions/domain/cards/sentence.ts'
import { describeTimeline, type Recorded } from '../../../functions/domain/cards/timeline.ts'
import type { Actor } from '../../../functions/domain/event.ts'
import { waitingPlan } from '../../channels/slack/cards/plan-states.ts'
import { Life, wholeLife } from '../../support/cards/lives.ts'
import { sampleBundle } from '../../support/world.ts'

const bundle = sampleBundle()
const plannerActor = { type: 'agent', id: 'agent:planner' } as Actor
const drawn = (life: Life, recorded: Partial<Recorded> = {}) =>
  describeTimeline(describeRequest(life.now, bundle), { entries: life.entries, ...recorded }, bundle)
const said = (timeline: ReturnType<typeof drawn>) => timeline.items.map((each) => textOf(each.said))
const isUse = (text: string) => text.startsWith('tool:flag-service')

test('the timeline tells the life of a request in order: asked, read, decided, changed, decided again, issued, used, done', () => {
  expect(said(drawn(wholeLife()))).toEqual([
    'agent:remediator asked, tier 2',
    'Hotwork read the present state',
    'owner may decide until ',
    'Ana Alves (person:ana) approved as owner',
    'sre may decide until ',
    'The resource changed: round 2 begins, tier 2',
    'owner may decide until ',
    'Ana Alves (person:ana) approved as owner',
    'sre may decide until ',
    'Eve Evans (person:eve) approved as sre',
    'Approved, the credential to be collected by ',
    'An access token was issued, until ',
    'tool:flag-service used it: succeeded',
    'agent:remediator reported the end: succeeded',
  ])
})

test('the timeline has each reading, and the values before and after a change', () => {
  const { items } = drawn(wholeLife())
  const about = (mark: string) => items.find((each) => each.mark === mark)?.more.map(textOf)
  expect(about('read')).toEqual(['“Value "1800" → "2000"”'])
  expect(about('changed')?.[0]).toBe('“Value "1800" → "1900"”')
})

test('the timeline of a plan tells the turn, the end and the reading of each step, and why the plan is over', () => {
  const plan = waitingPlan()
  const life = new Life()
  const asked = { type: 'Submitted' as const, ask: plan.ask, tier: 2, stages: [], decideBy: life.at + 3600 }
  life.tell({ ...asked, preview: plan.preview as NonNullable<typeof plan.preview> }, plannerActor)
  life.approved()
  const children = plan.ask.steps?.map(({ request }) => request) ?? []
  for (const [step, outcome] of [[1, 'succeeded'] as const, [2, 'failed'] as const]) {
    const child = children[step - 1] as (typeof children)[number]
    life.tell({ type: 'StepOpened', step, child }).tell({ type: 'StepEnded', step, child, outcome })
  }
  const timeline = drawn(life.tell({ type: 'Completed', outcome: 'failed' }))
  expect(said(timeline).slice(-5)).toEqual([
    'Step 1 may begin',
    'Step 1 ended: succeeded',
    'Step 2 may begin',
    'Step 2 ended: failed',
    'The plan is over: failed',
  ])
  const read = timeline.items.find(({ mark }) => mark === 'read')?.more.map(textOf)
  expect(read).toEqual(['step 1: “Value "1800" → "3000"”', 'step 2: “MemorySize 512 → 2048”'])
})

test('the timeline has each entry of the record, with its hash', () => {
  const life = wholeLife()
  const timeline = drawn(life)
  const refs = life.entries.map(({ id, hash }) => ({ id, hash }))
  expect(timeline.entries).toMatchObject(refs)
  const inItems = new Set(timeline.items.flatMap(({ entries }) => entries.map(({ id }) => id)))
  expect([...inItems].toSorted()).toEqual(refs.map(({ id }) => id).toSorted())
})

test('the timeline folds hundreds of uses by outcome, and leaves no entry out', () => {
  const life = new Life().asks(400).approved().issued()
  for (let n = 1; n <= 300; n++) life.used(n, n % 100 === 0 ? 'failed' : 'succeeded')
  const timeline = drawn(life.completed())
  expect(said(timeline).filter((text) => text.includes('tool:flag-service'))).toEqual([
    '297 times until : tool:flag-service used it: succeeded',
    ...Array(3).fill('tool:flag-service used it: failed'),
  ])
  expect(timeline.items.flatMap(({ entries }) => entries).length).toBe(life.entries.length + 1)
})

test('the timeline shows three of a kind one by one', () => {
  const life = new Life().asks(3).approved().issued()
  for (let n = 1; n <= 3; n++) life.used(n)
  expect(said(drawn(life)).filter(isUse)).toHaveLength(3)
})

test('the timeline has a use without an end, and a credential that was only intended', () => {
  const life = new Life().asks().approved().issued().used()
  const begun = { ...life.entries.at(-2), id: `${life.now.ask.id}/8` } as (typeof life.entries)[number]
  expect(said(drawn(life, { entries: [...life.entries.slice(0, -1), begun].slice(0, -1) })).at(-1)).toBe(
    'tool:flag-service used it, its end is not reported',
  )
  const issued = life.entries.findIndex(({ type }) => type === 'CredentialIssued')
  expect(said(drawn(life, { entries: life.entries.slice(0, issued) })).at(-1)).toBe('An access token was to be issued')
})

test('the timeline says that Hotwork made a call only of a mediated one', () => {
  const life = new Life().asks().approved().issued().used()
  const begun = life.entries.at(-2) as (typeof life.entries)[number]
  const last = (key: string) => {
    const use = { ...begun, facts: { ...begun.facts, tool: 'aws', key } }
    return said(drawn(life, { entries: [...life.entries.slice(0, -2), use] })).at(-1)
  }
  expect(last('aws')).toBe('The AWS credentials count as one use')
  expect(last('call')).toBe('Hotwork made the approved call to AWS, its end is not reported')
})

test('the timeline has the calls of CloudTrail at their time, approved, extra or refused', () => {
  const life = wholeLife()
  const call = { at: life.at - 4, action: 'ssm:PutParameter' }
  const calls = [
    { ...call, verdict: 'approved' as const },
    { ...call, at: life.at - 2, action: 'ssm:GetParameters', verdict: 'extra' as const },
    { ...call, at: life.at + 9, action: 'ssm:DeleteParameter', verdict: 'refused' as const, error: 'AccessDenied' },
  ]
  expect(said(drawn(life, { calls })).slice(-5)).toEqual([
    'tool:flag-service used it: succeeded',
    'AWS was called as approved: “ssm:PutParameter”',
    'AWS was called beyond what was approved: “ssm:GetParameters”',
    'agent:remediator reported the end: succeeded',
    'AWS refused a call: “ssm:DeleteParameter”, AccessDenied',
  ])
})

test('the timeline never folds extra calls', () => {
  const life = wholeLife()
  const calls = Array.from({ length: 9 }, () => ({
    at: life.at,
    action: 'ssm:GetParameters',
    verdict: 'extra' as const,
  }))
  expect(drawn(life, { calls }).items.filter(({ mark }) => mark === 'alarm')).toHaveLength(9)
})

test('the timeline ends with the checkpoint that covers its entries', () => {
  const life = wholeLife()
  const anchor = { at: life.at + 4, size: 4711, entries: 15 }
  expect(drawn(life, { anchor }).items.at(-1)).toMatchObject({ lane: 'log', mark: 'anchored', at: life.at + 4 })
})

test('the timeline keeps the order of the record if a clock went back', () => {
  const life = new Life().asks().after(-30).decided('ana', 'owner')
  expect(said(drawn(life)).at(-1)).toBe('Ana Alves (person:ana) approved as owner')
})

test('the timeline names an entry of an unknown type', () => {
  const life = wholeLife()
  const later = {
    ...life.entries[0],
    id: `${life.now.ask.id}/16`,
    type: 'Teleported',
  } as (typeof life.entries)[number]
  expect(said(drawn(life, { entries: [...life.entries, later] })).at(-1)).toBe('Teleported')
})

test('the timeline says that the record is longer', () => {
  expect(drawn(wholeLife(), { isCut: true }).isCut).toBe(true)
})
