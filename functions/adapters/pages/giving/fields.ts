// Rules: test/http/giving-pages.test.ts
import { type Html, html, type Part } from '../layout.ts'

/** The sent texts of a form, and the error of each field. */
export type Sent = {
  readonly texts: { readonly [field: string]: string }
  readonly wrong?: { readonly [field: string]: string }
}

type Field = { label: string; name: string; hint?: string | undefined; value?: string | undefined }

/** A field with its hint before it and its error behind it. @param control draws the control with these attributes */
export function field(
  { label, name, hint, value = '' }: Field,
  { texts, wrong }: Sent,
  control: (held: string, attributes: Html) => Html,
): Html {
  const problem = wrong?.[name]
  const about = [hint && `${name}-hint`, problem && `${name}-wrong`].filter(Boolean).join(' ')
  const attributes = html` id="${name}" name="${name}"${about !== '' && html` aria-describedby="${about}"`}${problem !== undefined && html` aria-invalid="true"`}`
  return html`<label for="${name}">${label}</label>${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
${control(texts[name] ?? value, attributes)}${problem !== undefined && html`<p class="wrong" id="${name}-wrong"><strong>${problem}</strong></p>`}`
}

export const textField = (of: Field, sent: Sent, more: Part = ''): Html =>
  field(
    of,
    sent,
    (held, attributes) => html`<input${attributes} value="${held}" autocomplete="off" spellcheck="false"${more}>`,
  )

export const longField = (of: Field, sent: Sent, more: Part = ''): Html =>
  field(of, sent, (held, attributes) => html`<textarea${attributes}${more}>${held}</textarea>`)

export const timeField = (of: Field, sent: Sent): Html =>
  field(of, sent, (held, attributes) => html`<input type="datetime-local"${attributes} value="${held}">`)

export const choiceField = (of: Field, sent: Sent, choices: readonly (readonly [value: string, words: Part])[]): Html =>
  field(
    of,
    sent,
    (held, attributes) =>
      html`<select${attributes}>${choices.map(([value, words]) => html`<option value="${value}"${held === value && html` selected`}>${words}</option>`)}</select>`,
  )
