// Rules: test/channels/slack/home/home.test.ts, test/channels/slack/forms/stand-in-form.test.ts
import type { ViewOutput } from '@slack/bolt'
import * as z from 'zod'
import { clamp, inert } from '../../../domain/inert.ts'
import type { Person } from '../../../domain/people/organisation.ts'
import { defined, type NumericDate, PersonId, type RequestId } from '../../../domain/values.ts'
import { type CardBlock, context, rich, section, words } from '../cards/blocks.ts'
import { metadataOf } from '../edge/click.ts'
import { liveBlock } from '../home/home-view.ts'
import type { Modal, Values } from './modal-blocks.ts'
import {
  choice,
  cut,
  dateIn,
  dateInput,
  form,
  mostChoices,
  saidModal,
  selectInput,
  textIn,
  textInput,
} from './modal-blocks.ts'

export const revokeName = 'revoke'

/**
 * The form repeats the tab's block about the grant, so that it opens without a read: a trigger expires after three
 * seconds.
 * @param shown the blocks of the tab that was clicked
 */
export function revokeModal(id: RequestId, shown: readonly unknown[]): Modal {
  const same = shown.find((block): block is CardBlock => Shown.safeParse(block).data?.block_id === liveBlock(id))
  return form(
    revokeName,
    { title: 'Revoke', submit: 'Revoke', about: metadataOf({ request: id }) },
    same ?? rich('what', section(words('A live grant.'))),
    textInput('reason', 'Why?', { hint: 'The card and the record show it.' }),
    context(`Its credentials end at once; AWS takes some seconds to deny those that it issued. ${id}`),
  )
}

const Shown = z.object({ type: z.literal('rich_text'), block_id: z.string() })

export const readReason = ({ state }: Pick<ViewOutput, 'state'>): string | undefined =>
  cut(textIn(state.values, 'reason')) || undefined

export const standInName = 'stand_in'

const day = 86_400

/** @param people the stand-ins that policy permits */
export function standInModal(people: readonly Person[], now: NumericDate): Modal {
  if (people.length === 0)
    return saidModal(
      'No stand-in',
      'Policy lets no other person decide for you. Ask the people who write the policies.',
    )
  const more = people.length - mostChoices
  const choices = people.map(({ id, name }) => choice(id, clamp(inert(`${name} (${id})`), 50).text))
  return form(
    standInName,
    { title: 'Name a stand-in', submit: 'Name' },
    rich(
      'what',
      section(
        words(
          'While you are away, they decide what you could decide. In a quorum the two of you count as one. What one of you may not decide, the other may not either.',
        ),
      ),
    ),
    selectInput('by', 'Who decides for you', 'A person', choices, {
      ...defined({ hint: more > 0 ? `${more} more are possible: name them through the API` : undefined }),
    }),
    dateInput('from', 'From', undefined, { optional: true, hint: 'If empty: from now on' }),
    dateInput('until', 'Until', now + day, { hint: '30 days at most' }),
    context('A login through Slack is weak. If a stage needs a stronger one, name the person through the API with it.'),
    context('People who read requests can see it. The record of each decision names the absent person.'),
  )
}

const Chosen = z.object({ selected_option: z.object({ value: PersonId }) })

export function readStandInForm(
  values: Values,
): { by: PersonId; until: NumericDate; from?: NumericDate } | { errors: { [field: string]: string } } {
  const by = Chosen.safeParse(values['by']?.['by'])
  if (!by.success) return { errors: { by: 'Choose a person.' } }
  const until = dateIn(values, 'until')
  if (until === undefined) return { errors: { until: 'Choose an end.' } }
  return { by: by.data.selected_option.value, until, ...defined({ from: dateIn(values, 'from') }) }
}

export function standInField(detail: string | undefined): 'by' | 'from' | 'until' {
  if (/`until`|days at most/.test(detail ?? '')) return 'until'
  return /same time|begin within/.test(detail ?? '') ? 'from' : 'by'
}
