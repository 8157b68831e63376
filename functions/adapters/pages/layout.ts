// Rules: test/http/pages.test.ts
import { createHash } from 'node:crypto'
import { timelineStyle } from './timeline-style.ts'

/** Markup. Only `html` makes it; everything else is text. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Part = Html | string | number | false | undefined | readonly Part[]

const escapes: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const written = (part: Part): string => {
  if (part === undefined || part === false) return ''
  if (part instanceof Html) return part.text
  if (Array.isArray(part)) return part.map(written).join('')
  return String(part).replace(/[&<>"']/g, (character) => escapes[character] ?? character)
}

/** Escapes its parts, unless they are markup. Escaping cannot be turned off. */
export const html = (fixed: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(fixed.reduce((all, text, at) => `${all}${written(parts[at - 1])}${text}`))
export type { Part }

/**
 * The style sheet. The pages' policy lets a browser apply only the style with this hash. Colour is never the only sign,
 * and everything is readable at 320 pixels and at double size.
 */
const style = `
:root { color-scheme: light dark; --ink: #1b1d21; --soft: #565b63; --paper: #fff; --card: #f6f6f4; --line: #c9cbcf; --link: #0b57a4; --go: #14613a; --stop: #a3231c; --warn: #7a4b00; --mark: #fff4d6; --on: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e9eaec; --soft: #a9aeb6; --paper: #16181c; --card: #1f2227; --line: #454a53; --link: #8cc0ff; --go: #7fd6a4; --stop: #ff9d94; --warn: #f3c969; --mark: #3a2f14; --on: #16181c } }
* { box-sizing: border-box }
body { margin: 0; font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); background: var(--paper) }
a { color: var(--link) }
.skip { position: absolute; left: -99rem } .skip:focus { left: .5rem; top: .5rem; padding: .5rem; background: var(--paper) }
header { border-bottom: 1px solid var(--line) }
header > div, main, footer { max-width: 46rem; margin: 0 auto; padding: .75rem 1rem }
header > div { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center }
header strong { margin-right: auto } header form { margin: 0 0 0 auto }
main { padding-bottom: 3rem; overflow-wrap: break-word }
h1 { font-size: 1.4rem; line-height: 1.3; margin: .75rem 0 .5rem; overflow-wrap: anywhere } h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem } h3 { font-size: 1rem; margin: 1rem 0 .5rem } .box h3 { margin-top: 0 } h4 { font-size: .95rem; margin: .6rem 0 .25rem }
p { margin: .5rem 0 } ul, ol { padding-left: 1.25rem; margin: .5rem 0 } li { margin: .35rem 0 }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .15rem 1rem; padding: 0; margin: 0 } nav li { margin: 0 } nav a { display: block; padding: .25rem 0 } nav [aria-current] { font-weight: 700; color: var(--ink); text-decoration-thickness: 3px }
.soft { color: var(--soft) } code, pre { font: .92em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere }
pre { margin: .15rem 0 .6rem; padding: .5rem .65rem; background: var(--card); border: 1px solid var(--line); border-radius: .35rem; white-space: pre-wrap }
.chips { display: flex; flex-wrap: wrap; gap: .4rem; margin: .25rem 0 }
.chip { border: 1px solid currentColor; border-radius: 1rem; padding: .05rem .65rem; font-size: .9rem; font-weight: 600 }
.chip.prod { border-width: 2px; border-style: double; color: var(--stop) } .chip.drill { border-style: dashed; border-width: 2px } .chip.go { color: var(--go) } .chip.stop { color: var(--stop) } .chip.wait { color: var(--warn) }
.notice { border: 1px solid var(--line); border-left: .4rem solid var(--warn); background: var(--mark); padding: .6rem .9rem; border-radius: .35rem; margin: .75rem 0 } .notice p { margin: 0 } .notice.go { border-left-color: var(--go) }
dl { margin: .5rem 0; display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: .35rem 1rem } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
.diff dd > span { color: var(--soft) } .diff del, .diff ins { text-decoration: none; display: inline-block; max-width: 100%; padding: .05rem .5rem; border: 1px dashed var(--soft); border-radius: .35rem } .diff ins { border: 2px solid var(--ink); font-weight: 600 } .side { color: var(--soft); font-size: .8rem; font-weight: 400 }
blockquote { margin: .5rem 0; padding: .4rem .9rem; border-left: .3rem dotted var(--soft); color: var(--soft); font-style: italic; overflow-wrap: anywhere }
.list { list-style: none; padding: 0 } .list > li { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; margin: .75rem 0 } .list h2, .list h3 { margin: 0 0 .25rem }
.box { border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1rem; margin: .75rem 0 }
label { display: block; font-weight: 600; margin: .5rem 0 .2rem } .hint { color: var(--soft); font-size: .92rem; font-weight: 400 }
textarea, input, select { font: inherit; color: inherit; background: var(--paper); width: 100%; padding: .5rem .6rem; border: 1px solid var(--soft); border-radius: .35rem } textarea { min-height: 4.2rem } input[type=number] { max-width: 12rem }
input[type=radio], input[type=checkbox] { width: auto; min-height: 0; margin: .3rem .2rem 0 0; flex: none } fieldset { border: 0; padding: 0; margin: 0 } legend { font-weight: 600; padding: 0 } .choice { display: flex; gap: .4rem; padding: .4rem 0; font-weight: 400 }
input, select { min-height: 2.75rem } input[type=datetime-local] { max-width: 16rem } [aria-invalid=true] { border: 2px solid var(--stop) } .wrong { color: var(--stop) } .wrong::before { content: "✗ " }
.fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 0 1rem; align-items: end }
.budgets { list-style: none; padding: 0 } .budgets strong { white-space: nowrap } meter { display: block; width: 100%; height: 1rem; margin-top: .15rem }
table { width: 100%; border-collapse: collapse } th, td { text-align: left; vertical-align: top; padding: .45rem .5rem .45rem 0; border-bottom: 1px solid var(--line) } td { white-space: nowrap } thead th { color: var(--soft); font-weight: 400 }
.met td strong, .line .met span { color: var(--go) } .missed td strong, .line .missed span { color: var(--stop) }
.bar { display: block; width: 100%; min-width: 4rem; height: .4rem; margin-top: .3rem } .bar .all { fill: var(--line) } .bar .part { fill: var(--go) } .missed .bar .part { fill: var(--stop) }
.line { list-style: none; padding: 0; margin: 1.5rem 0; display: grid; grid-template-columns: repeat(5, 1fr); gap: .5rem } .line li { position: relative; margin: 0; padding: 2.6rem .1rem 0; text-align: center; line-height: 1.3 } .line strong, .line span { display: block }
.line li::before { content: "…"; position: absolute; z-index: 1; top: 0; left: calc(50% - 1.05rem); width: 2.1rem; height: 2.1rem; line-height: 1.9rem; text-align: center; border: 2px solid var(--soft); border-radius: 50%; background: var(--paper); font-weight: 700 } .line .met::before { content: "✓"; border-color: var(--go); background: var(--go); color: var(--on) } .line .missed::before { content: "✗"; border-color: var(--stop); background: var(--stop); color: var(--on) } .line .unknown::before { content: "?" } .line .not_due::before { content: "–" }
.line li:not(:last-child)::after { content: ""; position: absolute; top: 1rem; left: 50%; width: calc(100% + .5rem); border-top: 3px solid var(--line) }
button, .button { font: inherit; font-weight: 600; cursor: pointer; display: inline-block; min-height: 2.75rem; padding: .45rem 1.1rem; margin-top: .6rem; border-radius: .4rem; border: 2px solid var(--ink); color: var(--ink); background: var(--paper); text-decoration: none }
button.go { border-color: var(--go); background: var(--go); color: var(--on) } button.stop { border-color: var(--stop); color: var(--stop) } header button { margin: 0; min-height: 2.2rem; padding: .15rem .8rem; border-width: 1px; font-weight: 400 }
:focus-visible, input:focus-within { outline: 3px solid var(--link); outline-offset: 2px } summary { cursor: pointer; font-weight: 600; padding: .35rem 0 }
@media (max-width: 34rem) { td { white-space: normal } dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .5rem } .box button { width: 100% }
.line { grid-template-columns: 1fr; gap: 0 } .line li { text-align: left; padding: .3rem 0 1rem 3rem; min-height: 3.2rem } .line li::before { left: 0 } .line li:not(:last-child)::after { left: 1rem; top: 2.1rem; bottom: 0; width: 0; border-top: 0; border-left: 3px solid var(--line) } }
${timelineStyle}.items { padding-left: 2.2rem } .items ul { padding: 0; list-style: none; margin: 0 } .tl-narrow { display: none }
@media (max-width: 34rem) { .tl-wide { display: none } .tl-narrow { display: block } }
@media print { header, form, details { display: none } }
`

const hash = createHash('sha256').update(style, 'utf8').digest('base64')

/**
 * The policy of the pages: a browser may show a page and send its forms here. It runs no script, loads no picture and
 * no frame, and tells no other site the page's address.
 */
export const pageHeaders = (issuer: string): { [name: string]: string } => ({
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${hash}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Not `no-referrer`, with which a browser sends no `Origin` with a form either.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  ...(issuer.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
})

/** `at`: the path of the page, as the API knows it. */
export type Reader = { name: string; csrf: string; at?: string }

export type Notice = { good?: boolean; text: string }

type Page = {
  title: string
  reader?: Reader
  notice?: Notice | undefined
  body: Html
  /**
   * An address that the browser follows by itself, at once. It may be on another site, since the policy for forms does
   * not cover it.
   */
  goTo?: string
}

export const page = ({ title, reader, notice, body, goTo }: Page): string =>
  `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${goTo !== undefined && html`<meta http-equiv="refresh" content="0; url=${goTo}">`}
<title>${title} · Hotwork</title>
<style>${sheet}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><div><strong>Hotwork</strong>${reader && navigation(reader)}</div></header>
<main id="main">
${notice && html`<div class="notice${notice.good ? ' go' : ''}" role="${notice.good ? 'status' : 'alert'}"><p>${notice.text}</p></div>`}
${body}
</main>
</body>
</html>
`.text
  }`

// Not escaped, since the policy has the hash of exactly this text.
const sheet = new Html(style)

const pages: readonly (readonly [path: string, name: string])[] = [
  ['/decide', 'Waiting for you'],
  ['/requests', 'History'],
  ['/halts', 'Halts'],
  ['/agents', 'Agents'],
  ['/groups', 'Groups'],
  ['/break-glass', 'Break-glass'],
  ['/link', 'Slack account'],
]

const navigation = ({ name, csrf, at = '' }: Reader): Html => html`
<nav aria-label="Pages"><ul>${pages.map(([path, words]) => html`<li><a href="${path}"${currentOf(path, at)}>${words}</a></li>`)}</ul></nav>
${form('/logout', { csrf }, html`<span class="soft">${name}</span> <button>Log out</button>`, '')}`

/** Marks the link to the page itself, or to the page above it. */
const currentOf = (path: string, at: string): Part =>
  at === path ? html` aria-current="page"` : at.startsWith(`${path}/`) && html` aria-current="true"`

/** A form of the reader. `hidden` are its invisible fields. */
export const form = (
  action: string,
  hidden: { csrf: string; [name: string]: Part },
  body: Html,
  attributes: Part = html` class="box"`,
): Html =>
  html`<form${attributes} method="post" action="${action}">
${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${body}
</form>`

export const environmentChip = (environment: string): Html =>
  html`<span class="chip${/^prod/.test(environment) ? ' prod' : ''}">${environment.toUpperCase()}</span>`

export const titled = (id: string, title: string, body: Part): Html => html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${body}
</section>`

export const messagePage = ({
  text,
  next,
  ...rest
}: Omit<Page, 'body'> & { text: Part; next?: { href: string; text: string } }): string =>
  page({
    ...rest,
    body: html`<h1>${rest.title}</h1>
<p>${text}</p>
${next && html`<p><a class="button" href="${next.href}">${next.text}</a></p>`}`,
  })

/** The page on the way to the provider. Without a script the browser follows by itself, or the person by the link. */
export const goingPage = (goTo: string, reader: Reader): string =>
  messagePage({
    title: 'Confirm by logging in',
    text: 'Nothing is recorded yet. Approving this needs a new login, which is kept as the proof of your approval.',
    next: { href: goTo, text: 'Log in and approve' },
    reader,
    goTo,
  })

/** The page of a problem's type (RFC 9457 section 3.1.1): its meaning and its fix. */
export const problemTypePage = (code: string, { title, fix }: { title: string; fix: string }): string =>
  page({
    title,
    body: html`<h1>${title}</h1>
<p>This is the problem <code>${code}</code> of Hotwork's API. The <code>detail</code> of the answer says more.</p>
<p>What helps: ${fix.replaceAll('`', '')}.</p>`,
  })
