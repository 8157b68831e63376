import { emoji } from './emoji.ts'
import { Html, html, safeUrl } from './html.ts'
import { type Json, objectOf, objectsOf, textOf } from './json.ts'
import { formatDate, type Names } from './names.ts'

const styles: [member: string, tag: string][] = [
  ['code', 'code'],
  ['bold', 'b'],
  ['italic', 'i'],
  ['strike', 's'],
  ['underline', 'u'],
]

function content(leaf: Json, names: Names): Html {
  switch (leaf['type']) {
    case 'link': {
      const url = textOf(leaf['url'])
      const href = safeUrl(url)
      const label = textOf(leaf['text']) || url
      return href ? html`<a href="${href}" target="_blank" rel="noopener noreferrer">${label}</a>` : html`${label}`
    }
    case 'user':
      return names.user(textOf(leaf['user_id']))
    case 'usergroup':
      return names.group(textOf(leaf['usergroup_id']))
    case 'channel':
      return names.channel(textOf(leaf['channel_id']))
    case 'broadcast':
      return names.broadcast(textOf(leaf['range']))
    case 'emoji':
      return html`${emoji(textOf(leaf['name']))}`
    case 'date':
      return formatDate(Number(leaf['timestamp']), textOf(leaf['format']))
    default:
      return html`${textOf(leaf['text'])}`
  }
}

function leaf(element: Json, names: Names): Html {
  const style = objectOf(element['style'])
  return styles.reduce(
    (inner, [member, tag]) => (style[member] === true ? new Html(`<${tag}>${inner.markup}</${tag}>`) : inner),
    content(element, names),
  )
}

const leaves = (element: Json, names: Names) => objectsOf(element['elements']).map((each) => leaf(each, names))

function part(element: Json, names: Names): Html {
  switch (element['type']) {
    case 'rich_text_preformatted':
      return html`<pre>${leaves(element, names)}</pre>`
    case 'rich_text_quote':
      return html`<blockquote class="lines">${leaves(element, names)}</blockquote>`
    case 'rich_text_list': {
      const items = objectsOf(element['elements']).map((item) => html`<li class="lines">${leaves(item, names)}</li>`)
      const indent = `indent-${Number(element['indent'] ?? 0)}`
      if (element['style'] !== 'ordered') return html`<ul class="${indent}">${items}</ul>`
      return html`<ol class="${indent}" start="${Number(element['offset'] ?? 0) + 1}">${items}</ol>`
    }
    default:
      return html`<p class="lines">${leaves(element, names)}</p>`
  }
}

/** A `rich_text` block. All of its text is literal: nothing in it is ever read as markup. */
export const renderRichText = (block: Json, names: Names): Html =>
  html`<div class="rich">${objectsOf(block['elements']).map((element) => part(element, names))}</div>`
