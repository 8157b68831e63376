// Rules: test/channels/slack/forms/ask-on-behalf.test.ts
import type { ViewOutput } from '@slack/bolt'
import type { InputBlock } from '@slack/types'
import * as z from 'zod'
import { boundsOf, longestText, mayBeEmpty, readArguments } from '../../../adapters/typed-arguments.ts'
import type { ViewFacts } from '../../../domain/cards/request-view.ts'
import { nameIn } from '../../../domain/cards/who.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import { type ArgumentSchema, forSchema, type NumberSchema } from '../../../domain/policy/arguments.ts'
import type { CatalogueEntry } from '../../../domain/policy/catalogue.ts'
import { tierOf } from '../../../domain/policy/ladder.ts'
import { ParentTask } from '../../../domain/record/ask-terms.ts'
import { AgentId, defined } from '../../../domain/values.ts'
import type { Askable, OnBehalfAsk, OnBehalfForeseen } from '../../../operations/requests/ask-on-behalf.ts'
import { bold, type CardBlock, code, context, list, rich, section, words } from '../cards/blocks.ts'
import { readValue } from '../edge/click.ts'
import {
  choice,
  cut,
  form,
  input,
  type Modal,
  mostChoices,
  saidModal,
  selectInput,
  textIn,
  textInput,
  type Values,
} from './modal-blocks.ts'

export const askNames = { choose: 'ask_choose', fill: 'ask_fill' } as const

/** @param wanted a part of an action's name, by which the offer is filtered */
export function chooseModal({ agents, actions }: Askable, wanted = ''): Modal {
  const title = 'Ask for an agent'
  if (agents.length === 0)
    return saidModal(title, 'You answer for no active agent. The owner and the backup owner ask on behalf of an agent.')
  const names = actions.map(({ name }) => name).toSorted()
  const found = names.filter((name) => name.toLowerCase().includes(wanted.toLowerCase()))
  const offered = found.length > 0 ? found : names
  const more = offered.length - mostChoices
  return form(
    askNames.choose,
    { title, submit: 'Go on' },
    rich(
      'what-it-is',
      section(
        words(
          'It is asked as the agent asks, on record as asked by you. People decide it by the same policy, and you are none of them. Only the agent can use what comes of it.',
        ),
      ),
    ),
    selectInput(
      'agent',
      'On behalf of',
      'An agent that you answer for',
      agents.map(({ id }) => choice(id, clamp(inert(id), 60).text)),
    ),
    selectInput(
      'action',
      'What it should do',
      'An action',
      offered.map((name) => choice(name, clamp(inert(name), 60).text)),
      defined({ hint: more > 0 ? `${more} more: type /hotwork request and a part of its name` : undefined }),
    ),
  )
}

export const readChoice = (values: Values): { agent: AgentId; action: string } | undefined => {
  const agent = AgentId.safeParse(chosenIn(values, 'agent')).data
  const action = chosenIn(values, 'action')
  return agent && action !== undefined ? { agent, action } : undefined
}

const chosenIn = (values: Values, name: string): string | undefined =>
  values[name]?.[name]?.selected_option?.value ?? undefined

/** The agent and action of a form, and the digest of the policy answer it showed. */
export type AskSubject = { agent: AgentId; action: string; seen?: string | undefined }

const Subject = z.strictObject({ a: AgentId, n: z.string().max(128), s: z.string().max(40).optional() })

export function readAskSubject(value: unknown): AskSubject | undefined {
  const read = readValue(Subject, value)
  return read && { agent: read.a, action: read.n, seen: read.s }
}

