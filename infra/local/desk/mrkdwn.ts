import { withEmoji } from './emoji.ts'
import { Html, html, safeUrl } from './html.ts'
import { formatDate, type Names } from './names.ts'

// Slack's text format. The sender has escaped `&`, `<` and `>`, so that a bare `<...>` is always one of Slack's own
// tokens. Everything is decoded once and then escaped by `html`; nothing that was written reaches the page as markup.
// https://docs.slack.dev/messaging/formatting-message-text

const decode = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/** What stands in `<...>`: a mention, a date or a link. */
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
    const href = url === undefined ? undefined : safeUrl(decode(url))
    return href ? html`<a href="${href}" target="_blank" rel="noopener noreferrer">${text}</a>` : text
  }
  if (target.startsWith('!')) return names.broadcast(target.slice(1))
  const href = safeUrl(decode(target))
  if (!href) return html`${decode(`<${inside}>`)}`
  return html`<a href="${href}" target="_blank" rel="noopener noreferrer">${label ?? decode(target)}</a>`
}

const marks: { [mark: string]: string } = { '*': 'b', _: 'i', '~': 's' }
const pattern = /`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*_~])([*_~])(?=\S)([^\n]*?\S)\3(?![\w*_~])/g

/** One stretch without code blocks. */
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

/** Lines, where those that begin with `>` are a quotation. */
function lines(text: string, names: Names): Html {
  const blocks: Html[] = []
  let quoted: Html[] = []
  let plain: Html[] = []
  const endPlain = () => {
    if (plain.length > 0)
      blocks.push(html`<span class="lines">${plain.map((line, index) => [index > 0 && new Html('\n'), line])}</span>`)
    plain = []
  }
  const endQuote = () => {
    if (quoted.length > 0)
      blocks.push(html`<blockquote>${quoted.map((line, index) => [index > 0 && new Html('<br>'), line])}</blockquote>`)
    quoted = []
  }
  for (const line of text.split('\n')) {
    if (line.startsWith('&gt;') || line.startsWith('>')) {
      endPlain()
      quoted.push(inline(line.replace(/^(&gt;|>) ?/, ''), names))
    } else {
      endQuote()
      plain.push(inline(line, names))
    }
  }
  endPlain()
  endQuote()
  return html`${blocks}`
}

/** Slack's mrkdwn as a reader sees it. */
export function renderMrkdwn(text: string, names: Names): Html {
  const parts = text.split(/```([\s\S]+?)```/)
  return html`${parts.map((part, index) => {
    if (index % 2 === 1) return html`<pre>${decode(part.replace(/^\n/, '').replace(/\n$/, ''))}</pre>`
    // A code block stands on lines of its own, so the line breaks around it are not shown again.
    const trimmed = part
      .replace(index > 0 ? /^\n/ : /^(?!)/, '')
      .replace(index < parts.length - 1 ? /\n$/ : /(?!)$/, '')
    return trimmed === '' ? undefined : lines(trimmed, names)
  })}`
}
