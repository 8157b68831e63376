import { randomBytes } from 'node:crypto'
import * as z from 'zod'

/** A JSON object with unchecked members. */
export type Json = { [member: string]: unknown }

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads members of validated blocks. */
export const objectOf = (value: unknown): Json => (isObject(value) ? value : {})

export const objectsOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

// Slack's limits, from its documentation and separate from the app's own validator, so that each finds the other's
// mistakes. https://docs.slack.dev/reference/block-kit/blocks

const atMost = (max: number) => z.string().max(max, `must be less than ${max + 1} characters`)
const string = (max: number) => atMost(max).min(1, 'must be more than 0 characters')
const items = <T extends z.ZodType>(item: T, min: number, max: number) =>
  z.array(item).min(min, `no fewer than ${min} items allowed`).max(max, `no more than ${max} items allowed`)

/** Strict, since Slack refuses unknown members. */
const typed = <T extends string, R extends z.ZodRawShape, O extends z.ZodRawShape>(type: T, required: R, optional: O) =>
  z.strictObject({ type: z.literal(type, `must be ${type}`), ...required, ...z.object(optional).partial().shape })
const either = <T extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]]>(...kinds: T) =>
  z.discriminatedUnion('type', kinds)

const flag = z.boolean()
const plain = (max: number) => typed('plain_text', { text: string(max) }, { emoji: flag })

const url = string(3_000).regex(/^[a-z][a-z0-9+.-]*:/i, 'must be a URL')
const colour = z.enum(['primary', 'danger'])
const confirm = z.strictObject({
  title: plain(100),
  text: plain(300),
  confirm: plain(30),
  deny: plain(30),
  style: colour.optional(),
})
const option = z.strictObject({ text: plain(75), value: string(150), description: plain(75).optional() })
const named = { action_id: string(255) }
const actionable = { ...named, confirm }
const focus = { focus_on_load: flag }
const input = { ...focus, placeholder: plain(150) }

const button = typed(
  'button',
  { text: plain(75) },
  { ...actionable, url, value: string(2_000), style: colour, accessibility_label: string(75) },
)
const selectOptions = { options: items(option, 1, 100) }
const staticSelect = typed('static_select', selectOptions, { ...actionable, ...input, initial_option: option })
const overflow = typed('overflow', { options: items(option, 1, 5) }, actionable)
const choices = items(option, 1, 10)
const radioButtons = typed('radio_buttons', { options: choices }, { ...actionable, ...focus, initial_option: option })
const checkboxes = typed('checkboxes', { options: choices }, { ...actionable, ...focus, initial_options: choices })
const tenDigits = z.int().min(1_000_000_000, 'must be ten digits').max(9_999_999_999)
const datetimepicker = typed('datetimepicker', {}, { ...actionable, ...focus, initial_date_time: tenDigits })
const inputLength = z.int().min(0).max(3_000)
const plainTextInput = typed(
  'plain_text_input',
  {},
  {
    ...named,
    ...input,
    initial_value: atMost(3_000),
    multiline: flag,
    min_length: inputLength,
    max_length: inputLength,
  },
)
const number = { initial_value: z.string(), min_value: z.string(), max_value: z.string() }
const numberInput = typed('number_input', { is_decimal_allowed: flag }, { ...named, ...input, ...number })

const style = z.strictObject({ bold: flag, italic: flag, code: flag }).partial()
const richText = typed('text', { text: z.string().min(1, 'must be more than 0 characters') }, { style })
const richUser = typed('user', { user_id: string(255) }, { style })
const richDate = typed('date', { timestamp: z.int(), format: string(255) }, { fallback: z.string(), style })
const richLeaves = { elements: z.array(either(richText, richUser, richDate)) }
const richSection = typed('rich_text_section', richLeaves, {})
const listStyle = z.enum(['bullet', 'ordered'])
const richList = typed('rich_text_list', { style: listStyle, elements: z.array(richSection) }, {})
const richPreformatted = typed('rich_text_preformatted', { elements: z.array(either(richText)) }, {})
const richQuote = typed('rich_text_quote', richLeaves, {})

const clickable = either(button, overflow, staticSelect, radioButtons, checkboxes)
const block_id = string(255)

/** The blocks that Hotwork sends. Their text is plain, without markup. */
const Block = either(
  typed('header', { text: plain(150) }, { block_id, level: z.int().min(1).max(4) }),
  typed('divider', {}, { block_id }),
  typed('context', { elements: items(plain(3_000), 1, 10) }, { block_id }),
  typed('actions', { elements: items(clickable, 1, 25) }, { block_id }),
  typed(
    'input',
    {
      label: plain(2_000),
      element: either(plainTextInput, numberInput, staticSelect, radioButtons, checkboxes, datetimepicker),
    },
    { block_id, hint: plain(2_000), optional: flag, dispatch_action: flag },
  ),
  typed('rich_text', { elements: z.array(either(richSection, richList, richPreformatted, richQuote)) }, { block_id }),
)

const frame = { private_metadata: atMost(3_000), callback_id: atMost(255) }
const modal = { submit: plain(24), close: plain(24) }

