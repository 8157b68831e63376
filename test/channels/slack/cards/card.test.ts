import fc from 'fast-check'
import type { SlackCard } from '../../../../functions/channels/slack/cards/blocks.ts'
import { complaintsOf, largestCard, sizeOf } from '../../../../functions/channels/slack/cards/blocks.ts'
import { renderCard } from '../../../../functions/channels/slack/cards/card.ts'
import { exact } from '../../../../functions/domain/inert.ts'
import { maskPair } from '../../../../functions/domain/previews/mask.ts'
import { evidenceOf } from '../../../../functions/domain/record/evidence.ts'
import type { Matched, Preview } from '../../../../functions/domain/record/preview.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import type { Json, JsonObject } from '../../../../functions/domain/values.ts'
import { duration } from '../../../../functions/domain/values.ts'
import { checkMessageBlocks } from '../../../../local/desk/blocks.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { credentialId } from '../../../support/ask.ts'
import { asChangeSet, someRows } from '../../../support/change-sets/asked.ts'
import { cases } from '../../../support/deep.ts'
import { sampleBundle } from '../../../support/world.ts'
import { page } from '../edge/door.ts'
import { corpus } from './inert-corpus.ts'
import { drifted, everyState, previewOf, wantingReasons } from './states.ts'

const bundle = sampleBundle()
const channel = 'hotwork-approvals'
let states: ReadonlyMap<string, ApprovalRequest>
beforeAll(async () => {
  states = await everyState(bundle)
})

const stateOf = (name: string): ApprovalRequest => {
  const state = states.get(name)
  if (!state) throw new Error(`no state \`${name}\``)
  return state
}
const cardOf = (name: string, changes: Partial<ApprovalRequest['ask']> = {}, preview?: Preview): SlackCard => {
  const state = stateOf(name)
  return renderCard({ ...state, ...(preview && { preview }), ask: { ...state.ask, ...changes } }, bundle, channel)
}

/** All text that a reader sees, in order. */
function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join(' ')
  if (typeof value !== 'object' || value === null) return ''
  const { text, fallback, elements, confirm } = value as { [member: string]: unknown }
  return [
    typeof text === 'string' ? text : wordsOf(text),
    typeof fallback === 'string' ? fallback : '',
    wordsOf(elements),
    wordsOf(confirm),
  ]
    .filter((part) => part !== '')
    .join(' ')
}
const said = ({ blocks }: SlackCard): string => wordsOf(blocks)
/** The controls of a card, in their order. */
const buttonsOf = ({ blocks }: SlackCard): string[] =>
  blocks
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements }) => (elements as readonly JsonObject[]).map((each) => String(each['action_id'])))

const labelsOf = (row: JsonObject | undefined): string[] =>
  ((row?.['elements'] ?? []) as readonly JsonObject[]).flatMap(({ text }) => (text ? [wordsOf(text)] : []))

/** The choices of the menu behind a row of buttons. */
const choicesOf = (row: JsonObject | undefined): string[] =>
  ((row?.['elements'] ?? []) as readonly JsonObject[]).flatMap(({ options = [] }) =>
    (options as readonly JsonObject[]).map(({ text }) => wordsOf(text)),
  )

const names = [
  'waiting for the first stage',
  'waiting for the second stage',
  'escalated',
  'waiting for a stronger login, one of two',
  'narrowed',
  'decided by a stand-in',
  'approved',
  'in use',
  'completed: succeeded',
  'completed: failed',
  'denied',
  'denied by a stand-in',
  'revised',
  'questioned',
  'expired without a decision',
  'expired without a claim',
  'expired in use',
  'withdrawn',
  'revoked by a denial',
  'revoked',
]