/** The fields of an action's schema with the typed values; and policy's answer, once it was asked. */
export function fillModal(
  entry: CatalogueEntry,
  { agent, action }: AskSubject,
  facts: ViewFacts,
  { values = {}, foreseen }: { values?: Values; foreseen?: OnBehalfForeseen } = {},
): Modal {
  const { properties, required } = entry.arguments
  return form(
    askNames.fill,
    {
      title: 'Ask for an agent',
      submit: foreseen ? 'Ask' : 'Go on',
      about: JSON.stringify(defined({ a: agent, n: action, s: foreseen?.seen })),
    },
    rich('what', section(code(clamp(inert(action), 100).text), words(` by ${agent}`))),
    ...(foreseen ? policyBlocks(foreseen, facts) : []),
    ...Object.entries(properties).map(([name, schema]) =>
      argumentInput(name, schema, { optional: !required.includes(name) || mayBeEmpty(schema), values }),
    ),
    line('purpose', 'Purpose', 'As your policies know it, such as remediation', { values, most: 64 }),
    line('task', 'Task', 'The incident, change or ticket that it is for, such as INC-1042', { values, most: 256 }),
    line('task_url', 'Address of the task', 'It begins with https://', { values, most: 2_048, optional: true }),
    typedAgain(textInput('justification', 'Why', { optional: true, hint: 'The people who decide read it.' }), values),
  )
}

function policyBlocks({ tier, stages }: OnBehalfForeseen, facts: ViewFacts): CardBlock[] {
  const name = tierOf(facts.ladder, tier)?.name
  const people = (ids: OnBehalfForeseen['stages'][number]['people']) =>
    ids.length === 0
      ? 'people that a source of groups names'
      : clamp(ids.map((id) => nameIn(facts, id)).join(', '), 300).text
  const decides = stages.map((stage) =>
    section(bold(inert(stage.name)), words(`: ${stage.quorum} of ${people(stage.people)}`)),
  )
  return [
    rich(
      'policy',
      section(bold(`Policy says: tier ${tier}${name === undefined ? '' : ` (${inert(name)})`}`)),
      ...(decides.length === 0 ? [section(words('No person is asked: it is approved at once.'))] : [list(decides)]),
    ),
    context(
      'Nothing is asked yet. “Ask” asks it as it stands here; where you change something, policy is asked again.',
    ),
  ]
}

export const argumentPrefix = 'argument:'

/** The text or choice in an argument's field. Undefined if there is none. */
export const argumentTyped = (values: Values, block: string): string | undefined =>
  chosenIn(values, block) ?? values[block]?.[block]?.value ?? undefined

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

type Line = { values: Values; most: number; optional?: boolean }

const line = (name: string, label: string, hint: string, { values, most, optional = false }: Line): InputBlock =>
  typedAgain(input(name, label, { type: 'plain_text_input', max_length: most }, { hint, optional }), values)

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

type Filled = Pick<OnBehalfAsk, 'arguments' | 'purpose' | 'parentTask' | 'justification'>

/** The values of the form, or its errors by field. */
export function readFilled(
  entry: CatalogueEntry,
  { state: { values } }: Pick<ViewOutput, 'state'>,
): { filled: Filled } | { errors: { [field: string]: string } } {
  const typed = (name: string) => argumentTyped(values, `${argumentPrefix}${name}`) ?? ''
  const { arguments: args, wrong } = readArguments(entry.arguments, typed)
  const errors: { [field: string]: string } = Object.fromEntries(
    Object.entries(wrong).map(([name, why]) => [`${argumentPrefix}${name}`, why]),
  )
  const [purpose, url] = [textIn(values, 'purpose').slice(0, 64), textIn(values, 'task_url')]
  if (purpose === '') errors['purpose'] = 'Say what it is for, as your policies know it.'
  const task = ParentTask.safeParse({ id: textIn(values, 'task'), ...(url === '' ? {} : { url }) })
  if (!task.success) errors[task.error.issues[0]?.path[0] === 'url' ? 'task_url' : 'task'] = taskWrong
  if (Object.keys(errors).length > 0 || !task.success)
    return { errors: Object.fromEntries(Object.entries(errors).map(([field, told]) => [field, clamp(told, 140).text])) }
  const justification = cut(textIn(values, 'justification')) || undefined
  return { filled: { arguments: args, purpose, parentTask: task.data, ...defined({ justification }) } }
}

const taskWrong = 'Write the id of a task, and its whole address if it has one.'

/** The field that a refusal is about. */
export function askField(detail: string | undefined, entry: CatalogueEntry): string {
  const [named = ''] = (detail?.match(/`([^`]+)`/)?.[1] ?? '').split('.')
  return Object.hasOwn(entry.arguments.properties, named) ? `${argumentPrefix}${named}` : 'purpose'
}
