import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import type { Stored } from '../../../functions/operations/record/ports.ts'
import { takeAccount } from '../../../tools/load/account.ts'
import type { Run } from '../../../tools/load/drive.ts'
import type { Facts } from '../../../tools/load/facts.ts'
import type { Life } from '../../../tools/load/lives.ts'
import type { Fate } from '../../../tools/load/plan.ts'
import { SlackScreen } from '../../../tools/meter/slack-screen.ts'
import { commitOf, submission } from '../../adapters/dynamodb/commits.ts'
import { decision, requestId, sampleAsk } from '../../support/ask.ts'

/** The ids of a load in which all rules hold: one request waits, one was denied. */
const [waits, denied] = [requestId(1), requestId(2)]

function calmLoad() {
  const first = submission(sampleAsk({ id: waits }))
  const ask = sampleAsk({ id: denied })
  const before = submission(ask)
  const after = commitOf(ask, { state: before.state, head: before.head }, decision(ask, 'ben', 'deny'))
  const cards = [waits, denied].map((id) => ({ channel: 'C1', ts: id, requests: [id], isBurst: false }))
  const facts: Facts = {
    stored: new Map<string, Stored>([
      [waits, { state: first.state, head: first.head }],
      [denied, { state: after.state, head: after.head }],
    ]),
    entries: new Map<string, readonly Entry[]>([
      [waits, first.entries],
      [denied, [...before.entries, ...after.entries]],
    ]),
    waiting: new Map([[waits, 1]]),
    cards,
    denies: new Map(),
    executions: new Map([
      [waits, ['RUNNING']],
      [denied, ['SUCCEEDED']],
    ]),
    messages: cards.map(({ channel, ts }) => ({ channel, ts, blocks: [] })),
    differences: [],
  }
  const life = (n: number, id: string, fate: Fate): Life => {
    const known = { n, at: 0, agent: 'agent:remediator', body: {}, tokens: 0, uses: 0 }
    return { ...known, fate, id, outcome: 'accepted', ended: true }
  }
  const screen = new SlackScreen()
  for (const { requests } of cards) post(screen, requests[0] as string)
  const run: Run = { samples: [], began: 0, livesEnded: 1_000, emptied: 2_000, dead: [] }
  return { lives: [life(0, waits, 'left'), life(1, denied, 'denied')], screen, facts, run }
}

function post(screen: SlackScreen, request: string, fault?: 'lost'): void {
  const body = Buffer.from(new URLSearchParams({ text: request, blocks: '[]' }).toString())
  const answer = Buffer.from(JSON.stringify({ ok: true, channel: 'C1', ts: request }))
  screen.see({ operation: 'chat.postMessage', body, answer, fault })
}

type Load = ReturnType<typeof calmLoad>
const brokenIn = ({ lives, screen, facts, run }: Load) =>
  takeAccount(lives, screen, facts, run).flatMap(({ rule, broken }) => (broken.length > 0 ? [rule] : []))

test('the account of a calm load breaks no rule', () => {
  expect(brokenIn(calmLoad())).toEqual([])
})

test('a card whose answer was lost may be posted once more', () => {
  const load = calmLoad()
  post(load.screen, waits, 'lost')
  expect(brokenIn(load)).toEqual([])
  post(load.screen, waits)
  expect(brokenIn(load)).toEqual([expect.stringContaining('two cards of its own')])
})

test.each<[what: string, breakIt: (load: Load) => unknown, rule: string]>([
  [
    'an agent has no answer',
    ({ lives }) => ((lives[0] as Life).outcome = 'unanswered'),
    'each submission was answered',
  ],
  ['a request was asked and is not there', ({ facts }) => facts.stored.delete(waits), 'each accepted request is there'],
  ['a request is there twice', ({ lives }) => lives.pop(), 'no request is there that was not asked'],
  ['an agent gave up', ({ lives }) => ((lives[1] as Life).ended = false), 'each agent came to the end'],
  ['a denial came to nothing', ({ lives }) => ((lives[0] as Life).fate = 'denied'), 'each has settled, or waits'],
  [
    'an entry is gone',
    ({ facts }) => facts.entries.set(denied, facts.entries.get(denied)?.slice(0, -1) ?? []),
    'each ledger verifies',
  ],
  ['the log differs', ({ facts }) => (facts.differences as unknown[]).push({}), 'the log has each entry'],
  ['two workflows of one', ({ facts }) => facts.executions.get(waits)?.push('RUNNING'), 'each has one workflow'],
  ['a settled one runs on', ({ facts }) => facts.executions.set(denied, ['RUNNING']), 'each has one workflow'],
  ['a wait is gone', ({ facts }) => facts.waiting.delete(waits), 'one open wait'],
  ['a card is gone', ({ facts }) => facts.messages.pop(), 'each card is in Slack'],
  ['a card was never drawn', ({ facts }) => [facts.cards.shift(), facts.messages.shift()], 'has its card'],
  [
    'a settled card asks',
    ({ facts }) => facts.messages[1]?.blocks?.push({ action_id: 'approve' }),
    'asks for a decision',
  ],
  ['queues rest too late', ({ run }) => (run.emptied = 62_000), 'all queues are empty'],
  ['queues never rest', ({ run }) => (run.emptied = undefined), 'all queues are empty'],
])('the account reports that %s', (_what, breakIt, rule) => {
  const load = calmLoad()
  breakIt(load)
  expect(brokenIn(load)).toContainEqual(expect.stringContaining(rule))
})