describe.each(names)('the card of a request that is %s', (name) => {
  test('the card of a request is accepted by Slack, by our check and by the desk’s', () => {
    const card = cardOf(name)
    expect(complaintsOf(card)).toEqual([])
    expect(checkMessageBlocks(card.blocks)).toMatchObject({ ok: true })
    expect(sizeOf(card)).toBeLessThanOrEqual(largestCard)
  })

  test('the card and its notification have the whole request id and the beginning of the digest', () => {
    const { ask } = stateOf(name)
    for (const text of [said(cardOf(name)), cardOf(name).text]) {
      expect(text).toContain(ask.id)
      expect(text).toContain(ask.digest.slice(0, 24))
    }
  })

  test('the card has the action, place, resource, arguments, agent, owner, tier and policies', () => {
    const { ask, tier, policies } = stateOf(name)
    const text = said(cardOf(name))
    for (const fact of [
      ask.action,
      'PROD',
      `Tier ${tier}`,
      ask.resource.id,
      ask.agent.id,
      ask.owner,
      ask.parentTask.id,
      ...policies,
    ])
      expect(text).toContain(fact)
    for (const [argument, value] of Object.entries(ask.arguments))
      expect(text).toContain(`${argument} = ${JSON.stringify(value)}`)
    const live = 'grant' in stateOf(name) || stateOf(name).status === 'pending'
    for (const left of ask.unpinned) expect(text.includes(left)).toBe(live)
  })

  test('the card has no markup for Slack', () => {
    expect(JSON.stringify(cardOf(name).blocks)).not.toMatch(/mrkdwn|"(?:link|user|usergroup|broadcast|channel|image)"/)
  })

  test('the card is the same for the same state', () => {
    expect(cardOf(name)).toEqual(cardOf(name))
  })
})

test.each([
  [
    'waiting for the first stage',
    '🟡 Waiting for owner: 0 of 1 approved, then sre',
    'open now until 2027-01-15T08:30:00Z',
  ],
  [
    'waiting for the second stage',
    '🟡 Waiting for sre: 0 of 1 approved',
    'owner : 1 of 1 approved by Ben Baker (person:ben)',
  ],
  [
    'escalated',
    '🟠 Waiting for owner, escalated to on-call: 0 of 1 approved, then sre',
    'Decide by 2027-01-15T08:45:00Z . Unanswered, the request ends.',
  ],
  [
    'waiting for a stronger login, one of two',
    '🟡 Waiting for security: 1 of 2 approved',
    'Unanswered, the request ends. Approving needs a login of strength “strong”',
  ],
  [
    'narrowed',
    '🟡 Waiting for sre: 0 of 1 approved, narrowed',
    'by Ben Baker (person:ben) at 2027-01-15T08:00:00Z , MemorySize 2048 → 1024 , valid for 15 min → 5 min .',
  ],
  ['narrowed', '🟡 Waiting for sre', '1 of 1 approved by Ben Baker (person:ben): “half of it is plenty” sre'],
  [
    'decided by a stand-in',
    '🟡 Waiting for sre',
    '1 of 1 approved by Gus Garcia (person:gus) for Ben Baker (person:ben)',
  ],
  ['denied by a stand-in', '⛔ Denied', 'Denied by Gus Garcia (person:gus) for Eve Evans (person:eve) at'],
  ['revoked by a denial', '🛑 Revoked', 'Revoked by Finn Fischer (person:finn) at'],
  [
    'waiting for the first stage',
    '🟡 Waiting for owner',
    'Decide by 2027-01-15T08:30:00Z ; then on-call may too. Unanswered, the request ends.',
  ],
  ['waiting for the first stage', '🟡 Waiting for owner', 'Who decides (30 min from 2027-01-15T08:00:00Z )'],
  [
    'waiting for the first stage',
    '🟡 Waiting for owner',
    'PROD · Tier 2 of 3 (two pairs of eyes) by policy prod-remediation · internal data',
  ],
  ['approved', '✅ Approved, credential not collected yet', 'can collect the credential until 2027-01-15T09:00:00Z'],
  ['in use', '🔑 In use', 'valid until 2027-01-15T08:15:00Z'],
  ['completed: succeeded', '🏁 Completed: succeeded', 'unverified: health is back to `ok`'],
  ['completed: failed', '🏁 Completed: failed', 'Its credential no longer works'],
  [
    'denied',
    '⛔ Denied',
    'Denied by Eve Evans (person:eve) at 2027-01-15T08:00:00Z . Reason: the value is wrong: see INC-1042',
  ],
  ['denied', '⛔ Denied', 'Who decided owner : 0 of 1 approved. sre : denied by Eve Evans (person:eve).'],
  ['expired without a decision', '⌛ Expired', 'Too few people approved in time'],
  ['expired without a decision', '⌛ Expired', 'Who decided owner : 0 of 1 approved. sre : its turn never came.'],
  [
    'expired without a claim',
    '⌛ Expired',
    'did not collect the credential in time: the approval ended at 2027-01-15T09:00:00Z',
  ],
  ['expired in use', '⌛ Expired', 'The credential expired at 2027-01-15T08:15:00Z'],
  ['withdrawn', '↩️ Withdrawn', 'The agent withdrew it'],
  ['revoked', '🛑 Revoked', 'Revoked by Gus Garcia (person:gus)'],
])('the card of a request that is %s has a sign and words', (name, headline, more) => {
  const text = said(cardOf(name)).replace(/\s+/g, ' ')
  expect(text.startsWith(headline)).toBe(true)
  expect(text).toContain(more)
})

