// Rules: test/local/identity-provider.test.ts
import { Html, html } from './desk/html.ts'

export interface LoginChoice {
  subject: string
  name: string
  groups: string[]
}

/** The local login page, on loopback only, without a password. @param strength the `acr` asked for */
export const renderLoginPage = (action: string, people: LoginChoice[], strength: string | undefined): string =>
  page(
    'Choose a person',
    html`<p>This is the local stand-in for your company's login. Choose a person of the sample organisation.${strength !== undefined && html` This login counts as <strong>${strength}</strong>.`}</p>
<form method="post" action="${action}">
<ul>
${people.map(
  ({ subject, name, groups }) =>
    html`<li><button name="subject" value="${subject}">${name}</button> <span>${groups.join(', ')}</span></li>\n`,
)}
</ul>
</form>`,
  )

/** @param form the provider's own markup, which a button here sends */
export const renderDevicePage = (title: string, text: string, form?: { markup: string; id: string }): string =>
  page(
    title,
    html`<p>${text}</p>
${form && html`${new Html(form.markup)}\n<p><button type="submit" form="${form.id}">Go on</button></p>`}`,
  )

function page(title: string, content: Html): string {
  const { markup } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} Local login</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem; color: #1d1c1d; background: #fff }
ul { list-style: none; padding: 0 }
li { display: flex; gap: 1rem; align-items: center; margin: 0.5rem 0 }
button, input { font: inherit; min-width: 12rem; padding: 0.6rem 1rem; text-align: left; border: 1px solid #616061; border-radius: 0.4rem; background: #fff; color: inherit }
button { cursor: pointer }
button:hover, button:focus-visible { background: #1264a3; border-color: #1264a3; color: #fff }
button:focus-visible { outline: 3px solid #1264a3; outline-offset: 2px }
span { color: #616061 }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`
  return markup
}
