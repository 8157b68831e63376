// Rules: test/http/open-page.test.ts
import { type PreparedOpening, profileNamed } from '../../domain/break-glass/break-glass.ts'
import { describeOpening, filledRights, type OpeningView } from '../../domain/cards/opening-view.ts'
import { openingNow } from '../../domain/cards/opening-words.ts'
import type { ViewFacts } from '../../domain/cards/request-view.ts'
import { exact, inert, lookalikeNote } from '../../domain/inert.ts'
import type { LoginWanted } from '../../domain/people/login-strength.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import { form, type Html, html, type Notice, page, type Reader } from './layout.ts'
import { rightsList } from './opening-page.ts'
import { drawn, time } from './words.ts'

type OpenView = {
  code: string
  prepared: PreparedOpening
  opened?: ApprovalRequest | undefined
  bundle: ViewFacts
  reader: Reader
  now: NumericDate
  notice?: Notice
}

export function openPage({ code, prepared, opened, bundle, reader, now, notice }: OpenView): string {
  const stands = !opened ? 'Open with break-glass?' : opened.status === 'approved' ? 'It is open' : 'It is over'
  const title = `${prepared.drill ? 'Drill: ' : ''}${stands}`
  const body = opened
    ? openedBody(describeOpening(opened, bundle), now)
    : askedBody(code, prepared, bundle, reader, now)
  return page({ title, reader, notice, body: html`<h1>${title}</h1>${body}` })
}

const askedBody = (
  code: string,
  { what, reason, incident, minutes, drill, until }: PreparedOpening,
  bundle: ViewFacts,
  reader: Reader,
  now: NumericDate,
): Html => html`
<p>Nothing is open yet. It opens when you click the button, for ${minutes} minutes at the longest. The people who could have approved it are told at once. Another person reviews it within a day.</p>
<dl>
<dt>What</dt><dd>${whatOf(what, bundle)}</dd>
<dt>Incident</dt><dd>${inert(incident)}</dd>
<dt>Your reason</dt><dd><blockquote>${inert(reason)}</blockquote></dd>
${drill && html`<dt>Drill</dt><dd>Its credentials can do nothing.</dd>`}
</dl>
${form(
  `/break-glass/open/${code}`,
  { csrf: reader.csrf },
  html`<p><button class="stop">${drill ? 'Open the drill' : 'Open now'}</button></p>`,
  '',
)}
<p class="soft">It can be opened until ${time(until, now)}.</p>`

function whatOf(what: PreparedOpening['what'], bundle: ViewFacts): Html {
  if (!('profile' in what))
    return html`<code>${what.action}</code><strong>${lookalikeNote(JSON.stringify(what.arguments))}</strong><pre>${exact(what.arguments)}</pre>`
  const profile = profileNamed(bundle, what.profile)
  return html`<strong>${profile?.title ?? what.profile}</strong> <code>${what.profile}</code>${
    profile && rightsList({ rights: filledRights(profile.rights, bundle) })
  }`
}

function openedBody(view: OpeningView, now: NumericDate): Html {
  const isOpen = view.progress === 'open'
  return html`
<p>${drawn(openingNow(view), now)}${view.drill && ' Its credentials can do nothing.'}</p>
${
  isOpen &&
  html`<p>Get its credentials on the machine that you work from, with a login as strong as this one. Only that machine gets them:</p>
<pre>npx --no-install hotwork break-glass claim ${view.id}</pre>
<p>When you are done:</p>
<pre>npx --no-install hotwork break-glass end ${view.id}</pre>`
}
<p><a class="button" href="/break-glass/${view.id}">Read all of it</a></p>`
}

/** The required strength of a login, in words. */
export const loginWords = ({ acr, maxAge }: LoginWanted): string =>
  [
    ...(acr === undefined ? [] : [`as strong as “${acr}”`]),
    ...(maxAge === undefined ? [] : [`at most ${Math.floor(maxAge / 60)} minutes old`]),
  ].join(' and ')