test.each([
  ['never claimed', 'revoked', 'No credential was issued.'],
  ['of AWS', 'completed: succeeded', 'which takes some seconds'],
  ['a token', 'completed: failed', 'Its credential no longer works.'],
])('the card of an ended grant whose credential is %s says so', (_what, name, words) => {
  const state = stateOf(name)
  const sessions = [{ credential: credentialId(1), role: 'arn:aws:iam::000000000000:role/x', endsAt: 1_800_000_900 }]
  const ended =
    state.status === 'completed' && state.outcome === 'succeeded'
      ? { ...state, grant: { ...state.grant, sessions } }
      : state
  expect(said(renderCard(ended, bundle, channel))).toContain(words)
})

test('buttons are only on the card of a pending request', () => {
  for (const name of names) expect(buttonsOf(cardOf(name)).length > 0).toBe(stateOf(name).status === 'pending')
})

test('buttons are only in the channel of the open stage', () => {
  expect(buttonsOf(renderCard(stateOf('waiting for the first stage'), bundle, 'another-channel'))).toEqual([])
})

test('buttons to narrow are on a card with something to narrow, without a login that they cannot have', () => {
  expect(buttonsOf(cardOf('narrowed'))).toEqual(['approve', 'narrow', 'deny', 'more'])
  const least = cardOf('waiting for the first stage', { lifetime: 60, uses: 1 })
  expect(buttonsOf(least)).toEqual(['approve', 'deny', 'more'])
  expect(buttonsOf(cardOf('waiting for a stronger login, one of two'))).toEqual(['approve', 'deny', 'more'])
})

test('buttons that need a reason open a form for it, once', () => {
  const wanting = wantingReasons(bundle)
  const state = stateOf('waiting for the first stage')
  const stages = state.stages.map((stage) => ({ ...stage, terms: { ...stage.terms, comment: 'required' as const } }))
  const { blocks } = renderCard({ ...state, stages } as ApprovalRequest, wanting, channel)
  const row = blocks.find(({ type }) => type === 'actions')
  expect(row?.['block_id']).toBe('decide:comment')
  expect(labelsOf(row)).toEqual(['Approve', 'Narrow', 'Deny'])
  expect(choicesOf(row)).not.toContain('Approve with a comment')
})

test('buttons of a tier that asks for the name of the resource open the form for it', () => {
  const state = stateOf('waiting for the first stage')
  const stages = state.stages.map((stage) => ({ ...stage, terms: { ...stage.terms, typeTheName: true as const } }))
  const { blocks } = renderCard({ ...state, stages } as ApprovalRequest, bundle, channel)
  const row = blocks.find(({ type }) => type === 'actions')
  expect(row?.['block_id']).toBe('decide:comment')
  expect(labelsOf(row)).toEqual(['Approve', 'Narrow', 'Deny'])
  expect(JSON.stringify(blocks)).toContain('the name of the resource, typed')
})

test('buttons of a stage with a stronger login lead to the page, and Deny stays', () => {
  const { ask } = stateOf('waiting for a stronger login, one of two')
  const { blocks } = renderCard(stateOf('waiting for a stronger login, one of two'), bundle, channel, { page })
  const row = blocks.find(({ type }) => type === 'actions')
  expect(row).toMatchObject({
    block_id: 'decide:login',
    elements: [
      { action_id: 'approve', url: `https://hotwork.example/decide/${ask.id}` },
      { action_id: 'deny' },
      { type: 'overflow' },
    ],
  })
  expect(complaintsOf({ text: 'x', blocks })).toEqual([])
})

