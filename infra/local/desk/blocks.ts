import { randomBytes } from 'node:crypto'
import * as z from 'zod'

/** A JSON object whose members have not been looked at yet. */
export type Json = { [member: string]: unknown }

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value as an object, or an empty one: for reading members of blocks that the validator has already accepted. */
export const objectOf = (value: unknown): Json => (isObject(value) ? value : {})

/** The objects in a list, or none. */
export const objectsOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])

/** The value when it is a string, else the empty string. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

// Slack's limits, written here from its documentation and on purpose not shared with the app's own validator, so that
// each finds the other's mistakes. https://docs.slack.dev/reference/block-kit/blocks

const string = (max: number) =>
  z
    .string('must be a string')
    .min(1, 'must be more than 0 characters')
    .max(max, `must be less than ${max + 1} characters`)

const plain = (max: number) =>
  z.strictObject({
    type: z.literal('plain_text', 'must be plain_text'),
    text: string(max),
    emoji: z.boolean().optional(),
  })
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: string(max), verbatim: z.boolean().optional() })
const text = (max: number) => z.discriminatedUnion('type', [plain(max), mrkdwn(max)])

const items = <T extends z.ZodType>(item: T, min: number, max: number) =>
  z.array(item).min(min, `no fewer than ${min} items allowed`).max(max, `no more than ${max} items allowed`)

const url = string(3_000).regex(/^[a-z][a-z0-9+.-]*:/i, 'must be a URL')
const confirm = z.strictObject({
  title: plain(100),
  text: text(300),
  confirm: plain(30),
  deny: plain(30),
  style: z.enum(['primary', 'danger']).optional(),
})
const option = z.strictObject({
  text: text(75),
  value: string(150),
  description: text(75).optional(),
  url: url.optional(),
})
const options = (max: number) => items(option, 1, max)
const actionable = { action_id: string(255).optional(), confirm: confirm.optional() }
const input = { placeholder: plain(150).optional(), focus_on_load: z.boolean().optional() }
const isoDate = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'must be YYYY-MM-DD')

const button = z.strictObject({
  type: z.literal('button'),
  ...actionable,
  text: plain(75),
  url: url.optional(),
  value: string(2_000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  accessibility_label: string(75).optional(),
})
const overflow = z.strictObject({ type: z.literal('overflow'), ...actionable, options: options(5) })
const staticSelect = z.strictObject({
  type: z.literal('static_select'),
  ...actionable,
  ...input,
  options: options(100),
  initial_option: option.optional(),
})
const usersSelect = z.strictObject({
  type: z.literal('users_select'),
  ...actionable,
  ...input,
  initial_user: string(255).optional(),
})
const radioButtons = z.strictObject({
  type: z.literal('radio_buttons'),
  ...actionable,
  options: options(10),
  initial_option: option.optional(),
  focus_on_load: z.boolean().optional(),
})
const checkboxes = z.strictObject({
  type: z.literal('checkboxes'),
  ...actionable,
  options: options(10),
  initial_options: options(10).optional(),
  focus_on_load: z.boolean().optional(),
})
const datepicker = z.strictObject({
  type: z.literal('datepicker'),
  ...actionable,
  ...input,
  initial_date: isoDate.optional(),
})
const datetimepicker = z.strictObject({
  type: z.literal('datetimepicker'),
  ...actionable,
  initial_date_time: z.int().min(1_000_000_000, 'must be ten digits').max(9_999_999_999).optional(),
  focus_on_load: z.boolean().optional(),
})
const plainTextInput = z.strictObject({
  type: z.literal('plain_text_input'),
  action_id: string(255).optional(),
  ...input,
  initial_value: z.string().max(3_000, 'must be less than 3001 characters').optional(),
  multiline: z.boolean().optional(),
  min_length: z.int().min(0).max(3_000).optional(),
  max_length: z.int().min(1).max(3_000).optional(),
  dispatch_action_config: z.strictObject({ trigger_actions_on: z.array(z.string()) }).optional(),
})
const numberInput = z.strictObject({
  type: z.literal('number_input'),
  action_id: string(255).optional(),
  ...input,
  is_decimal_allowed: z.boolean(),
  initial_value: z.string().optional(),
  min_value: z.string().optional(),
  max_value: z.string().optional(),
})
const image = { image_url: url, alt_text: string(2_000) }
const imageElement = z.strictObject({ type: z.literal('image'), ...image })

const style = z
  .strictObject({
    bold: z.boolean().optional(),
    italic: z.boolean().optional(),
    strike: z.boolean().optional(),
    underline: z.boolean().optional(),
    code: z.boolean().optional(),
  })
  .optional()
const richText = z.strictObject({
  type: z.literal('text'),
  text: z.string().min(1, 'must be more than 0 characters'),
  style,
})
const richLink = z.strictObject({
  type: z.literal('link'),
  url,
  text: z.string().optional(),
  unsafe: z.boolean().optional(),
  style,
})
const richLeaf = z.discriminatedUnion('type', [
  richText,
  richLink,
  z.strictObject({ type: z.literal('user'), user_id: string(255), style }),
  z.strictObject({ type: z.literal('usergroup'), usergroup_id: string(255), style }),
  z.strictObject({ type: z.literal('channel'), channel_id: string(255), style }),
  z.strictObject({ type: z.literal('broadcast'), range: z.enum(['here', 'channel', 'everyone']), style }),
  z.strictObject({ type: z.literal('emoji'), name: string(255), unicode: z.string().optional(), style }),
  z.strictObject({
    type: z.literal('date'),
    timestamp: z.int(),
    format: string(255),
    url: url.optional(),
    fallback: z.string().optional(),
    style,
  }),
])
const border = z.union([z.literal(0), z.literal(1)]).optional()
const richSection = z.strictObject({ type: z.literal('rich_text_section'), elements: z.array(richLeaf) })
const richElement = z.discriminatedUnion('type', [
  richSection,
  z.strictObject({
    type: z.literal('rich_text_list'),
    style: z.enum(['bullet', 'ordered']),
    elements: z.array(richSection),
    indent: z.int().min(0).max(8).optional(),
    offset: z.int().min(0).optional(),
    border,
  }),
  z.strictObject({
    type: z.literal('rich_text_preformatted'),
    elements: z.array(z.discriminatedUnion('type', [richText, richLink])),
    border,
  }),
  z.strictObject({ type: z.literal('rich_text_quote'), elements: z.array(richLeaf), border }),
])

const pressable = [button, overflow, staticSelect, usersSelect, radioButtons, checkboxes, datepicker] as const
const block_id = string(255).optional()

/** The blocks and elements that the desk can draw; strict, since Slack refuses members it does not know. */
const Block = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('section'),
      block_id,
      text: text(3_000).optional(),
      fields: items(text(2_000), 1, 10).optional(),
      accessory: z.discriminatedUnion('type', [...pressable, imageElement]).optional(),
      expand: z.boolean().optional(),
    })
    .refine((section) => section.text || section.fields, 'a section needs text or fields'),
  z.strictObject({ type: z.literal('header'), block_id, text: plain(150), level: z.int().min(1).max(4).optional() }),
  z.strictObject({ type: z.literal('divider'), block_id }),
  z.strictObject({
    type: z.literal('context'),
    block_id,
    elements: items(z.discriminatedUnion('type', [plain(3_000), mrkdwn(3_000), imageElement]), 1, 10),
  }),
  z.strictObject({
    type: z.literal('actions'),
    block_id,
    elements: items(z.discriminatedUnion('type', [...pressable]), 1, 25),
  }),
  z.strictObject({ type: z.literal('image'), block_id, ...image, title: plain(2_000).optional() }),
  z.strictObject({
    type: z.literal('input'),
    block_id,
    label: plain(2_000),
    hint: plain(2_000).optional(),
    optional: z.boolean().optional(),
    dispatch_action: z.boolean().optional(),
    element: z.discriminatedUnion('type', [
      plainTextInput,
      numberInput,
      staticSelect,
      usersSelect,
      radioButtons,
      checkboxes,
      datepicker,
      datetimepicker,
    ]),
  }),
  z.strictObject({ type: z.literal('rich_text'), block_id, elements: z.array(richElement) }),
  z.strictObject({ type: z.literal('markdown'), block_id, text: string(12_000) }),
  z.strictObject({
    type: z.literal('alert'),
    block_id,
    text: text(200),
    level: z.enum(['default', 'info', 'warning', 'error', 'success']).optional(),
  }),
])

