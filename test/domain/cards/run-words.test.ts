import { hotworkMembers } from '../../../functions/adapters/http/authzen.ts'
import { describeRequest } from '../../../functions/domain/cards/request-view.ts'
import { headlineOf, nowOf, termsRow } from '../../../functions/domain/cards/request-words.ts'
import { runView } from '../../../functions/domain/cards/run-words.ts'
import type { Sentence } from '../../../functions/domain/cards/sentence.ts'
import { describeTimeline } from '../../../functions/domain/cards/timeline.ts'
import { chainEntries, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import * as sample from '../../support/ask.ts'
import { bundleOfRuns, runbook, runsAs } from '../../support/runs.ts'
import { live, type Step, token } from '../story.ts'

/** The words of a run for people and for its agent. */

const first = sample.credentialId(1)
const ask = sample.sampleAsk({ credential: 'mediated', action: runbook.name, runsAs })
const begun: readonly Step[] = [...token(1), [2, sample.callBegin(first, 1), 'approved']]
const lived = (...steps: readonly Step[]) => live(0, ask, ...begun, ...steps)
const started: Step = [3, sample.runStart(1), 'approved']
const facts = bundleOfRuns()
const withoutCancel = () => {
  const { cancel: _, ...follow } = runbook.follow
  const entry = facts.actions[runbook.name]
  if (!entry) throw new Error('no entry')
  return { ...facts, actions: { ...facts.actions, [runbook.name]: { ...entry, follow } } }
}

const textOf = (sentence: Sentence): string =>
  sentence.map((part) => (typeof part === 'string' ? part : String(Object.values(part)[0]))).join('')
const wordsOf = ({ state }: ReturnType<typeof lived>, by = facts) => {
  const view = describeRequest(state, by)
  return [headlineOf(view), textOf(nowOf(view))]
}

test('a card says that a run goes on, and how it ended, with the words of its target', () => {
  const [headline, now] = wordsOf(lived(started))
  expect(headline).toBe('Its run goes on')
  expect(now).toContain('The run goes on since')
  const ended = lived(started, [60, sample.runEnd('failed', { note: 'step 3 failed' }), 'completed'])
  expect(wordsOf(ended)).toEqual([
    'Completed: failed',
    expect.stringMatching(/^The run ended at .*: failed\. step 3 failed$/),
  ])
})

test.each([
  ['is being stopped', facts, 'Its run is being stopped'],
  ['cannot be stopped', withoutCancel(), 'Its run cannot be stopped'],
])('a card of a revoked request says that its run %s', (_what, by, words) => {
  const desk = lived(started, [5, sample.revocation('rita'), 'revoked'])
  expect(wordsOf(desk, by)[1]).toContain(words)
})

test('a card of a revoked request says how its run ended', () => {
  const desk = lived(started, [5, sample.revocation('rita'), 'revoked'], [60, sample.runEnd('failed'), 'revoked'])
  expect(wordsOf(desk)[1]).toMatch(/The run ended at .*: cancelled\./)
})

test('the terms of a run bound its start, and not its end', () => {
  expect(termsRow(describeRequest(lived().state, facts)).text).toContain('bounds its start, and not its end')
})

test('a run whose call cannot be looked up is unknown', () => {
  const desk = lived([100, sample.callResolution(1), 'approved'])
  expect(runView(desk.state, undefined)).toMatchObject({ status: 'unknown', note: 'reading cannot tell' })
  expect(
    runView(lived([100, sample.callResolution(1, { outcome: 'failed' }), 'approved']).state, undefined),
  ).toBeUndefined()
})

test('the task of its agent has the run, without the words of its target', () => {
  const ended = lived(started, [60, sample.runEnd('failed', { note: 'step 3 failed' }), 'completed'])
  expect(hotworkMembers(ended.state)).toMatchObject({
    runs_as: runsAs,
    run: { status: 'failed', since: '2027-01-15T08:00:03Z', until: '2027-01-15T08:01:00Z' },
  })
  expect(JSON.stringify(hotworkMembers(ended.state))).not.toContain('step 3')
})

test('a timeline tells the start of a run with its call, then its end, then that of the task', () => {
  const { state, events } = lived(started, [60, sample.runEnd('failed', { note: 'step 3 failed' }), 'completed'])
  const { entries } = chainEntries(state.ask.id, noEntries, events, undefined)
  const { items } = describeTimeline(describeRequest(state, facts), { entries }, facts)
  expect(items.slice(-3).map(({ said, more }) => [textOf(said), ...more.map(textOf)].join(' / '))).toEqual([
    'Hotwork made the approved call to AWS: a run began',
    'The run ended: failed / step 3 failed',
    'The task is over: failed',
  ])
})
