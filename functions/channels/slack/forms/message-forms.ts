// Rules: test/channels/slack/forms/message-forms.test.ts
import type { App } from '@slack/bolt'
import type { InputBlock } from '@slack/types'
import { longestText, mayBeEmpty, readSuggestion, textOfValue } from '../../../adapters/typed-arguments.ts'
import { barredWords } from '../../../domain/cards/message-words.ts'
import { describeRequest, type ViewFacts } from '../../../domain/cards/request-view.ts'
import { titleText } from '../../../domain/cards/request-words.ts'
import { type Suggestible, suggestField, suggestiblesOf } from '../../../domain/cards/suggestible.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import type { Person } from '../../../domain/people/organisation.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import { mostText, plainText } from '../../../domain/requests/plain-text.ts'
import { defined, PersonId } from '../../../domain/values.ts'
import { bold, type CardBlock, context, rich, section, words } from '../cards/blocks.ts'
import { askAgent, askColleague, denyWords, revise } from '../cards/card-decide.ts'
import { attempt, decide, decisionOnCard, foresee } from '../edge/answers.ts'
import { metadataOf, onceFor, readSubject, type Subject } from '../edge/click.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { keepOpen, onSubmit, showInstead } from '../edge/listen.ts'
import { argumentInput, argumentTyped } from './argument-inputs.ts'
import { answerTo, factBlocks, fieldsOf, toAgentIn, toAgentInput } from './card-forms.ts'
import {
  choice,
  cut,
  form,
  type Modal,
  mostChoices,
  saidModal,
  selectInput,
  textIn,
  textInput,
  truthModal,
  type Values,
} from './modal-blocks.ts'

/** Forms by which a person writes to the agent, or asks a colleague to decide. */

export function denyWordsModal(state: ApprovalRequest, facts: ViewFacts, about: Subject): Modal {
  return form(
    denyWords,
    { title: 'Deny with words', submit: 'Deny', about: metadataOf(about) },
    ...factBlocks(describeRequest(state, facts)),
    toAgentInput({ hint: 'The agent reads it, without your name.' }),
    textInput('comment', 'Comment', { optional: true, hint: 'The agent’s owner reads it. The agent does not.' }),
    context(barredWords),
  )
}

export function reviseModal(state: ApprovalRequest, facts: ViewFacts, about: Subject): Modal {
  const view = describeRequest(state, facts)
  return form(
    revise,
    { title: 'Say what to change', submit: 'Send back', about: metadataOf(about) },
    ...factBlocks(view),
    toAgentInput({ hint: 'The agent reads it, without your name. This request ends now; the agent may ask again.' }),
    ...suggestionBlocks(suggestiblesOf(view, facts)),
    textInput('comment', 'Comment', {
      optional: true,
      hint: 'People who look at this request see it. The agent does not.',
    }),
    context(barredWords),
  )
}

/** A form has at most 100 blocks, of all kinds. */
const mostFields = 80

function suggestionBlocks(all: readonly Suggestible[]): (InputBlock | CardBlock)[] {
  const fields = all.flatMap((each) => each.names.map((name) => ({ each, name })))
  const shown = fields.filter(({ each, name }) => textOfArgument(each, name).length <= longestText)
  if (fields.length === 0) return []
  if (shown.length > mostFields) return [context('Other arguments can be suggested on its page.')]
  const more = fields.length - shown.length
  return [
    rich(
      'suggest',
      section(
        bold('Other arguments, if you would rather see them. '),
        words('Those that you leave, and those without a field, stay as asked.'),
      ),
    ),
    ...shown.map(({ each, name }) => suggestInput(each, name)),
    ...(more > 0 ? [context(`${more} more are too long for this form: suggest them on its page.`)] : []),
  ]
}

function suggestInput(each: Suggestible, name: string): InputBlock {
  const schema = each.schema.properties[name]
  const block = suggestField(each, name)
  const text = textOfArgument(each, name)
  if (!schema) throw new Error(`no argument \`${name}\``)
  const values = { [block]: { [block]: { value: text, selected_option: { value: text } } } } as unknown as Values
  const optional = !each.schema.required.includes(name) || mayBeEmpty(schema)
  const made = argumentInput(name, schema, { optional, values, block })
  const step = each.step === undefined ? '' : `Step ${each.step}, ${titleText(each.title, 60)}: `
  return { ...made, label: { ...made.label, text: `${step}${name}` } }
}

