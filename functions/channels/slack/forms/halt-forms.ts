// Rules: test/channels/slack/home/halts.test.ts
import * as z from 'zod'
import { HaltTarget, type NewHalt } from '../../../domain/halts/halt.ts'
import { HaltKind, haltKinds } from '../../../domain/halts/halt-words.ts'
import { defined, type NumericDate } from '../../../domain/values.ts'
import { context, rich, section, words } from '../cards/blocks.ts'
import {
  choice,
  cut,
  dateIn,
  dateInput,
  form,
  lineInput,
  type Modal,
  selectInput,
  textIn,
  textInput,
  type Values,
} from './modal-blocks.ts'

export const haltName = 'halt'

export const haltModal = (): Modal =>
  form(
    haltName,
    { title: 'Halt', submit: 'Halt' },
    rich(
      'what-it-is',
      section(
        words(
          'It takes effect at once: nothing more is issued or used, and live credentials end. Another person lifts it, which revives nothing: agents ask again.',
        ),
      ),
    ),
    selectInput(
      'kind',
      'What is to stop',
      'Choose',
      Object.entries(haltKinds).map(([kind, label]) => choice(kind, label)),
    ),
    lineInput(
      'value',
      'Which one',
      'Its name, such as agent:NAME, person:NAME or prod. Leave it empty for everything',
      {
        optional: true,
      },
    ),
    textInput('reason', 'Why?', { hint: 'People who read halts see it. It stays on record.' }),
    dateInput('until', 'Until', undefined, { optional: true, hint: 'If empty: until another person lifts it' }),
    context('You cannot lift what you declare.'),
  )

const Kind = z.object({ selected_option: z.object({ value: HaltKind }) })

/** The values of the form, or its errors by field. */
export function readHaltForm(
  values: Values,
  now: NumericDate,
): { asked: NewHalt } | { errors: { [field: string]: string } } {
  const kind = Kind.safeParse(values['kind']?.['kind']).data?.selected_option.value
  if (kind === undefined) return { errors: { kind: 'Choose a target.' } }
  const [value, reason, until] = [textIn(values, 'value'), cut(textIn(values, 'reason')), dateIn(values, 'until')]
  if (kind === 'all' && value !== '') return { errors: { value: 'Everything has no name: leave this empty.' } }
  const target = HaltTarget.safeParse({ kind, value: kind === 'all' ? 'all' : named(kind, value) }).data
  if (!target) return { errors: { value: `Write which one, such as ${examples[kind]}.` } }
  if (reason === '') return { errors: { reason: 'Write the reason: people who read halts see it.' } }
  if (until !== undefined && until <= now) return { errors: { until: 'Choose a future time.' } }
  return { asked: { target, reason, ...defined({ until }) } }
}

/** The target. People write names without their kind. */
function named(kind: keyof typeof haltKinds, value: string): string {
  const prefix = kind === 'agent' ? 'agent:' : kind === 'owner' || kind === 'person' ? 'person:' : ''
  return value === '' || value.startsWith(prefix) ? value : `${prefix}${value}`
}

const examples: { readonly [kind in keyof typeof haltKinds]: string } = {
  agent: 'agent:remediator',
  owner: 'person:dan',
  person: 'person:dan',
  environment: 'prod',
  action: 'ssm:PutParameter',
  role: 'arn:aws:iam::111122223333:role/name',
  all: 'nothing',
}
