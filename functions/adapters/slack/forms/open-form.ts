import type { ViewOutput } from '@slack/bolt'
import type { InputBlock, PlainTextOption } from '@slack/types'
import * as z from 'zod'
import { clamp, inert } from '../../../domain/inert.ts'
import type { Refusal } from '../../../domain/refusals.ts'
import type { JsonObject } from '../../../domain/values.ts'
import type { PrepareAsk } from '../../../operations/break-glass/prepare-opening.ts'
import type { Openable } from '../../../operations/break-glass/what-to-open.ts'
import { context, plain, rich, section, words } from '../cards/blocks.ts'
import { longestComment, type Modal, saidModal, textInput, type Values } from './modal-blocks.ts'

/** The name under which Slack sends the form. */
export const openName = 'break_glass'

const mostChoices = 100
const usualMinutes = 30

/** Asks what is to be opened in an emergency, why, for which incident and for how long; undefined where the deployment has no emergencies. */
export function openModal(openable: Openable | undefined): Modal {
  if (!openable)
    return saidModal('Break the glass', 'No one can break the glass here: the policies have no break-glass.json.')
  const choices = choicesOf(openable)
  if (choices.length === 0) return saidModal('Break the glass', refusedBeforehand)
  const most = Math.max(1, ...openable.profiles.map(({ window }) => window), openable.window) / 60
  return {
    type: 'modal',
    callback_id: openName,
    title: plain('Break the glass'),
    submit: plain('Go on'),
    close: plain('Go back'),
    blocks: [
      rich(
        'what-it-is',
        section(
          words(
            'For an emergency: it opens at once, nobody is asked, everybody is told, and somebody else reviews it within a day. Nothing is open yet when you press Go on.',
          ),
        ),
      ),
      {
        type: 'input',
        block_id: 'what',
        label: plain('What you need'),
        element: {
          type: 'static_select',
          action_id: 'what',
          placeholder: plain('A profile, or one action'),
          options: choices,
        },
      },
      textInput('reason', 'What is wrong, and what you are going to do', { required: true }),
      lineInput('incident', 'Incident', `It ${openable.incidentLooks.replaceAll('`', '')}`),
      {
        type: 'input',
        block_id: 'minutes',
        label: plain('Minutes'),
        hint: plain('It ends by itself then, and cannot be made longer'),
        element: {
          type: 'number_input',
          action_id: 'minutes',
          is_decimal_allowed: false,
          initial_value: String(Math.min(usualMinutes, most)),
          min_value: '1',
          max_value: String(most),
        },
      },
      textInput('arguments', 'Arguments, as JSON', {
        required: false,
        hint: 'For one action alone, as in {"Name": "/prod/x"}',
      }),
      {
        type: 'input',
        block_id: 'drill',
        optional: true,
        label: plain('Drill'),
        element: {
          type: 'checkboxes',
          action_id: 'drill',
          options: [{ text: plain('A drill: everybody is told, and its credentials can do nothing'), value: 'drill' }],
        },
      },
      context('Slack is no strong login: a page asks for one next, and opens it.'),
    ],
  }
}

const refusedBeforehand =
  'Policy lets you open nothing in an emergency, so there is no form to fill in. Call a person whom it lets.'

const choicesOf = ({ profiles, actions }: Openable): PlainTextOption[] =>
  [
    ...profiles.map(({ name, title, window }) => ({
      text: plain(clamp(inert(title), 50).text),
      description: plain(`${clamp(name, 48).text}, ${window / 60} min at most`),
      value: `profile ${name}`,
    })),
    ...actions.map((name) => ({ text: plain(`One action: ${clamp(name, 40).text}`), value: `action ${name}` })),
  ].slice(0, mostChoices)

const lineInput = (name: string, label: string, hint: string): InputBlock => ({
  type: 'input',
  block_id: name,
  label: plain(label),
  hint: plain(clamp(hint, 200).text),
  element: { type: 'plain_text_input', action_id: name, max_length: 128 },
})

export type Filled = Omit<PrepareAsk, 'person'> | { errors: { [field: string]: string } }

/** What was filled in; or what is none, beside its field. Lengths are asked again: Slack's client keeps to them, and may not be it. */
export function readOpenForm(values: Values): Filled {
  const text = (name: string) => values[name]?.[name]?.value?.trim() ?? ''
  const [kind, name = ''] = (values['what']?.['what']?.selected_option?.value ?? '').split(' ')
  const said = text('arguments')
  const args = said === '' ? undefined : jsonObject(said)
  const minutes = Number(text('minutes'))
  const errors = {
    ...(name === '' ? { what: 'Choose what you need.' } : {}),
    ...(kind === 'action' && !args ? { arguments: 'One action takes its arguments, as a JSON object.' } : {}),
    ...(kind === 'profile' && said !== '' ? { arguments: 'A profile takes no arguments: leave this empty.' } : {}),
    ...(Number.isSafeInteger(minutes) && minutes >= 1 ? {} : { minutes: 'A whole number of minutes.' }),
  }
  if (Object.keys(errors).length > 0) return { errors }
  return {
    what: kind === 'action' ? { action: name, arguments: args ?? {} } : { profile: name },
    reason: [...text('reason')].slice(0, 1_000).join(''),
    incident: text('incident').slice(0, 128),
    minutes,
    drill: (values['drill']?.['drill']?.selected_options ?? []).length > 0,
  }
}

function jsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

/** The field that a refusal speaks of. */
export const openField = (code: Refusal | undefined): string => (code === undefined ? 'what' : (fields[code] ?? 'what'))
const fields: { readonly [code in Refusal]?: string } = {
  bad_reason: 'reason',
  bad_incident: 'incident',
  window_too_long: 'minutes',
  invalid_arguments: 'arguments',
}

/** What somebody has filled in. */
export type FilledForm = {
  /** The inputs there were. */
  fields: readonly string[]
  comment: string | undefined
  /** The numbers that are not what they were. */
  changed: ReadonlyMap<string, number>
  /** What is no number between its bounds, with what it should be. */
  wrong: { [field: string]: string }
}

/** Our own form, as Slack sends it back, signed: the bounds in it are those that were put there. */
const NumberBlock = z.object({
  type: z.literal('input'),
  block_id: z.string(),
  element: z.object({
    type: z.literal('number_input'),
    initial_value: z.string(),
    min_value: z.string(),
    max_value: z.string(),
  }),
})

/** Reads what was filled in. Bounds and lengths are asked of it again: Slack's client keeps to them, and may not be it. */
export function readForm({ blocks, state }: Pick<ViewOutput, 'blocks' | 'state'>): FilledForm {
  const fields = blocks.flatMap((block) => (block.type === 'input' && block.block_id ? [block.block_id] : []))
  const textIn = (field: string) => state.values[field]?.[field]?.value ?? undefined
  const typed = textIn('comment')?.trim()
  const [changed, wrong]: [Map<string, number>, FilledForm['wrong']] = [new Map(), {}]
  for (const block of blocks) {
    const parsed = NumberBlock.safeParse(block)
    if (!parsed.success) continue
    const { block_id: field, element } = parsed.data
    const [text, least, most] = [textIn(field)?.trim(), Number(element.min_value), Number(element.max_value)]
    if (text === undefined || text === '' || text === element.initial_value) continue
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) changed.set(field, number)
    else wrong[field] = `a whole number from ${least} to ${most}`
  }
  return { fields, comment: typed ? [...typed].slice(0, longestComment).join('') : undefined, changed, wrong }
}
