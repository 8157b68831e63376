import type { PreparedOpening } from '../../domain/break-glass/break-glass.ts'
import { describeOpening, filledRights, type OpeningView } from '../../domain/cards/opening-view.ts'
import { openingNow } from '../../domain/cards/opening-words.ts'
import type { ViewFacts } from '../../domain/cards/request-view.ts'
import { exact, inert, lookalikeNote } from '../../domain/inert.ts'
import type { LoginWanted } from '../../domain/people/login-strength.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import { type Html, html, type Notice, page, type Reader } from './layout.ts'
import { rightsList } from './opening-page.ts'
import { drawn, time } from './words.ts'

export type OpenView = {
  code: string
  prepared: PreparedOpening
  opened?: ApprovalRequest | undefined
  bundle: ViewFacts
  reader: Reader
  now: NumericDate
  notice?: Notice
}

/** What a person prepared to open with break-glass, with the one button that opens it; or that it is open, and what is next. */
export function openPage({ code, prepared, opened, bundle, reader, now, notice }: OpenView): string {
  const drill = prepared.drill ? 'Drill: ' : ''
  const title = opened ? `${drill}It is open` : `${drill}Open with break-glass?`
  return page({
    title: opened && opened.status !== 'approved' ? `${drill}It is over` : title,
    reader,
    notice,
    body: opened ? openedBody(describeOpening(opened, bundle), now) : askedBody(code, prepared, bundle, reader, now),
  })
}

const askedBody = (
  code: string,
  { what, reason, incident, minutes, drill, until }: PreparedOpening,
  bundle: ViewFacts,
  reader: Reader,
  now: NumericDate,
): Html => html`<h1>${drill ? 'Drill: open' : 'Open'} with break-glass?</h1>
<p>Nothing is open yet. It opens when you click the button, for ${minutes} minutes at the longest, and everybody whom it concerns is told at once. Somebody else reviews it within a day.</p>
<dl>
<dt>What</dt><dd>${whatOf(what, bundle)}</dd>
<dt>Incident</dt><dd>${inert(incident)}</dd>
<dt>Your reason</dt><dd><blockquote>${inert(reason)}</blockquote></dd>
${drill ? html`<dt>Drill</dt><dd>Its credentials can do nothing.</dd>` : ''}
</dl>
<form method="post" action="/break-glass/open/${code}">
<input type="hidden" name="csrf" value="${reader.csrf}">
<p><button class="stop">${drill ? 'Open the drill' : 'Open now'}</button></p>
</form>
<p class="soft">It can be opened until ${time(until, now)}.</p>`

/** What a profile is called and opens; or one action, with its arguments exactly. */
function whatOf(what: PreparedOpening['what'], bundle: ViewFacts): Html {
  if (!('profile' in what))
    return html`<code>${what.action}</code><strong>${lookalikeNote(JSON.stringify(what.arguments))}</strong><pre>${exact(what.arguments)}</pre>`
  const profile = bundle.breakGlass?.profiles.find(({ name }) => name === what.profile)
  return html`<strong>${profile?.title ?? what.profile}</strong> <code>${what.profile}</code>${
    profile ? rightsList({ rights: filledRights(profile.rights, bundle) }) : ''
  }`
}

function openedBody(view: OpeningView, now: NumericDate): Html {
  const isOpen = view.progress === 'open'
  return html`<h1>${view.drill ? 'Drill: ' : ''}${isOpen ? 'It is open' : 'It is over'}</h1>
<p>${drawn(openingNow(view), now)}${view.drill ? ' Its credentials can do nothing.' : ''}</p>
${
  isOpen
    ? html`<p>Take it up on the machine that you work from, with a login as strong as yours was here. That machine alone gets credentials of it:</p>
<pre>npx hotwork break-glass claim ${view.id}</pre>
<p>When you are done:</p>
<pre>npx hotwork break-glass end ${view.id}</pre>`
    : ''
}
<p><a class="button" href="/break-glass/${view.id}">All of it</a></p>`
}

/** How strong a login is wanted, in words. */
export const loginWords = ({ acr, maxAge }: LoginWanted): string =>
  [
    ...(acr === undefined ? [] : [`as strong as “${acr}”`]),
    ...(maxAge === undefined ? [] : [`at most ${Math.floor(maxAge / 60)} minutes old`]),
  ].join(' and ')
