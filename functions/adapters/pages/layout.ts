import { Html, html } from './html.ts'
import { style } from './style.ts'

/** Who is looking, for the top of a page, with what makes a form of theirs. */
export type Reader = { name: string; csrf: string }

export type Notice = { good?: boolean; text: string }

type Page = {
  title: string
  reader?: Reader
  notice?: Notice | undefined
  body: Html
  /** Where the browser goes by itself, at once: no form's policy holds for that, so it may be another's address. */
  goTo?: string
}

/** A whole page: what it is called, who looks at it, what they are to be told first, and the rest. */
export const page = ({ title, reader, notice, body, goTo }: Page): string =>
  `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${goTo === undefined ? '' : html`<meta http-equiv="refresh" content="0; url=${goTo}">`}
<title>${title} · Hotwork</title>
<style>${sheet}</style>
</head>
<body>
<a class="skip" href="#main">To what matters</a>
<header><div><strong>Hotwork</strong>${reader ? navigation(reader) : ''}</div></header>
<main id="main">
${notice ? html`<div class="notice${notice.good ? ' go' : ''}" role="${notice.good ? 'status' : 'alert'}"><p>${notice.text}</p></div>` : ''}
${body}
</main>
</body>
</html>
`.text
  }`

// Ours to the letter, since its hash is what the policy names: it is no text, and nothing is put into it.
const sheet = new Html(style)

const navigation = ({ name, csrf }: Reader): Html => html`
<nav aria-label="Pages"><a href="/decide">Waiting for you</a> · <a href="/break-glass">Break-glass</a> · <a href="/link">Slack account</a></nav>
<form method="post" action="/logout"><input type="hidden" name="csrf" value="${csrf}"><span class="soft">${name}</span> <button>Log out</button></form>`

/** A page that says one thing, and what can be done next. */
export const messagePage = (message: {
  title: string
  text: string
  next?: { href: string; text: string }
  reader?: Reader
}): string => {
  const { title, text, next, reader } = message
  return page({
    title,
    ...(reader ? { reader } : {}),
    body: html`<h1>${title}</h1>
<p>${text}</p>
${next ? html`<p><a class="button" href="${next.href}">${next.text}</a></p>` : ''}`,
  })
}

/** On the way to the provider: without a script the browser goes by itself, and whoever stops it finds the way here. */
export const goingPage = (goTo: string, reader: Reader): string =>
  page({
    title: 'Confirm by logging in',
    reader,
    goTo,
    body: html`<h1>Confirm by logging in</h1>
<p>Nothing is recorded yet. Approving this takes a login of its own, which is kept as the proof of your approval.</p>
<p><a class="button" href="${goTo}">Log in and approve</a></p>`,
  })
