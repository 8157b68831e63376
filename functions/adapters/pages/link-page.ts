import { describeRequest, openStageOf, type ViewFacts } from '../../domain/cards/request-view.ts'
import { askerRows, titleText } from '../../domain/cards/request-words.ts'
import type { ChatAccount, LinkRefusal } from '../../domain/people/linking.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import { type Html, html, type Notice, page, type Reader } from './layout.ts'
import { chips } from './request-page.ts'
import { count, time } from './words.ts'

/** What there is to be said of a person's Slack account, and what they can do about it. */
type LinkView = {
  reader: Reader & { id: string }
  /** The account that a link from Slack is of, with what Slack calls it. */
  offer?: { account: ChatAccount; name: string } | undefined
  linked: ChatAccount | undefined
  /** The account that the directory itself names. */
  given: string | undefined
  notice?: Notice | undefined
}

export const linkPage = ({ reader, offer, linked, given, notice }: LinkView): string =>
  page({
    title: offer ? 'Is this Slack account yours?' : 'Your Slack account',
    reader,
    notice,
    body: html`${offer ? confirm(reader, offer, linked) : ''}${now(reader, linked, given, offer !== undefined)}`,
  })

const confirm = (
  { name, id, csrf }: LinkView['reader'],
  { account, name: called }: NonNullable<LinkView['offer']>,
  linked: ChatAccount | undefined,
): Html => html`<h1>Is this Slack account yours?</h1>
<dl>
<dt>In Slack</dt><dd><strong>${called}</strong>, user <code>${account.user}</code> in workspace <code>${account.team}</code></dd>
<dt>Here</dt><dd><strong>${name}</strong>, <code>${id}</code></dd>
</dl>
<p>Once linked, what that account clicks in Slack counts as yours. Link it only if you opened this from a message that Slack showed to you alone; if somebody sent it to you, close this page and tell them no.</p>
${linked && linked.user !== account.user ? html`<p>It takes the place of <code>${linked.user}</code>, which is linked to you now.</p>` : ''}
<form class="box" method="post" action="/link"><input type="hidden" name="csrf" value="${csrf}">
<button class="go">Yes, ${called} in Slack is me</button>
<a class="button" href="/link?not=mine">No</a>
</form>`

function now(
  { csrf }: Reader,
  linked: ChatAccount | undefined,
  given: string | undefined,
  below: boolean,
): Html | string {
  if (below) return ''
  if (given !== undefined)
    return html`<h1>Your Slack account</h1>
<p>The directory says that <code>${given}</code> is yours. Whoever keeps the directory can change that.</p>`
  if (!linked)
    return html`<h1>Your Slack account</h1>
<p>No Slack account is linked to you. Click a button on a card, or write <code>/hotwork help</code>: Slack then shows you, and nobody else, a link to follow.</p>`
  return html`<h1>Your Slack account</h1>
<p>User <code>${linked.user}</code> in workspace <code>${linked.team}</code> is linked to you: what it clicks counts as yours.</p>
<form class="box" method="post" action="/link/unlink"><input type="hidden" name="csrf" value="${csrf}">
<p class="hint">From then on it decides nothing, until it is linked again. Both are on record.</p>
<button class="stop">Unlink it</button>
</form>`
}

/** Why an account was not linked, and what is to be done about it. */
export const linkRefusalWords: { readonly [code in LinkRefusal | 'unknown_code']: string } = {
  unknown_code:
    'That link is used up, older than ten minutes, or none of ours. Click a button in Slack once more to get another.',
  foreign:
    'That account is of another workspace or organisation than the one where Hotwork is installed. It was not linked.',
  guest: 'That account is a guest of the workspace, and guests decide nothing. It was not linked.',
  not_a_member: 'Slack does not know that account as a member, or it is deactivated. It was not linked.',
  taken:
    'That account is linked to somebody else. They can unlink it, or whoever keeps the directory can name it there.',
  given: 'The directory says which Slack account is yours, so no other can be linked.',
  not_linked: 'No Slack account is linked to you, so there was nothing to unlink.',
}

/** What waits for one person, newest first: enough to know which is which; each is decided on a page of its own. */
export function listPage({
  waiting,
  bundle,
  reader,
  now,
}: {
  waiting: readonly ApprovalRequest[]
  bundle: ViewFacts
  reader: Reader
  now: NumericDate
}): string {
  const title =
    waiting.length === 0
      ? 'Nothing waits for you'
      : `${count(waiting.length, 'request')} ${waiting.length === 1 ? 'waits' : 'wait'} for you`
  return page({
    title,
    reader,
    body: html`<h1>${title}</h1>
${
  waiting.length === 0
    ? html`<p>Whatever comes is posted in Slack, and stands here too. <a href="/decide">Look again</a></p>`
    : html`<ul class="list">${waiting.map((state) => entry(state, bundle, now))}</ul>
<p class="soft">As it was when this page was loaded. <a href="/decide">Look again</a></p>`
}`,
  })
}

function entry(state: ApprovalRequest, bundle: ViewFacts, now: NumericDate): Html {
  const view = describeRequest(state, bundle)
  const deadline = openStageOf(view)?.deadline
  return html`<li>
<h2><a href="/decide/${view.id}">${titleText(view.title)}</a></h2>
${chips(view)}
<p class="soft">${askerRows(view)[0]?.text ?? ''}${deadline === undefined ? '' : html` · to be decided by ${time(deadline, now)}`}</p>
</li>`
}