test('buttons of a card that is too long lead to the page, and Approve is left out', () => {
  const state = stateOf('waiting for the first stage')
  const args = { Name: '/prod/checkout/x', Value: 'v'.repeat(4_096) }
  const card = renderCard({ ...state, ask: { ...state.ask, arguments: args } }, bundle, channel, { page })
  const row = card.blocks.find(({ type }) => type === 'actions')
  const link = { action_id: 'read', url: page(state.ask.id) }
  expect(row).toMatchObject({ elements: [link, { action_id: 'deny' }, { action_id: 'more' }] })
  expect(complaintsOf(card)).toEqual([])
})

test('buttons carry the request, the round and the digest, and nothing else', () => {
  const { ask, round } = stateOf('waiting for the first stage')
  const { blocks } = cardOf('waiting for the first stage')
  const row = blocks.find(({ type }) => type === 'actions')
  const seen = { r: ask.id, n: round, d: ask.digest.slice(0, 16) }
  for (const { type, value } of (row?.['elements'] ?? []) as readonly JsonObject[])
    if (type === 'button') expect(JSON.parse(String(value))).toEqual(seen)
  for (const act of ['approve_comment', 'deny_words', 'revise', 'ask_agent', 'ask_colleague'])
    expect(JSON.stringify(row)).toContain(`"${[act, ...Object.values(seen)].join(' ')}"`)
})

test('the menu behind the buttons has what is chosen less often, and a card with a page has a link to it', () => {
  const { blocks } = renderCard(stateOf('waiting for the first stage'), bundle, channel, { page })
  const row = blocks.find(({ type }) => type === 'actions')
  expect(labelsOf(row)).toEqual(['Approve', 'Narrow', 'Deny', 'Open page'])
  const writing = ['Deny with words', 'Say what to change', 'Ask the agent', 'Ask a colleague']
  expect(choicesOf(row)).toEqual(['Approve with a comment', ...writing])
  const login = cardOf('waiting for a stronger login, one of two').blocks.find(({ type }) => type === 'actions')
  expect(choicesOf(login)).toEqual(writing)
})

test('a button to approve asks for confirmation, with the consequences', () => {
  const { blocks } = cardOf('waiting for the first stage')
  const [approve] = (blocks.find(({ type }) => type === 'actions')?.['elements'] ?? []) as readonly JsonObject[]
  const asked = wordsOf([approve?.['confirm']])
  expect(asked).toContain('Set the parameter “/prod/checkout/payment-timeout-ms” to “3000”')
  expect(asked).toContain('In prod, on arn:aws:ssm')
})

test.each([
  ['a resource', { resource: { type: 'x', id: 'r'.repeat(2_048) } }],
  ['what the credential leaves open', { unpinned: Array.from({ length: 9 }, (_, n) => `member ${n}`) }],
])('Approve is left out if %s is not shown in full', (_what, changes) => {
  expect(
    buttonsOf(cardOf('waiting for the first stage', { ...changes, arguments: { Value: 'v'.repeat(1_900) } })),
  ).toEqual(['deny', 'more'])
})

test('Approve is left out if an argument is not shown in full, and Deny stays', () => {
  const card = cardOf('waiting for the first stage', {
    arguments: { Name: '/prod/checkout/x', Value: 'v'.repeat(4_096) },
  })
  expect(buttonsOf(card)).toEqual(['deny', 'more'])
  expect(said(card)).toMatch(/…\+\d+ characters/)
  expect(said(card)).toContain('cannot be approved here')
})

test('Approve and Deny are there as long as everything is shown', () => {
  const card = cardOf('waiting for the first stage', {
    arguments: { Name: '/prod/checkout/x', Value: 'v'.repeat(2_000) },
  })
  expect(buttonsOf(card)).toEqual(['approve', 'narrow', 'deny', 'more'])
  expect(said(card)).toContain('v'.repeat(2_000))
})

