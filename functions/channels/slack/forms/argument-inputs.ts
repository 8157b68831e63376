// Rules: test/channels/slack/forms/message-forms.test.ts
import type { InputBlock } from '@slack/types'
import { boundsOf, longestText } from '../../../adapters/typed-arguments.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import { type ArgumentSchema, forSchema, type NumberSchema } from '../../../domain/policy/arguments.ts'
import { choice, input, mostChoices, selectInput, type Values } from './modal-blocks.ts'

export const argumentPrefix = 'argument:'

/** The text or choice in an argument's field. Undefined if there is none. */
export const argumentTyped = (values: Values, block: string): string | undefined =>
  values[block]?.[block]?.selected_option?.value ?? values[block]?.[block]?.value ?? undefined

/** @param block the field's id */
export function argumentInput(
  name: string,
  schema: ArgumentSchema,
  { optional, values, block = `${argumentPrefix}${name}` }: { optional: boolean; values: Values; block?: string },
): InputBlock {
  const before = argumentTyped(values, block) ?? ''
  const hint = clamp(inert([schema.description, boundsOf(schema)].filter(Boolean).join('. ')), 180).text
  const beside = { optional, ...(hint === '' ? {} : { hint }) }
  const typed = (most: number, multiline = false) =>
    input(block, name, { type: 'plain_text_input', multiline, max_length: Math.min(most, longestText) }, beside)
  const number = ({ type, minimum, maximum }: NumberSchema) =>
    input(
      block,
      name,
      {
        type: 'number_input',
        is_decimal_allowed: type === 'number',
        min_value: String(minimum),
        max_value: String(maximum),
      },
      beside,
    )
  const json = () => typed(longestText, true)
  const made = forSchema<InputBlock>(schema, {
    scalar: ({ maxLength }) =>
      input(block, name, { type: 'plain_text_input', max_length: Math.min(maxLength + 2, longestText) }, beside),
    boolean: () =>
      selectInput(block, name, 'true or false', [choice('true', 'true'), choice('false', 'false')], beside),
    integer: number,
    number,
    string: (own) =>
      isMenu(own)
        ? selectInput(
            block,
            name,
            'Choose',
            (own.enum ?? []).map((each) => choice(each, inert(each))),
            beside,
          )
        : typed(own.maxLength, own.maxLength > 256 || before.includes('\n')),
    map: json,
    list: json,
    object: json,
    oneOf: json,
  })
  return typedAgain(made, values)
}

/** Slack's menus have at most 100 entries, each with a text of 75 characters. */
const isMenu = ({ enum: all }: { enum?: readonly string[] | undefined }): boolean =>
  all !== undefined && all.length <= mostChoices && all.every((each) => each !== '' && inert(each).length <= 75)

/** The same field with its typed value. */
function typedAgain(block: InputBlock, values: Values): InputBlock {
  const name = block.block_id ?? ''
  const before = values[name]?.[name]
  const chosen = before?.selected_option?.value
  const { element } = block
  if (element.type === 'static_select') {
    const same = element.options?.find(({ value }) => value === chosen)
    return same ? { ...block, element: { ...element, initial_option: same } } : block
  }
  const typed = before?.value ?? ''
  if (typed === '' || (element.type !== 'plain_text_input' && element.type !== 'number_input')) return block
  return { ...block, element: { ...element, initial_value: typed } }
}
