// Rules: test/http/pages.test.ts
import { createHash } from 'node:crypto'
import script from './bundled-script.ts'
import { Html, html, type Part } from './html.ts'
import { style } from './style.ts'

export { type Html, html, type Part } from './html.ts'

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`

/**
 * The policy of the pages: a browser may show a page and send its forms here. It runs one script, by its hash, which
 * fetches only from here; it loads icon and manifest of this site, refuses frames, and hides the page's address from
 * other sites.
 */
export const pageHeaders = (issuer: string): { [name: string]: string } => ({
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    "connect-src 'self'",
    "img-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // With `no-referrer` a browser sends forms without `Origin`.
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
<link rel="manifest" href="/manifest.webmanifest">
<meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#16181c" media="(prefers-color-scheme: dark)">
<link rel="icon" href="/icons/icon.svg" type="image/svg+xml">
<link rel="apple-touch-icon" href="/icons/icon-180.png">
<style>${sheet}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><div><strong>Hotwork</strong>${reader && navigation(reader)}</div></header>
<main id="main">
${notice && html`<div class="notice${notice.good ? ' go' : ''}" role="${notice.good ? 'status' : 'alert'}"><p>${notice.text}</p></div>`}
${body}
</main>
${
  reader &&
  html`${keysHelp}
<script>${code}</script>`
}
</body>
</html>
`.text
  }`

// Unescaped: the policy has the hashes of exactly these texts.
const [sheet, code] = [new Html(style), new Html(script)]

/** The keys of the script, which shows the button. A person can turn them off (WCAG 2.1.4). */
const keysHelp = html`<footer><button type="button" id="keys-show" hidden>Keys <kbd>?</kbd></button></footer>
<dialog id="keys" aria-labelledby="keys-title">
<h2 id="keys-title">Keys</h2>
<dl><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>the next, the previous row of a list; <kbd>Enter</kbd> opens it</dd>
<dt><kbd>a</kbd> <kbd>d</kbd></dt><dd>the form to approve, to deny, of this request or of the row. Only its button decides</dd>
<dt><kbd>?</kbd></dt><dd>this help</dd></dl>
<label class="choice"><input type="checkbox" id="keys-on" checked> Use these keys in this browser</label>
<form method="dialog"><button>Close</button></form>
</dialog>`

const pages: readonly (readonly [path: string, name: string])[] = [
  ['/decide', 'Waiting for you'],
  ['/requests', 'History'],
  ['/ask', 'Ask'],
  ['/permits', 'Permits'],
  ['/stand-ins', 'Stand-ins'],
  ['/halts', 'Halts'],
  ['/agents', 'Agents'],
  ['/groups', 'Groups'],
  ['/measures', 'Measures'],
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