test.each([
  ['It is safe.', '“It is safe.” sre'],
  ['Is it safe?', '“Is it safe?” sre'],
  ['it is safe', '“it is safe” sre'],
])('a comment %j is followed by no full stop of ours', (comment, ends) => {
  const state = stateOf('narrowed')
  const stages = state.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map((decision) => ({ ...decision, comment })),
  }))
  expect(said(renderCard({ ...state, stages } as ApprovalRequest, bundle, channel)).replace(/\s+/g, ' ')).toContain(
    ends,
  )
})

const noted = [
  ['mixes alphabets that look alike', '/prod/сheckout'],
  ['has characters that pass for others', '/ｐｒｏｄ/checkout'],
  ['has digits that are not 0 to 9', '/prod/১'],
]
test.each(noted)('lookalike letters are noted after an argument and a resource: %s', (note, text) => {
  const changes = { arguments: { Name: text }, resource: { type: 'x', id: text } }
  const { blocks } = cardOf('waiting for the first stage', changes)
  const action = wordsOf(blocks.filter(({ block_id }) => block_id === 'action'))
  expect(action.split(`   ← ${note}`)).toHaveLength(3)
  const honest = { arguments: { Name: '/prod/x' }, resource: { type: 'x', id: '/prod/x' } }
  expect(said(cardOf('waiting for the first stage', honest))).not.toContain('←')
})

test.each(noted)("lookalike letters are noted after the agent's purpose and task: %s", (note, text) => {
  const { blocks } = cardOf('waiting for the first stage', { purpose: text, parentTask: { id: text } })
  const claim = wordsOf(blocks.filter(({ block_id }) => block_id === 'claim-all'))
  expect(claim.split(`   ← ${note}`)).toHaveLength(3)
})

const claims = ['claim', 'claim-all']

test('the agent’s own words stand apart, and are called unverified', () => {
  const { blocks } = cardOf('waiting for the first stage')
  const [first, rest] = claims.map((id) => wordsOf(blocks.filter(({ block_id }) => block_id === id)))
  expect(first).toMatch(/^The agent says \(unverified\): \s*“checkout fails its health check.*before”$/)
  expect(rest).toMatch(/^The agent says \(unverified\) Task: \s*INC-1042\s+Purpose: \s*remediation$/)
})

test('a long justification begins before the buttons, and stands whole behind them', () => {
  const { blocks } = cardOf('waiting for the first stage', { justification: 'w'.repeat(400) })
  const at = blocks.findIndex(({ type }) => type === 'divider')
  expect(said({ text: '', blocks: blocks.slice(0, at) })).toMatch(/“w{130}…\+270 characters”/)
  expect(said({ text: '', blocks: blocks.slice(at) })).toContain('w'.repeat(400))
})

test("task, purpose, justification and evidence stand under the agent's heading alone", () => {
  const evidence = evidenceOf([{ title: 'pqr-title', url: 'pqr-url', text: 'pqr-text' }])
  const words = { purpose: 'pqr-purpose', parentTask: { id: 'pqr-task' }, justification: 'pqr-because', evidence }
  const { blocks } = cardOf('waiting for the first stage', words)
  for (const { block_id, ...block } of blocks)
    expect(wordsOf([block]).includes('pqr-')).toBe(claims.includes(String(block_id)))
})

test('an item of evidence has its title, its whole host and what is not pinned on the card, and its text on the page', () => {
  const url = `https://graphs.example.com/${'a'.repeat(480)}`
  const evidence = evidenceOf([
    { title: 'p99', url },
    { title: 'errors', text: 'secret words', media_type: 'text/markdown' },
  ])
  const { blocks } = cardOf('waiting for the first stage', { evidence })
  const claim = wordsOf(blocks.filter(({ block_id }) => block_id === 'claim-all'))
  expect(claim).toMatch(
    /Evidence: \s*“p99”, at https:\/\/graphs\.example\.com\/a+…\+\d+ characters, whose content may change after you decide/,
  )
  expect(claim).toMatch(/Evidence: \s*“errors”, a text \(text\/markdown\)/)
  expect(JSON.stringify(blocks)).not.toContain('secret words')
  expect(JSON.stringify(blocks)).not.toContain('"type":"link"')
})