/** A view without its blocks. https://docs.slack.dev/reference/views */
const ViewFrame = either(
  typed('modal', { title: plain(24), blocks: z.array(z.unknown()) }, { ...frame, ...modal }),
  typed('home', { blocks: z.array(z.unknown()) }, frame),
)

/** The longest message in characters of blocks. Slack documents no total, but refuses more (bolt-js issue 2509). */
const largestMessage = 13_200
const mostMessageBlocks = 50
const mostViewBlocks = 100

/** A refusal in Slack's `error` and `response_metadata.messages`. */
interface BlockRefusal {
  error: 'invalid_blocks' | 'invalid_blocks_format' | 'msg_blocks_too_long' | 'invalid_arguments'
  messages: string[]
}

export type Checked<T> = { ok: true; value: T } | { ok: false; refusal: BlockRefusal }

const refuse = (error: BlockRefusal['error'], ...messages: string[]) =>
  ({ ok: false, refusal: { error, messages } }) as const

const complaint = (message: string, path: string) => `[ERROR] ${message} [json-pointer:${path}]`

function complaintOf(issue: z.core.$ZodIssue, at: string): string {
  const path = [at, ...issue.path].join('/')
  if (issue.code === 'unrecognized_keys')
    return complaint(`invalid additional property: ${issue.keys.join(', ')}`, path)
  return complaint(issue.code === 'invalid_union' ? 'unsupported type' : issue.message, path)
}

export function actionablesOf(block: Json): Json[] {
  return block['type'] === 'actions' ? objectsOf(block['elements']) : [block['element']].filter(isObject)
}

/** The elements that a person fills in. */
export const inputsOf = (block: Json): Json[] =>
  actionablesOf(block).filter(({ type }) => type !== 'button' && type !== 'overflow')

const repeated = (ids: string[]) => ids.filter((id, index) => id !== '' && ids.indexOf(id) < index)

function duplicateComplaints(blocks: readonly Json[], at: string): string[] {
  const blockIds = repeated(blocks.map((block) => textOf(block['block_id'])))
  const complaints = blockIds.map((id) => complaint(`duplicate block_id: ${id}`, at))
  for (const [index, block] of blocks.entries()) {
    const actionIds = repeated(actionablesOf(block).map((element) => textOf(element['action_id'])))
    complaints.push(...actionIds.map((id) => complaint(`duplicate action_id: ${id}`, `${at}/${index}`)))
  }
  return complaints
}

const newId = () => randomBytes(4).toString('base64url').slice(0, 5)

/** Fills in missing ids, as Slack does. */
function withIds(block: Json): Json {
  const copy = structuredClone(block)
  copy['block_id'] ??= newId()
  for (const element of actionablesOf(copy)) element['action_id'] ??= newId()
  return copy
}

function checkEach(blocks: unknown[], at: string): Checked<Json[]> {
  const wrong = blocks.flatMap((block, index) =>
    (Block.safeParse(block).error?.issues ?? []).map((issue) => complaintOf(issue, `${at}/${index}`)),
  )
  const messages = [...wrong, ...duplicateComplaints(blocks.map(objectOf), at)]
  if (messages.length > 0) return refuse('invalid_blocks', ...messages)
  return { ok: true, value: objectsOf(blocks).map(withIds) }
}

/** Checks blocks as strictly as Slack does, and fills in missing ids. */
export function checkMessageBlocks(blocks: unknown): Checked<Json[]> {
  if (!Array.isArray(blocks)) return refuse('invalid_blocks_format', complaint('must be an array of blocks', '/blocks'))
  if (blocks.length > mostMessageBlocks)
    return refuse('invalid_blocks', complaint(`no more than ${mostMessageBlocks} items allowed`, '/blocks'))
  const checked = checkEach(blocks, '/blocks')
  const size = JSON.stringify(blocks).length
  if (!checked.ok || size <= largestMessage) return checked
  const tooLong = `${size} characters of blocks; Slack takes about ${largestMessage}`
  return refuse('msg_blocks_too_long', complaint(tooLong, '/blocks'))
}

export function checkView(view: unknown, type: 'modal' | 'home'): Checked<Json & { blocks: Json[] }> {
  const { data, error } = ViewFrame.safeParse(view)
  if (error) return refuse('invalid_arguments', ...error.issues.map((issue) => complaintOf(issue, '/view')))
  if (data.type !== type) return refuse('invalid_arguments', complaint(`must be a ${type} here`, '/view/type'))
  if (data.blocks.length > mostViewBlocks)
    return refuse('invalid_arguments', complaint(`no more than ${mostViewBlocks} items allowed`, '/view/blocks'))
  const blocks = checkEach(data.blocks, '/view/blocks')
  if (!blocks.ok) return refuse('invalid_arguments', ...blocks.refusal.messages)
  if (data.type === 'modal' && !data.submit && blocks.value.some((block) => block['type'] === 'input'))
    return refuse('invalid_arguments', complaint('a modal with input blocks needs submit', '/view/submit'))
  return { ok: true, value: { ...data, blocks: blocks.value } }
}