function textOfArgument({ schema, arguments: args }: Suggestible, name: string): string {
  const [own, value] = [schema.properties[name], args[name]]
  return own && value !== undefined ? textOfValue(own, value) : ''
}

export const questionModal = (state: ApprovalRequest, facts: ViewFacts, about: Subject): Modal =>
  form(
    askAgent,
    { title: 'Ask the agent', submit: 'Ask', about: metadataOf(about) },
    ...factBlocks(describeRequest(state, facts)),
    textInput('question', 'Question', {
      hint: 'The agent reads it, without your name. No deadline moves, and nothing is decided.',
    }),
    context(barredWords),
  )

/** @param people those who may decide the open stage */
export function colleagueModal(
  state: ApprovalRequest,
  facts: ViewFacts,
  about: Subject,
  people: readonly Person[],
): Modal {
  const title = 'Ask a colleague'
  if (people.length === 0)
    return saidModal(title, 'No other person may decide this stage now, or all of them were asked.')
  const more = people.length - mostChoices
  return form(
    askColleague,
    { title, submit: 'Ask', about: metadataOf(about) },
    ...factBlocks(describeRequest(state, facts)),
    selectInput(
      'colleague',
      'Who should look at it',
      'A person who may decide it now',
      people.map(({ id, name }) => choice(id, clamp(inert(`${name} (${id})`), 50).text)),
      defined({ hint: more > 0 ? `${more} more may decide it: name them through the API` : undefined }),
    ),
    context('They are sent this card once, with your name. No right changes, and you may still decide.'),
  )
}

export function registerMessages(app: App, options: EdgeOptions): void {
  onSubmit(app, options, denyWords, readSubject, async ({ person, about, view, typed, carried }) => {
    const ask = { person, verdict: 'deny', ...said(view.state.values) } as const
    return answerTo(await decide(ask, about, carried, options), { fields: fieldsOf(view), typed })
  })
  onSubmit(app, options, revise, readSubject, async ({ person, about, view, typed, carried }) => {
    const { values } = view.state
    const before = { person, verdict: 'revise', toAgent: '-', ...decisionOnCard(about, options) } as const
    const found = await foresee(about.request, () => options.foresee(before), carried, options)
    if (!found.ok) return showInstead(truthModal(found.sentence, typed))
    const all = suggestiblesOf(describeRequest(found.state, options.bundle), options.bundle)
    const read = readSuggestion(all, (field) => (values[field] ? (argumentTyped(values, field) ?? '') : undefined))
    if (Object.keys(read.wrong).length > 0)
      return keepOpen(
        Object.fromEntries(Object.entries(read.wrong).map(([field, why]) => [field, clamp(why, 140).text])),
      )
    const ask = {
      person,
      verdict: 'revise',
      ...said(values),
      ...defined({ suggest: read.suggest && { arguments: read.suggest } }),
    } as const
    return answerTo(await decide(ask, about, carried, options), { fields: fieldsOf(view), typed })
  })
  onSubmit(app, options, askAgent, readSubject, async ({ person, about, view, typed, carried }) => {
    const text = plainText(mostText).safeParse(textIn(view.state.values, 'question'))
    if (!text.success) return keepOpen({ question: `It ${text.error.issues[0]?.message}.` })
    const ask = { ...subjectOf(about), person, text: text.data, once: onceFor(carried, about.request) }
    const told = await attempt({ request: about.request }, ask, options.askQuestion, carried, options)
    return answerTo(told, { fields: ['question'], typed })
  })
  onSubmit(app, options, askColleague, readSubject, async ({ person, about, view, carried }) => {
    const to = PersonId.safeParse(view.state.values['colleague']?.['colleague']?.selected_option?.value)
    if (!to.success) return keepOpen({ colleague: 'Choose a person.' })
    const ask = { ...subjectOf(about), person, to: to.data, once: onceFor(carried, about.request) }
    const told = await attempt({ request: about.request }, ask, options.askColleague, carried, options)
    return answerTo(told, { fields: ['colleague'], typed: undefined })
  })
}

const subjectOf = ({ request: id, round, digest }: Subject) => ({ id, round, digest })

const said = (values: Values) =>
  defined({ toAgent: toAgentIn(values), comment: cut(textIn(values, 'comment')) || undefined })
