import { type Json, objectOf, objectsOf, textOf } from './blocks.ts'
import { Html, html, safeUrl } from './html.ts'
import type { Roster } from './state.ts'

const known = new Map([
  ['lock', '🔒'],
  ['warning', '⚠️'],
  ['white_check_mark', '✅'],
])

export const withEmoji = (text: string): string =>
  text.replace(/:([a-z0-9_+-]+):/g, (all, name: string) => known.get(name) ?? all)

const mention = (label: string) => html`<span class="mention">${label}</span>`

export type Names = ReturnType<typeof namesOf>

/** Ids become names, as on a reader's screen. */
export function namesOf(roster: Roster, app: { userId: string; name: string }) {
  return {
    user: (id: string) => {
      const name = id === app.userId ? app.name : roster.people.find(({ slackUserId }) => slackUserId === id)?.realName
      return mention(`@${name ?? id}`)
    },
    channel: (id: string) => mention(`#${roster.conversations.find((channel) => channel.id === id)?.name ?? id}`),
    group: (id: string) => mention(`@${roster.groups.find((group) => group.id === id)?.handle ?? id}`),
    broadcast: (range: string) => html`<span class="mention loud">@${range}</span>`,
  }
}

const pad = (number: number) => String(number).padStart(2, '0')
export const clockTime = (at: Date): string => `${pad(at.getHours())}:${pad(at.getMinutes())}`
const day = (at: Date, month: 'long' | 'short') =>
  at.toLocaleDateString('en-GB', { day: 'numeric', month, year: 'numeric' })

/** In this machine's time zone. https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
export function formatDate(timestamp: number, format: string): Html {
  const at = new Date(timestamp * 1_000)
  if (Number.isNaN(at.getTime())) return new Html('')
  const [long, short] = [day(at, 'long'), day(at, 'short')]
  const tokens: { [token: string]: string } = {
    date_num: `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`,
    date: long,
    date_long: `${at.toLocaleDateString('en-GB', { weekday: 'long' })}, ${long}`,
    date_pretty: long,
    date_short: short,
    date_short_pretty: short,
    time: clockTime(at),
    time_secs: `${clockTime(at)}:${pad(at.getSeconds())}`,
    ago: short,
  }
  const text = format.replace(/\{(\w+)\}/g, (all, token: string) => tokens[token] ?? all)
  return html`<time datetime="${at.toISOString()}">${text}</time>`
}

// Slack's text format. The sender has escaped `&`, `<` and `>`, so that a bare `<...>` is one of Slack's own tokens. All is
// decoded once and then escaped by `html`: nothing that was written reaches the page as markup.
// https://docs.slack.dev/messaging/formatting-message-text

const decode = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/** Nothing for an address that a browser may not follow. */
function link(url: string, label: Html | string): Html | undefined {
  const href = safeUrl(url)
  return href === undefined ? undefined : html`<a href="${href}" target="_blank" rel="noopener noreferrer">${label}</a>`
}

/** In `<...>`: a mention, a date or a link. */
function token(inside: string, names: Names): Html {
  const bar = inside.indexOf('|')
  const target = bar < 0 ? inside : inside.slice(0, bar)
  const label = bar < 0 ? undefined : decode(inside.slice(bar + 1))
  if (target.startsWith('@')) return names.user(target.slice(1))
  if (target.startsWith('#')) return names.channel(target.slice(1))
  if (target.startsWith('!subteam^')) return names.group(target.slice('!subteam^'.length))
  if (target.startsWith('!date^')) {
    const [, timestamp, format, url] = target.split('^')
    const shown = formatDate(Number(timestamp), decode(format ?? ''))
    const text = shown.markup === '' ? html`${label ?? ''}` : shown
    return url === undefined ? text : (link(decode(url), text) ?? text)
  }
  if (target.startsWith('!')) return names.broadcast(target.slice(1))
  return link(decode(target), label ?? decode(target)) ?? html`${decode(`<${inside}>`)}`
}

const marks: { [mark: string]: string } = { '*': 'b', _: 'i', '~': 's' }
const pattern = /`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*_~])([*_~])(?=\S)([^\n]*?\S)\3(?![\w*_~])/g

/** Without code blocks. */
function inline(text: string, names: Names): Html {
  const parts: Html[] = []
  let from = 0
  for (const match of text.matchAll(pattern)) {
    const [all, code, inside, mark, marked] = match
    parts.push(html`${withEmoji(decode(text.slice(from, match.index)))}`)
    from = match.index + all.length
    if (code !== undefined) parts.push(html`<code>${decode(code)}</code>`)
    else if (inside !== undefined) parts.push(token(inside, names))
    else if (mark !== undefined && marked !== undefined) {
      const tag = marks[mark] as string
      parts.push(new Html(`<${tag}>${inline(marked, names).markup}</${tag}>`))
    }
  }
  parts.push(html`${withEmoji(decode(text.slice(from)))}`)
  return html`${parts}`
}

const joined = (lines: readonly Html[], by: string) => new Html(lines.map(({ markup }) => markup).join(by))

/** Those that begin with `>` are a quotation. */
function lines(text: string, names: Names): Html {
  const groups: { quoted: boolean; lines: Html[] }[] = []
  for (const line of text.split('\n')) {
    const quoted = /^(&gt;|>)/.test(line)
    if (groups.at(-1)?.quoted !== quoted) groups.push({ quoted, lines: [] })
    groups.at(-1)?.lines.push(inline(line.replace(/^(&gt;|>) ?/, ''), names))
  }
  return html`${groups.map(({ quoted, lines }) =>
    quoted
      ? html`<blockquote>${joined(lines, '<br>')}</blockquote>`
      : html`<span class="lines">${joined(lines, '\n')}</span>`,
  )}`
}

/** A code block stands on lines of its own, so the line breaks around it are dropped. */
export function renderMrkdwn(text: string, names: Names): Html {
  const parts = text.split(/\n?```\n?([\s\S]+?)\n?```\n?/)
  return html`${parts.map((part, index) => {
    if (index % 2 === 1) return html`<pre>${decode(part)}</pre>`
    return part !== '' && lines(part, names)
  })}`
}

const styles = Object.entries({ code: 'code', bold: 'b', italic: 'i', strike: 's', underline: 'u' })

function content(leaf: Json, names: Names): Html {
  switch (leaf['type']) {
    case 'link': {
      const label = textOf(leaf['text']) || textOf(leaf['url'])
      return link(textOf(leaf['url']), label) ?? html`${label}`
    }
    case 'user':
      return names.user(textOf(leaf['user_id']))
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

/** All of its text is literal: nothing in it is ever read as markup. */
export const renderRichText = (block: Json, names: Names): Html =>
  html`<div class="rich">${objectsOf(block['elements']).map((element) => part(element, names))}</div>`