/** A modal or a home tab, without its blocks. https://docs.slack.dev/reference/views */
const ViewFrame = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('modal'),
    title: plain(24),
    submit: plain(24).optional(),
    close: plain(24).optional(),
    blocks: z.array(z.unknown()),
    private_metadata: z.string().max(3_000, 'must be less than 3001 characters').optional(),
    callback_id: z.string().max(255).optional(),
    external_id: z.string().max(255).optional(),
    clear_on_close: z.boolean().optional(),
    notify_on_close: z.boolean().optional(),
    submit_disabled: z.boolean().optional(),
  }),
  z.strictObject({
    type: z.literal('home'),
    blocks: z.array(z.unknown()),
    private_metadata: z.string().max(3_000, 'must be less than 3001 characters').optional(),
    callback_id: z.string().max(255).optional(),
    external_id: z.string().max(255).optional(),
  }),
])

/** Slack documents no total, but refuses messages beyond about this many characters of blocks (bolt-js issue 2509). */
const largestMessage = 13_200
const mostMessageBlocks = 50
const mostViewBlocks = 100

/** What Slack would answer: its error code, and a sentence for each mistake as in `response_metadata.messages`. */
interface BlockRefusal {
  error: 'invalid_blocks' | 'invalid_blocks_format' | 'msg_blocks_too_long' | 'invalid_arguments' | 'view_too_large'
  messages: string[]
}

