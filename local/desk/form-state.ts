// Rules: test/local/desk/interactions.test.ts
import { inputsOf, isObject, type Json, objectOf, objectsOf, textOf } from './blocks.ts'
import { BadRequest, quoted } from './http.ts'

/** Values by block id and action id, as in `view.state.values`. */
export type FormState = { [blockId: string]: Json }

function chosen(element: Json, value: unknown): Json {
  const option = objectsOf(element['options']).find((each) => each['value'] === value)
  if (option) return option
  const known = objectsOf(element['options']).map((each) => textOf(each['value']))
  throw new BadRequest(
    `\`${textOf(element['action_id'])}\` has no option \`${String(value)}\`; choose ${quoted(known)}`,
  )
}

/** Unix seconds: a browser's date and time is read as UTC; a number, as tests give it, is kept. */
function secondsOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  const at = Date.parse(`${textOf(value)}Z`)
  return Number.isNaN(at) ? null : Math.floor(at / 1_000)
}

const blank = (value: unknown) => value === undefined || value === null || value === ''

/**
 * The state of one element: the app's initial state if there is no value; a complete state object (`{ type, ... }`) is
 * kept.
 */
export function stateOfElement(element: Json, value: unknown): Json {
  const type = textOf(element['type'])
  if (isObject(value) && value['type'] === type) return value
  const given = value !== undefined
  switch (type) {
    case 'button':
      return { type, value: given ? value : element['value'] }
    case 'overflow':
    case 'static_select':
    case 'radio_buttons': {
      const initial = element['initial_option'] ?? null
      return { type, selected_option: given ? (blank(value) ? null : chosen(element, value)) : initial }
    }
    case 'checkboxes': {
      const list = Array.isArray(value) ? value : blank(value) ? [] : [value]
      const initial = objectsOf(element['initial_options'])
      return { type, selected_options: given ? list.map((each) => chosen(element, each)) : initial }
    }
    case 'datetimepicker':
      return { type, selected_date_time: given ? secondsOf(value) : (element['initial_date_time'] ?? null) }
    default: {
      const text = given ? value : element['initial_value']
      return { type, value: blank(text) ? null : String(text) }
    }
  }
}

const isEmpty = ({ type: _type, ...state }: Json) =>
  Object.values(state).every((value) => blank(value) || (Array.isArray(value) && value.length === 0))

function refuseIncomplete(block: Json, element: Json, state: Json): void {
  const name = textOf(objectOf(block['label'])['text']) || textOf(element['action_id'])
  if (isEmpty(state)) {
    if (block['optional'] !== true) throw new BadRequest(`fill in \`${name}\``)
    return
  }
  if (element['type'] === 'plain_text_input') {
    const { length } = textOf(state['value'])
    const [least, most] = [Number(element['min_length'] ?? 0), Number(element['max_length'] ?? 3_000)]
    if (length < least || length > most) {
      throw new BadRequest(`\`${name}\` has ${length} characters; it takes ${least} to ${most}`)
    }
  }
  if (element['type'] === 'number_input') {
    const number = Number(state['value'])
    const { min_value: least, max_value: most } = element
    const whole = element['is_decimal_allowed'] !== true
    const outside = (least !== undefined && number < Number(least)) || (most !== undefined && number > Number(most))
    if (!Number.isFinite(number) || outside || (whole && !Number.isInteger(number))) {
      const bounds = [least !== undefined && ` of at least ${least}`, most !== undefined && ` of at most ${most}`]
      throw new BadRequest(`\`${name}\` takes a ${whole ? 'whole ' : ''}number${bounds.filter(Boolean).join(' and')}`)
    }
  }
}

function valueFor(values: Json, blockId: string, actionId: string): unknown {
  const inBlock = values[blockId]
  if (isObject(inBlock) && Object.hasOwn(inBlock, actionId)) return inBlock[actionId]
  if (Object.hasOwn(values, actionId)) return values[actionId]
  return isObject(inBlock) ? undefined : inBlock
}

/** Blocks to draw again: the values that a person filled in become the initial ones. */
export function prefilled(blocks: readonly Json[], filled: FormState): Json[] {
  return blocks.map((block) => {
    const copy = structuredClone(block)
    for (const element of inputsOf(copy)) {
      const { type, ...state } = objectOf(filled[textOf(copy['block_id'])]?.[textOf(element['action_id'])])
      if (type !== element['type']) continue
      for (const [member, value] of Object.entries(state)) element[member.replace(/^(selected_)?/, 'initial_')] = value
    }
    return copy
  })
}

/**
 * The state of a form. `values` are keyed by block id, by action id, or by both as in Slack's state (`{ block: {
 * action: value } }`). With `complete`, required inputs must be filled in.
 */
export function formState(blocks: readonly Json[], values: Json, complete: boolean): FormState {
  const state: FormState = {}
  for (const block of blocks) {
    const blockId = textOf(block['block_id'])
    for (const element of inputsOf(block)) {
      const actionId = textOf(element['action_id'])
      const filled = stateOfElement(element, valueFor(values, blockId, actionId))
      if (complete && block['type'] === 'input') refuseIncomplete(block, element, filled)
      state[blockId] = { ...state[blockId], [actionId]: filled }
    }
  }
  const names = Object.entries(state).flatMap(([blockId, elements]) => [blockId, ...Object.keys(elements)])
  const unknown = Object.keys(values).find((name) => !names.includes(name))
  if (unknown !== undefined) throw new BadRequest(`no input is named \`${unknown}\`; the inputs are ${quoted(names)}`)
  return state
}
