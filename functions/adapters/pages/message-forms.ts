// Rules: test/http/message-page.test.ts
import { barredWords } from '../../domain/cards/message-words.ts'
import { titleText } from '../../domain/cards/request-words.ts'
import { type Suggestible, suggestField } from '../../domain/cards/suggestible.ts'
import { clamp, inert } from '../../domain/inert.ts'
import type { Person } from '../../domain/people/organisation.ts'
import { isNullable } from '../../domain/policy/absent.ts'
import { type ArgumentSchema, formOf, textIn } from '../../domain/policy/arguments.ts'
import { mostText, mostToAgent } from '../../domain/requests/plain-text.ts'
import { boundsOf, mayBeEmpty, textOfValue } from '../typed-arguments.ts'
import { type Html, html, type Part } from './layout.ts'

/** Fields by which a person writes to the agent, or asks a colleague to decide. */

/** The texts of a refused form, to show again. `of`: its kind; `wrong`: the error of each field. */
export type Draft = {
  of: 'approve' | 'less' | 'deny' | 'revise' | 'question'
  texts: { readonly [field: string]: string }
  wrong?: { readonly [field: string]: string }
}

/** The text of a form, if it is the refused one. */
export const drafted = (draft: Draft | undefined, of: Draft['of'], field: string): string | undefined =>
  draft?.of === of ? draft.texts[field] : undefined

/** Adds a line break, since a browser drops the first one of a text area. */
export const textArea = (id: string, name: string, most: number, attributes: Part, text: string | undefined): Html =>
  html`<textarea id="${id}" name="${name}" maxlength="${most}"${attributes}>
${text}</textarea>`

export const toAgentField = (of: Draft['of'], draft: Draft | undefined, isRequired = false): Html =>
  html`<label for="${of}-to-agent">To the agent <span class="hint">${isRequired ? 'required' : 'optional'}; the agent reads it, without your name</span></label>
${textArea(`${of}-to-agent`, 'to_agent', mostToAgent, isRequired && html` required`, drafted(draft, of, 'to_agent'))}`

/** The arguments that may be suggested, each with its present value. */
export const suggestFields = (all: readonly Suggestible[], draft: Draft | undefined): Part =>
  all.length > 0 &&
  html`<details${draft?.of === 'revise' && html` open`}><summary>Suggest other arguments</summary>
<p class="hint">Those that you leave, and those without a field, stay as asked.</p>
${all.map(
  (
    each,
  ) => html`<fieldset>${each.step !== undefined && html`<legend>${each.step}. ${titleText(each.title, 160)}</legend>`}
${each.names.map((name) => suggestInput(each, name, draft))}</fieldset>`,
)}</details>`

function suggestInput(each: Suggestible, name: string, draft: Draft | undefined): Part {
  const [schema, value] = [each.schema.properties[name], each.arguments[name]]
  if (!schema) return false
  const field = suggestField(each, name)
  const text = drafted(draft, 'revise', field) ?? (value === undefined ? '' : textOfValue(schema, value))
  const wrong = draft?.wrong?.[field]
  const isOptional = !each.schema.required.includes(name) || mayBeEmpty(schema)
  const hint = [schema.description, ...(isOptional ? ['optional'] : []), boundsOf(schema)].filter(Boolean).join('; ')
  const about = html` id="${field}" name="${field}"${!isOptional && html` required`}${wrong !== undefined && html` aria-invalid="true" aria-describedby="${field}-wrong"`}`
  return html`<label for="${field}">${name} <span class="hint">${clamp(inert(hint), 240).text}</span></label>
${inputOf(schema, about, text, isOptional)}${wrong !== undefined && html`<p class="wrong" id="${field}-wrong"><strong>${wrong}</strong></p>`}`
}

/** A menu, a number or a line for a simple schema; for others several lines, such as JSON. */
export function inputOf(schema: ArgumentSchema, about: Html, text: string, isOptional: boolean): Html {
  const form = formOf(schema)
  const choices = form === 'boolean' ? ['true', 'false'] : textIn(schema)?.enum
  if (choices !== undefined && !isNullable(schema))
    return html`<select${about}>${(isOptional ? ['', ...choices] : choices).map((each) => html`<option value="${each}"${each === text && html` selected`}>${inert(each)}</option>`)}</select>`
  const quiet = html` autocomplete="off" autocapitalize="none" spellcheck="false"`
  if (form === 'integer' || form === 'number') return html`<input${about}${quiet} inputmode="decimal" value="${text}">`
  if (form === 'string' && text.length <= 256 && !/[\r\n]/.test(text))
    return html`<input${about}${quiet} value="${text}">`
  return html`<textarea${about}${quiet}>
${text}</textarea>`
}

export const questionFields = (draft: Draft | undefined): Html =>
  html`<p class="hint">Nothing is decided, and no deadline moves. ${barredWords}</p>
<label for="question">Question <span class="hint">the agent reads it, without your name</span></label>
${textArea('question', 'question', mostText, html` required`, drafted(draft, 'question', 'question'))}
<button>Ask the agent</button>`

export const colleagueFields = (people: readonly Pick<Person, 'id' | 'name'>[]): Html =>
  html`<p class="hint">They are sent this request once, with your name. No right changes, and you may still decide.</p>
<label for="colleague">Who should look at it</label>
<select id="colleague" name="colleague">${people.map(({ id, name }) => html`<option value="${id}">${inert(`${name} (${id})`)}</option>`)}</select>
<button>Ask them to look</button>`