export type Checked<T> = { ok: true; value: T } | { ok: false; refusal: BlockRefusal }

const complaint = (message: string, path: string) => `[ERROR] ${message} [json-pointer:${path}]`

function complaintOf(issue: z.core.$ZodIssue, at: string): string {
  const path = `${at}${issue.path.map((part) => `/${String(part)}`).join('')}`
  if (issue.code === 'unrecognized_keys')
    return complaint(`invalid additional property: ${issue.keys.join(', ')}`, path)
  if (issue.code === 'invalid_union') return complaint('unsupported type', path)
  return complaint(issue.message, path)
}

/** Elements of a block that a person can act on. */
export function actionablesOf(block: Json): Json[] {
  const elements = block['type'] === 'actions' ? objectsOf(block['elements']) : []
  const single = [block['accessory'], block['element']].filter(isObject).filter(({ type }) => type !== 'image')
  return [...elements, ...single]
}

function duplicateComplaints(blocks: readonly unknown[], at: string): string[] {
  const found: string[] = []
  const blockIds = new Set<string>()
  for (const [index, block] of blocks.entries()) {
    const blockId = textOf(objectOf(block)['block_id'])
    if (blockId && blockIds.has(blockId)) found.push(complaint(`duplicate block_id: ${blockId}`, `${at}/${index}`))
    blockIds.add(blockId)
    const actionIds = new Set<string>()
    for (const element of actionablesOf(objectOf(block))) {
      const actionId = textOf(element['action_id'])
      if (actionId && actionIds.has(actionId))
        found.push(complaint(`duplicate action_id: ${actionId}`, `${at}/${index}`))
      actionIds.add(actionId)
    }
  }
  return found
}

const newId = () => randomBytes(4).toString('base64url').slice(0, 5)

/** Fills in the ids that the sender left out, as Slack does: what is stored always has them. */
function withIds(block: Json): Json {
  const copy = structuredClone(block)
  copy['block_id'] ??= newId()
  for (const element of actionablesOf(copy)) element['action_id'] ??= newId()
  return copy
}

function checkEach(blocks: unknown[], at: string): Checked<Json[]> {
  const wrong = blocks.flatMap((block, index) => {
    const checked = Block.safeParse(block)
    return checked.success ? [] : checked.error.issues.map((issue) => complaintOf(issue, `${at}/${index}`))
  })
  const messages = [...wrong, ...duplicateComplaints(blocks, at)]
  if (messages.length > 0) return { ok: false, refusal: { error: 'invalid_blocks', messages } }
  return { ok: true, value: objectsOf(blocks).map(withIds) }
}

/** Checks the blocks of a message as strictly as Slack does, and fills in missing ids. */
export function checkMessageBlocks(blocks: unknown): Checked<Json[]> {
  if (!Array.isArray(blocks)) {
    const messages = [complaint('must be an array of blocks', '/blocks')]
    return { ok: false, refusal: { error: 'invalid_blocks_format', messages } }
  }
  if (blocks.length > mostMessageBlocks) {
    const messages = [complaint(`no more than ${mostMessageBlocks} items allowed`, '/blocks')]
    return { ok: false, refusal: { error: 'invalid_blocks', messages } }
  }
  const checked = checkEach(blocks, '/blocks')
  const size = JSON.stringify(blocks).length
  if (!checked.ok || size <= largestMessage) return checked
  const messages = [complaint(`${size} characters of blocks; Slack takes about ${largestMessage}`, '/blocks')]
  return { ok: false, refusal: { error: 'msg_blocks_too_long', messages } }
}

/** Checks a modal or home tab, and fills in missing ids. */
export function checkView(view: unknown, type: 'modal' | 'home'): Checked<Json & { blocks: Json[] }> {
  const refuse = (messages: string[]): Checked<never> => ({
    ok: false,
    refusal: { error: 'invalid_arguments', messages },
  })
  const frame = ViewFrame.safeParse(view)
  if (!frame.success) return refuse(frame.error.issues.map((issue) => complaintOf(issue, '/view')))
  if (frame.data.type !== type) return refuse([complaint(`must be a ${type} here`, '/view/type')])
  if (frame.data.blocks.length > mostViewBlocks) {
    return refuse([complaint(`no more than ${mostViewBlocks} items allowed`, '/view/blocks')])
  }
  const blocks = checkEach(frame.data.blocks, '/view/blocks')
  if (!blocks.ok) return refuse(blocks.refusal.messages)
  const asks = blocks.value.some((block) => block['type'] === 'input')
  if (frame.data.type === 'modal' && asks && !frame.data.submit) {
    return refuse([complaint('a modal with input blocks needs submit', '/view/submit')])
  }
  return { ok: true, value: { ...frame.data, blocks: blocks.value } }
}
