import { type Json, objectOf, objectsOf, textOf } from './blocks.ts'
import { Html, html } from './html.ts'

export type NameOf = (id: string) => string

const pad = (number: number) => String(number).padStart(2, '0')
export const clockTime = (at: Date): string => `${pad(at.getHours())}:${pad(at.getMinutes())}`

/** A date in this machine's time zone. https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
export function formatDate(timestamp: number, format: string): Html {
  const at = new Date(timestamp * 1_000)
  const tokens: { [token: string]: string } = {
    date_short_pretty: at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' }),
    time: clockTime(at),
    time_secs: `${clockTime(at)}:${pad(at.getSeconds())}`,
  }
  const text = format.replace(/\{(\w+)\}/g, (all, token: string) => tokens[token] ?? all)
  return html`<time datetime="${at.toISOString()}">${text}</time>`
}

/** Renders a message's text, in which Slack interprets markup: Hotwork's escapes are decoded to the original text. */
export const renderMessage = (text: string): Html =>
  html`<span class="lines">${text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')}</span>`

const styles = Object.entries({ code: 'code', bold: 'b', italic: 'i' })

function content(leaf: Json, nameOf: NameOf): Html {
  switch (leaf['type']) {
    case 'user':
      return html`<span class="mention">@${nameOf(textOf(leaf['user_id']))}</span>`
    case 'date':
      return formatDate(Number(leaf['timestamp']), textOf(leaf['format']))
    default:
      return html`${textOf(leaf['text'])}`
  }
}

function leaf(element: Json, nameOf: NameOf): Html {
  const style = objectOf(element['style'])
  return styles.reduce(
    (inner, [member, tag]) => (style[member] === true ? new Html(`<${tag}>${inner.markup}</${tag}>`) : inner),
    content(element, nameOf),
  )
}

const leaves = (element: Json, nameOf: NameOf) => objectsOf(element['elements']).map((each) => leaf(each, nameOf))

function part(element: Json, nameOf: NameOf): Html {
  switch (element['type']) {
    case 'rich_text_preformatted':
      return html`<pre>${leaves(element, nameOf)}</pre>`
    case 'rich_text_quote':
      return html`<blockquote class="lines">${leaves(element, nameOf)}</blockquote>`
    case 'rich_text_list': {
      const items = objectsOf(element['elements']).map((item) => html`<li class="lines">${leaves(item, nameOf)}</li>`)
      return element['style'] === 'ordered' ? html`<ol>${items}</ol>` : html`<ul>${items}</ul>`
    }
    default:
      return html`<p class="lines">${leaves(element, nameOf)}</p>`
  }
}

/** Renders rich text, which is literal: nothing in it is markup. */
export const renderRichText = (block: Json, nameOf: NameOf): Html =>
  html`<div class="rich">${objectsOf(block['elements']).map((element) => part(element, nameOf))}</div>`