test.each(corpus.map((text) => [text]))('the justification %j changes only its own quotation', (text) => {
  const honest = cardOf('waiting for the first stage', { justification: 'because' })
  const card = cardOf('waiting for the first stage', { justification: text })
  const others = ({ blocks }: SlackCard) => blocks.filter(({ block_id }) => !claims.includes(String(block_id)))
  expect(others(card)).toEqual(others(honest))
  expect(card.text).toBe(honest.text)
  expect(complaintsOf(card)).toEqual([])
})

test('the agent’s own words are left out of the notification', () => {
  const { ask } = stateOf('waiting for the first stage')
  const changes = { arguments: { Name: '<!channel>' }, purpose: '<!here>', parentTask: { id: '<!everyone>' } }
  expect(cardOf('waiting for the first stage', changes).text).toBe(
    `Waiting for owner: 0 of 1 approved, then sre. ssm:PutParameter in prod, tier 2. ${ask.id} ${ask.digest.slice(0, 24)}`,
  )
})

const preview = (changes: Partial<Matched> = {}): ApprovalRequest => {
  const state = stateOf('previewed')
  return { ...state, preview: { ...previewOf(state), ...changes } }
}
/** All that is said of a preview: the exact action, how it is now, and the reading. */
const block = (state: ApprovalRequest, ...ids: string[]): string =>
  wordsOf(
    renderCard(state, bundle, channel).blocks.filter(({ block_id }) =>
      (ids.length === 0 ? ['action', 'state', 'preview'] : ids).includes(String(block_id)),
    ),
  ).replaceAll(/[ \n]+/g, ' ')

test('a preview stands in the line of its argument, changed ones first', () => {
  expect(block(preview(), 'action')).toBe(
    'ssm:PutParameter on arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/payment-timeout-ms Value = "1800" → "3000" Name = "/prod/checkout/payment-timeout-ms" Overwrite = true',
  )
  expect(block(stateOf('previewed'), 'preview')).toMatch(/^The present value was read at /)
})

test('a change set has its numbers and at most 20 lines before the buttons, removals first', () => {
  const many = Array.from({ length: 30 }, (_, at) => ({
    action: 'add' as const,
    type: 'AWS::SNS::Topic',
    id: `T${at}`,
  }))
  const card = (rows = someRows) => renderCard(asChangeSet(stateOf('previewed'), rows), bundle, channel)
  expect(block(asChangeSet(stateOf('previewed')), 'changes')).toMatch(
    /^2 removed, 1 replaced, 2 changed, 1 added \. 2 of them hold data, which is lost\. 2 of its parts are not pinned\. !! removed Orders \(AWS::DynamoDB::Table\): holds data changed Network/,
  )
  const text = block(asChangeSet(stateOf('previewed'), [...someRows.slice(0, 1), ...many]), 'changes')
  expect([text.match(/added T\d+/g)?.length, text.includes('and 12 more, on its page')]).toEqual([18, true])
  expect(text).toContain('This wall is a courtesy')
  expect(buttonsOf(card([...someRows.slice(0, 1), ...many]))).toContain('approve')
})

test('a change set with more removals than a card has lines is decided on its page', () => {
  const rows = Array.from({ length: 30 }, (_, at) => ({
    action: 'remove' as const,
    type: 'AWS::SNS::Topic',
    id: `T${at}`,
  }))
  const card = renderCard(asChangeSet(stateOf('previewed'), rows), bundle, channel)
  expect(buttonsOf(card)).not.toContain('approve')
  expect(block(asChangeSet(stateOf('previewed'), rows), 'changes')).toContain('and 11 more, on its page')
})

test("a preview's unchanged values share one line behind the buttons, without the values", () => {
  const both = { before: { Value: '1800', Type: 'String' }, after: { Value: '3000', Type: 'String' } }
  expect(block(preview(both), 'preview')).toMatch(/^The present value was read at .* Stays as it is: Type\.$/)
})

