import { randomBytes } from 'node:crypto'
import type * as z from 'zod'
import { Block, ViewFrame } from './block-schema.ts'
import { isObject, type Json, objectOf, objectsOf, textOf } from './json.ts'

/** Slack documents no total, but refuses messages beyond about this many characters of blocks (bolt-js issue 2509). */
const largestMessage = 13_200
const mostMessageBlocks = 50
const mostViewBlocks = 100

/** What Slack would answer: its error code, and a sentence for each mistake as in `response_metadata.messages`. */
export interface BlockRefusal {
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
