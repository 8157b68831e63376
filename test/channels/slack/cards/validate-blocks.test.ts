import { complaintsOf } from '../../../../functions/channels/slack/cards/blocks.ts'
import { bareCard, degradeCard } from '../../../../functions/channels/slack/door.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { checkMessageBlocks } from '../../../../local/desk/blocks.ts'

const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) })
const words = (length: number) => ({ type: 'text', text: 'x'.repeat(length) })
const header = (length: number): JsonObject => ({ type: 'header', text: plain(length) })
const rich = (...elements: JsonObject[]): JsonObject => ({ type: 'rich_text', elements })
const section = (...elements: JsonObject[]): JsonObject => ({ type: 'rich_text_section', elements })
const button = (changes: JsonObject = {}): JsonObject => ({
  type: 'button',
  action_id: 'a',
  text: plain(1),
  ...changes,
})
const actions = (...elements: JsonObject[]): JsonObject => ({ type: 'actions', elements })
const confirm = (changes: JsonObject) => ({
  title: plain(1),
  text: plain(1),
  confirm: plain(1),
  deny: plain(1),
  ...changes,
})
const context = (...elements: JsonObject[]): JsonObject => ({ type: 'context', elements })
const buttons = (count: number, changes: JsonObject = {}) =>
  actions(...Array.from({ length: count }, (_, n) => button({ action_id: `a${n}`, ...changes })))

/** Each limit of Slack's, exactly reached and exceeded by one. */
const limits: readonly (readonly [what: string, at: JsonObject, beyond: JsonObject])[] = [
  ['a header of 150 characters', header(150), header(151)],
  ['a header of one character', header(1), header(0)],
  ['25 buttons', buttons(25), buttons(26)],
  ['one button', buttons(1), actions()],
  ['a button text of 75 characters', actions(button({ text: plain(75) })), actions(button({ text: plain(76) }))],
  [
    'a button value of 2,000 characters',
    actions(button({ value: 'x'.repeat(2_000) })),
    actions(button({ value: 'x'.repeat(2_001) })),
  ],
  [
    'an action id of 255 characters',
    actions(button({ action_id: 'x'.repeat(255) })),
    actions(button({ action_id: 'x'.repeat(256) })),
  ],
  [
    'a confirm title of 100 characters',
    actions(button({ confirm: confirm({ title: plain(100) }) })),
    actions(button({ confirm: confirm({ title: plain(101) }) })),
  ],
  [
    'a confirm text of 300 characters',
    actions(button({ confirm: confirm({ text: plain(300) }) })),
    actions(button({ confirm: confirm({ text: plain(301) }) })),
  ],
  [
    'a confirm button of 30 characters',
    actions(button({ confirm: confirm({ confirm: plain(30) }) })),
    actions(button({ confirm: confirm({ confirm: plain(31) }) })),
  ],
  ['10 elements of context', context(...Array(10).fill(plain(1))), context(...Array(11).fill(plain(1)))],
  [
    'a block id of 255 characters',
    { ...header(1), block_id: 'x'.repeat(255) },
    { ...header(1), block_id: 'x'.repeat(256) },
  ],
  ['text in a section', rich(section(words(1))), rich(section(words(0)))],
]

test.each(limits)('the limit of %s holds exactly, and the desk agrees', (_what, at, beyond) => {
  expect(complaintsOf({ text: 'x', blocks: [at] })).toEqual([])
  expect(complaintsOf({ text: 'x', blocks: [beyond] })).not.toEqual([])
  expect(checkMessageBlocks([at]).ok).toBe(true)
  expect(checkMessageBlocks([beyond]).ok).toBe(false)
})

test('the limit of 50 blocks holds exactly', () => {
  const many = (count: number) => ({ text: 'x', blocks: Array.from({ length: count }, () => header(1)) })
  expect(complaintsOf(many(50))).toEqual([])
  expect(complaintsOf(many(51))).toEqual(['blocks: at most 50, not 51'])
})

test('the limit of 9,800 bytes in all holds exactly, counted in bytes', () => {
  const sized = (bytes: number) => {
    const card = { text: '', blocks: [rich(section(...Array.from({ length: 3 }, () => words(2_000)))), header(1)] }
    const rest = bytes - Buffer.byteLength(JSON.stringify(card))
    return { ...card, text: 'é'.repeat(Math.floor(rest / 2)) + 'x'.repeat(rest % 2) }
  }
  expect(complaintsOf(sized(9_800))).toEqual([])
  expect(complaintsOf(sized(9_801))).toEqual(['card: at most 9800 bytes, not 9801'])
})

test.each<[string, JsonObject]>([
  ['markup', { type: 'section', text: { type: 'mrkdwn', text: '<!channel>' } }],
  ['markup in context', context({ type: 'mrkdwn', text: 'x' })],
  ['a link', rich(section({ type: 'link', url: 'https://evil.example' }))],
  ['a mention', rich(section({ type: 'user', user_id: 'U0ANA' }))],
  ['a broadcast', rich(section({ type: 'broadcast', range: 'channel' }))],
  ['a picture', { type: 'image', image_url: 'https://evil.example/x.png', alt_text: 'x' }],
  ['a button that leads elsewhere', actions(button({ url: 'https://evil.example' }))],
  [
    'a button that leads to a page like ours',
    actions(button({ url: `https://evil.example/decide/req_${'0'.repeat(26)}?x` })),
  ],
  ['a member that Slack does not know', { ...header(1), colour: 'red' }],
])('a card with %s is refused', (_what, block) => {
  expect(complaintsOf({ text: 'x', blocks: [block] })).not.toEqual([])
})

test('a duplicate id is found, and so is an empty card', () => {
  const twice = [{ ...header(1), block_id: 'b' }, { ...header(1), block_id: 'b' }, actions(button(), button())]
  expect(complaintsOf({ text: 'x', blocks: twice })).toEqual([
    'blocks: `block_id` `b` is there twice',
    'blocks: `action_id` `a` is there twice',
  ])
  expect(complaintsOf({ text: '', blocks: [] })).toHaveLength(2)
})

const decide = actions(button({ action_id: 'approve' }), button({ action_id: 'deny' }))
const card = {
  text: 'Waiting. req_1 sha-256:AAAA',
  blocks: [header(10), rich(section(words(9_800))), decide, context(plain(20))],
}

test('a degraded card keeps its status, its digest and Deny, and loses Approve', () => {
  const degraded = degradeCard(card)
  expect(degraded.complaints).not.toEqual([])
  expect(complaintsOf(degraded.card)).toEqual([])
  expect(degraded.card.text).toBe(card.text)
  const shown = JSON.stringify(degraded.card.blocks)
  expect(shown).toContain('"deny"')
  expect(shown).not.toContain('"approve"')
  expect(degraded.card.blocks[0]).toEqual(header(10))
  expect(degraded.card.blocks.at(-1)).toEqual(context(plain(20)))
})

test('a degraded card without a valid block still has its id and digest', () => {
  const bare = bareCard({ text: card.text, blocks: [{ type: 'nonsense' }] })
  expect(complaintsOf(bare)).toEqual([])
  expect(JSON.stringify(bare.blocks)).toContain('req_1 sha-256:AAAA')
})

test('a valid card is left as it is', () => {
  const good = { text: 'x', blocks: [header(1)] }
  expect(degradeCard(good)).toEqual({ card: good, complaints: [] })
})