test('facts about what is reached stand before the buttons, and an unread one is unknown', () => {
  const reach = [{ label: 'running tasks', value: 24 }, { label: 'task set', value: 'unknown' }, { label: 'alarms' }]
  const said = 'running tasks: 24 · task set: "unknown" · alarms: unknown'
  expect(block(preview({ reach }), 'state')).toBe(said)
  const failed = { outcome: 'failed', why: 'denied', observedAt: 0, reach } as const
  expect(block({ ...stateOf('previewed'), preview: failed }, 'state')).toContain(said)
})

test('facts without a preview stand before the buttons, and their time and the missing preview behind them', () => {
  const reach = [{ label: 'running tasks', value: 24 }, { label: 'alarms' }]
  const alone = { ...stateOf('previewed'), preview: { outcome: 'none', observedAt: 0, reach } as const }
  expect(block(alone, 'state')).toBe('running tasks: 24 · alarms: unknown')
  expect(block(alone, 'preview')).toMatch(
    /^The present state is not shown: Hotwork has no preview of this action\. Facts about what it touches were read at /,
  )
  expect(buttonsOf(renderCard(alone, bundle, channel))).toContain('approve')
})

test('a preview calls a new resource new, and an unchanged one unchanged, before the buttons', () => {
  expect(block(preview({ before: {} }), 'action')).toContain('Value = "3000"')
  expect(block(preview({ before: {} }), 'state')).toBe('It does not exist yet : this creates it. ')
  const same = preview({ before: { Value: '3000' } })
  expect(block(same, 'state')).toBe('It is so already : nothing that is shown changes. ')
  expect(block(same, 'preview')).toContain('Stays as it is: Value.')
})

test('a preview marks a masked value, and names the gap only if AWS cannot check the state', () => {
  expect(block(preview({ masked: ['Value'] }))).toContain('Value "1800" → "3000" (masked) Name = ')
  const { gap: _, ...checked } = previewOf(stateOf('previewed'))
  const named = /AWS cannot check it at the call/
  expect(block(preview())).toMatch(named)
  expect(block({ ...stateOf('previewed'), preview: checked })).not.toMatch(named)
})

test('a preview tells of a hidden value only whether it stays', () => {
  const read = (Value: string) => maskPair({ before: { Value: 'one' }, after: { Value } }, 'part', 100)
  const hide = (before: string, after: string) => maskPair({ before, after }, 'compared', 100)
  const said = ({ before = '', after }: { before?: Json; after: Json }) =>
    block(preview({ before: { Value: before }, after: { Value: after }, masked: ['Value'] }))
  expect(said(hide('one', 'two'))).toContain('Value hidden → hidden, another value (masked) Name = ')
  expect(said(hide('one', 'one'))).toMatch(/It is so already .* Stays as it is: Value\./)
  expect(said(read('two'))).toContain('{"Value":"(3 characters), another value"} (masked)')
  expect(said(read('one'))).toMatch(/It is so already .* Stays as it is: Value\./)
})

test("a preview quotes an agent's value that reads like Hotwork's words, even beside a cut value", () => {
  for (const after of ['hidden', 'hidden, as before', 'hidden, another value']) {
    const pair = maskPair({ before: 'x'.repeat(99), after }, 'whole', 40)
    const shown = block(
      preview({ before: { Value: pair.before ?? '' }, after: { Value: pair.after }, masked: ['Value'] }),
    )
    expect(shown).toContain(`→ "${after}" (masked)`)
  }
})

test('a preview shows a long value around its differences, and the card can still be decided on', () => {
  const [before, after] = [1800, 3000].map((timeout) => `${'a'.repeat(900)} timeout=${timeout} ${'b'.repeat(900)}`)
  const state = preview({ before: { Value: before ?? '' }, after: { Value: after ?? '' } })
  expect(block(state)).toMatch(
    /…\+\d+ the same…a{15} timeout=1800 b+…\+\d+ the same… → …\+\d+ the same…a{15} timeout=3000 /,
  )
  expect(buttonsOf(renderCard(state, bundle, channel))).toContain('approve')
})

test('a preview too long for the card is decided on the page', () => {
  const state = preview({ before: { Value: 'a'.repeat(5_000) }, after: { Value: 'b'.repeat(5_000) } })
  expect(block(state)).toMatch(/…\+\d+ characters/)
  expect(buttonsOf(renderCard(state, bundle, channel))).toEqual(['deny', 'more'])
})

