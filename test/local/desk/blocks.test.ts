import { checkMessageBlocks, checkView } from '../../../local/desk/blocks.ts'

const plain = (text: string) => ({ type: 'plain_text', text })
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text })
const x = (length: number) => 'x'.repeat(length)
const times = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index))
const button = (change: object = {}) => ({ type: 'button', action_id: 'a', text: plain('Go'), ...change })
const actions = (...elements: object[]) => ({ type: 'actions', elements })
const header = (length: number) => ({ type: 'header', text: plain(x(length)) })
const context = (count: number, length = 1) => ({ type: 'context', elements: times(count, () => plain(x(length))) })
const buttons = (count: number) => actions(...times(count, (index) => button({ action_id: `a${index}` })))
const confirm = (title: number, text: number, yes: number) => ({
  title: plain(x(title)),
  text: plain(x(text)),
  confirm: plain(x(yes)),
  deny: plain('No'),
})
const select = (count: number) =>
  actions({
    type: 'static_select',
    action_id: 'a',
    options: times(count, (index) => ({ text: plain('o'), value: `${index}` })),
  })
const dots = (count: number) =>
  actions({ type: 'overflow', action_id: 'a', options: times(count, (at) => ({ text: plain('o'), value: `${at}` })) })
const rich = (...elements: object[]) => ({ type: 'rich_text', elements })
const divider = () => ({ type: 'divider' })
const confirmation = '/blocks/0/elements/0/confirm'

/** The sentence of the first mistake, or `undefined` for valid blocks. */
function mistakeIn(blocks: unknown): string | undefined {
  const checked = checkMessageBlocks(blocks)
  return checked.ok ? undefined : checked.refusal.messages[0]
}

const limitOf = (change: (length: number) => object, most: number): [at: unknown[], over: unknown[]] => [
  [change(most)],
  [change(most + 1)],
]
const ofButton = (change: (length: number) => object, most: number) =>
  limitOf((length) => actions(button(change(length))), most)

test.each<[limit: string, limits: [at: unknown[], over: unknown[]], pointer: string]>([
  ['50 blocks', [times(50, divider), times(51, divider)], '/blocks'],
  ['a header of 150 characters', limitOf(header, 150), '/blocks/0/text/text'],
  ['a context text of 3,000', limitOf((n) => context(1, n), 3_000), '/blocks/0/elements/0/text'],
  ['10 context elements', limitOf(context, 10), '/blocks/0/elements'],
  ['25 actions', limitOf(buttons, 25), '/blocks/0/elements'],
  ['5 choices behind dots', limitOf(dots, 5), '/blocks/0/elements/0/options'],
  ['a button text of 75', ofButton((n) => ({ text: plain(x(n)) }), 75), '/blocks/0/elements/0/text/text'],
  ['a button value of 2,000', ofButton((n) => ({ value: x(n) }), 2_000), '/blocks/0/elements/0/value'],
  ['a button URL of 3,000', ofButton((n) => ({ url: `https:${x(n - 6)}` }), 3_000), '/blocks/0/elements/0/url'],
  ['an action id of 255', ofButton((n) => ({ action_id: x(n) }), 255), '/blocks/0/elements/0/action_id'],
  ['a block id of 255', limitOf((n) => ({ ...divider(), block_id: x(n) }), 255), '/blocks/0/block_id'],
  ['a confirm title of 100', ofButton((n) => ({ confirm: confirm(n, 1, 1) }), 100), `${confirmation}/title/text`],
  ['a confirm text of 300', ofButton((n) => ({ confirm: confirm(1, n, 1) }), 300), `${confirmation}/text/text`],
  ['a confirm button of 30', ofButton((n) => ({ confirm: confirm(1, 1, n) }), 30), `${confirmation}/confirm/text`],
  ['100 options', limitOf(select, 100), '/blocks/0/elements/0/options'],
])('%s is valid, and one more is refused where it stands', (_limit, [at, over], pointer) => {
  expect(mistakeIn(at)).toBeUndefined()
  expect(mistakeIn(over)).toContain(`[json-pointer:${pointer}]`)
})

test.each<[mistake: string, blocks: unknown]>([
  ['must be an array of blocks', { type: 'divider' }],
  ['unsupported type', [{ type: 'sektion' }]],
  ['expected object, received null', [null]],
  ['invalid additional property: colour', [{ type: 'divider', colour: 'red' }]],
  ['must be plain_text', [{ type: 'header', text: mrkdwn('x') }]],
  ['must be plain_text', [actions(button({ text: mrkdwn('x') }))]],
  ['must be more than 0 characters', [context(1, 0)]],
  ['unsupported type', [{ type: 'section', text: mrkdwn('x') }]],
  [
    'must be more than 0 characters',
    [rich({ type: 'rich_text_preformatted', elements: [{ type: 'text', text: '' }] })],
  ],
  ['unsupported type', [rich({ type: 'rich_text_preformatted', elements: [{ type: 'user', user_id: 'U0' }] })]],
  ['duplicate block_id: b', times(2, () => ({ type: 'divider', block_id: 'b' }))],
  ['duplicate action_id: a', [actions(button(), button())]],
])('blocks are refused: %s (row %#)', (mistake, blocks) => {
  expect(mistakeIn(blocks)).toContain(mistake)
})

test('blocks of more than 13,200 characters in all are too long', () => {
  const refused = checkMessageBlocks(times(5, () => context(1, 3_000)))
  expect(refused).toMatchObject({ ok: false, refusal: { error: 'msg_blocks_too_long' } })
  expect(checkMessageBlocks(times(4, () => context(1, 3_000)))).toMatchObject({ ok: true })
})

test('missing ids are filled in, each a new one, and given ones stay', () => {
  const checked = checkMessageBlocks([
    actions(button()),
    actions({ ...button(), action_id: undefined }),
    { type: 'divider' },
  ])
  if (!checked.ok) throw new Error(checked.refusal.messages.join())
  const [first, second] = checked.value as { elements: { action_id: string }[] }[]
  expect(first?.elements[0]?.action_id).toBe('a')
  expect(second?.elements[0]?.action_id).toMatch(/^\S{5}$/)
  expect(new Set(checked.value.map(({ block_id }) => block_id)).size).toBe(3)
})

const ask = { type: 'input', label: plain('Why'), element: { type: 'plain_text_input', action_id: 'w' } }
const view = (change: object = {}) => ({
  type: 'modal',
  title: plain('Deny'),
  submit: plain('Send'),
  blocks: [ask],
  ...change,
})

test.each<[mistake: string, view: unknown]>([
  ['a modal with input blocks needs submit', view({ submit: undefined })],
  ['must be less than 25 characters', view({ title: plain(x(25)) })],
  ['must be less than 3001 characters', view({ private_metadata: x(3_001) })],
  ['no more than 100 items allowed', view({ blocks: times(101, divider) })],
  ['must be a modal here', { type: 'home', blocks: [] }],
])('a modal is refused: %s', (mistake, modal) => {
  const checked = checkView(modal, 'modal')
  expect(checked).toMatchObject({ ok: false, refusal: { messages: [expect.stringContaining(mistake)] } })
})

test('a modal at its limits is valid', () => {
  const limits = view({ title: plain(x(24)), private_metadata: x(3_000), blocks: times(100, divider) })
  expect(checkView(limits, 'modal')).toMatchObject({ ok: true })
})
