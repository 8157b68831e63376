import type { ViewOutput } from '@slack/bolt'
import type { InputBlock } from '@slack/types'
import * as z from 'zod'
import { clamp, inert } from '../../../domain/inert.ts'
import type { Person } from '../../../domain/people/organisation.ts'
import { NumericDate, PersonId, RequestId } from '../../../domain/values.ts'
import { type CardBlock, context, plain, rich, section, words } from '../cards/blocks.ts'
import { readValue } from '../edge/click.ts'
import { liveBlock } from '../home/home-view.ts'
import { type Modal, saidModal, textInput, type Values } from './modal-blocks.ts'

/** The name under which Slack sends the form. */
export const revokeName = 'revoke'

const Value = z.strictObject({ r: RequestId })

/** What a Revoke button, or the form that it opens, is about; undefined for a value that is none of ours. */
export const readRevoke = (value: unknown): RequestId | undefined => readValue(Value, value)?.r

/**
 * Asks why a grant is to be revoked. It shows what the tab showed beside the button, as Slack signed it, so that it opens
 * before anything is read: a trigger is good for three seconds.
 *
 * @param shown the blocks of the tab that was clicked
 */
export function revokeModal(id: RequestId, shown: readonly unknown[]): Modal {
  const same = shown.find((block): block is CardBlock => Shown.safeParse(block).data?.block_id === liveBlock(id))
  return {
    type: 'modal',
    callback_id: revokeName,
    private_metadata: JSON.stringify({ r: id }),
    title: plain('Revoke'),
    submit: plain('Revoke'),
    close: plain('Go back'),
    blocks: [
      same ?? rich('what', section(words('A live grant.'))),
      textInput('reason', 'Why?', { required: true, hint: 'It stands on the card and in the record.' }),
      context(`Its credentials are dead at once; AWS takes some seconds to deny what it issued. ${id}`),
    ],
  }
}

const Shown = z.object({ type: z.literal('rich_text'), block_id: z.string() })

/** The reason that was given, or undefined where it is none. */
export function readReason({ state }: Pick<ViewOutput, 'state'>): string | undefined {
  const reason = state.values['reason']?.['reason']?.value?.trim()
  return reason ? [...reason].slice(0, longestReason).join('') : undefined
}

/** As through the API. */
export const longestReason = 1_000

/** The name under which Slack sends the form. */
export const standInName = 'stand_in'

/** As many choices as a menu of Slack's has. */
const mostChoices = 100
const day = 86_400

/**
 * Asks who decides in somebody's stead, and from when until when. Only whom policy lets is to be chosen.
 *
 * @param people whom policy lets
 */
export function standInModal(people: readonly Person[], now: NumericDate): Modal {
  if (people.length === 0)
    return saidModal('No stand-in', 'Policy lets nobody decide in your stead; whoever writes the policies can say why.')
  const more = people.length - mostChoices
  return {
    type: 'modal',
    callback_id: standInName,
    title: plain('Name a stand-in'),
    submit: plain('Name'),
    close: plain('Go back'),
    blocks: [
      rich(
        'what',
        section(
          words(
            'While you are away they decide what you could decide. In a quorum the two of you count as one, and what either of you is barred from both are.',
          ),
        ),
      ),
      {
        type: 'input',
        block_id: 'by',
        label: plain('Who decides in your stead'),
        ...(more > 0 ? { hint: plain(`${more} more may, who are named through the API`) } : {}),
        element: {
          type: 'static_select',
          action_id: 'by',
          placeholder: plain('A person'),
          options: people.slice(0, mostChoices).map(({ id, name }) => ({
            text: plain(clamp(inert(`${name} (${id})`), 50).text),
            value: id,
          })),
        },
      },
      dateInput('from', 'From', { optional: true, hint: 'Left empty: from now on' }),
      dateInput('until', 'Until', { initial: now + day, hint: '30 days at most' }),
      context(
        'Slack is no strong login: where a stage asks for one, they decide for you only if you name them through the API with it.',
      ),
      context('Everybody who reads requests can see it, and the record says of each decision in whose stead it was.'),
    ],
  }
}

function dateInput(
  name: string,
  label: string,
  { optional = false, initial, hint }: { optional?: boolean; initial?: NumericDate; hint: string },
): InputBlock {
  return {
    type: 'input',
    block_id: name,
    label: plain(label),
    hint: plain(hint),
    optional,
    element: {
      type: 'datetimepicker',
      action_id: name,
      ...(initial === undefined ? {} : { initial_date_time: initial }),
    },
  }
}

const When = z.object({ selected_date_time: NumericDate.nullish() })
const Chosen = z.object({ selected_option: z.object({ value: PersonId }) })

/** What was chosen; or what is missing, beside its field. */
export function readStandInForm(
  values: Values,
): { by: PersonId; until: NumericDate; from?: NumericDate } | { errors: { [field: string]: string } } {
  const by = Chosen.safeParse(values['by']?.['by'])
  if (!by.success) return { errors: { by: 'Choose somebody.' } }
  const until = When.safeParse(values['until']?.['until']).data?.selected_date_time
  if (until === undefined || until === null) return { errors: { until: 'Say until when.' } }
  const from = When.safeParse(values['from']?.['from']).data?.selected_date_time
  return { by: by.data.selected_option.value, until, ...(from === undefined || from === null ? {} : { from }) }
}

/** The field that a refusal speaks of. */
export function standInField(detail: string | undefined): 'by' | 'from' | 'until' {
  if (/`until`|days at most/.test(detail ?? '')) return 'until'
  return /same time|begin within/.test(detail ?? '') ? 'from' : 'by'
}