test('a failed preview is one line with the reason before the buttons, and a missing one a line behind them', () => {
  expect(block(stateOf('previewed in vain'), 'state')).toMatch(
    /^Hotwork could not read the present state : it did not answer in time, at .* An approval holds for any state\.$/,
  )
  expect(block(stateOf('waiting for the first stage'), 'state', 'preview')).toBe(
    'The present state is not shown: Hotwork has no preview of this action.',
  )
})

test('a round after a changed state says when, after which approvals, and from what to what', () => {
  const state = stateOf('changed after an approval')
  expect(said(renderCard(state, bundle, channel))).toContain(
    'Waiting for owner: 0 of 1 approved, then sre, the resource changed',
  )
  expect(block(state, 'changed').replaceAll(/ +([,:.])/g, '$1')).toMatch(
    /^Changed since it was asked The resource changed, seen at .*, after Ben Baker \(person:ben\) approved: Value "1800" → "2000"\. Decide again\.$/,
  )
  const denied = { ...state, status: 'denied', deniedAt: state.updatedAt, deniedBy: 'person:eve' } as ApprovalRequest
  expect(block(denied, 'changed')).not.toContain('Decide again')
})

test('a changed state without a change of shown values is told too', () => {
  const state = drifted(preview(), '1800')
  expect(block(state, 'changed')).toContain('in none of the values that are shown here')
})

test('a card of any request and any text is accepted by Slack, with its digest and Deny', () => {
  const text = fc.oneof(fc.string({ unit: anyCharacter, maxLength: 3_000 }), fc.constantFrom(...corpus))
  const long = fc.nat(4_000).map((length) => '"\u202e💣\\'.repeat(length / 4))
  fc.assert(
    fc.property(
      fc.record({
        justification: fc.oneof(text, long),
        purpose: text,
        arguments: fc.dictionary(fc.string({ minLength: 1, maxLength: 40 }), fc.oneof(text, long, fc.jsonValue()), {
          maxKeys: 12,
        }),
        resource: fc.record({ type: fc.constant('x'), id: fc.oneof(text, long).filter((id) => id !== '') }),
        unpinned: fc.array(
          text.filter((line) => line !== ''),
          { maxLength: 20 },
        ),
        parentTask: fc.record({ id: text }),
        evidence: fc
          .array(fc.record({ title: fc.oneof(text, long), url: fc.oneof(text, long), text }), { maxLength: 5 })
          .map((all) => all.map((each) => ({ ...each, title: each.title.slice(0, 256), url: each.url.slice(0, 512) }))),
        before: fc.dictionary(fc.string({ minLength: 1, maxLength: 40 }), fc.oneof(text, long, fc.jsonValue()), {
          maxKeys: 12,
        }),
      }),
      ({ resource, parentTask, before, ...changes }) => {
        const read = {
          ...previewOf(stateOf('previewed')),
          before: before as JsonObject,
          after: changes.arguments as JsonObject,
        }
        const card = cardOf(
          'previewed',
          {
            ...changes,
            parentTask: { id: parentTask.id.slice(0, 256) },
            resource: { type: resource.type, id: resource.id.slice(0, 2_048) },
          } as Partial<ApprovalRequest['ask']>,
          read,
        )
        expect(complaintsOf(card)).toEqual([])
        expect(checkMessageBlocks(card.blocks)).toMatchObject({ ok: true })
        expect(said(card)).toContain(stateOf('previewed').ask.digest.slice(0, 24))
        expect(buttonsOf(card)).toContain('deny')
        // Approve is on the card only if everything is readable, to the last character.
        if (buttonsOf(card).includes('approve'))
          for (const value of Object.values(changes.arguments)) expect(said(card)).toContain(exact(value))
      },
    ),
    { numRuns: cases(50, 1_500) },
  )
})

test.each([
  [45, '45 s'],
  [900, '15 min'],
  [5_400, '1 h 30 min'],
  [90_000, '1 d 1 h'],
])('%d seconds are %s', (seconds, words) => expect(duration(seconds)).toBe(words))
