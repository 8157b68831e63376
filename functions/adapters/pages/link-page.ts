// Rules: test/http/link-page.test.ts
import type { ChatAccount, LinkRefusal } from '../../domain/people/linking.ts'
import type { LinkOffer } from '../../operations/people/chat-accounts.ts'
import { form, type Html, html, type Notice, page, type Reader, titled } from './layout.ts'

type LinkView = {
  reader: Reader & { id: string }
  offer?: LinkOffer | undefined
  chats: readonly AccountInChat[]
  notice?: Notice | undefined
}
/** A person's account in one chat, linked or named by the directory. */
type AccountInChat = { alias: string; linked: ChatAccount | undefined; given: string | undefined }

export function linkPage({ reader, offer, chats, notice }: LinkView): string {
  const title = offer ? 'Is this Slack account yours?' : `Your Slack account${chats.length === 1 ? '' : 's'}`
  const body = offer ? confirm(reader, offer, chats) : nowIn(reader, chats)
  return page({ title, reader, notice, body: html`<h1>${title}</h1>${body}` })
}

const confirm = (
  { name, id, csrf }: LinkView['reader'],
  { account, name: called, digest }: LinkOffer,
  chats: LinkView['chats'],
): Html => html`
<dl>
<dt>In Slack</dt><dd><strong>${called}</strong>, user <code>${account.user}</code> in workspace <code>${account.team}</code></dd>
<dt>Here</dt><dd><strong>${name}</strong>, <code>${id}</code></dd>
</dl>
<p>Once linked, what that account clicks in Slack counts as yours. Link it only if you opened this page from a message that Slack showed to you alone. If a person sent you the link, close this page and tell them no.</p>
${chats.map(({ linked }) => linked?.team === account.team && linked.user !== account.user && html`<p>It takes the place of <code>${linked.user}</code>, which is linked to you now.</p>`)}
${form(
  '/link',
  { csrf, offer: digest },
  html`<button class="go">Yes, ${called} in Slack is me</button>
<a class="button" href="/link?not=mine">No</a>`,
)}`

function nowIn(reader: Reader, chats: LinkView['chats']): Html {
  const [only, ...others] = chats
  if (only && others.length === 0) return now(reader, only)
  return html`${chats.map((each) => titled(each.alias, each.alias, now(reader, each)))}`
}

function now({ csrf }: Reader, { linked, given }: AccountInChat): Html {
  if (given !== undefined)
    return html`
<p>The directory says that <code>${given}</code> is yours. The people who keep the directory can change that.</p>`
  if (!linked)
    return html`
<p>No Slack account is linked to you. Click a button on a card, or write <code>/hotwork help</code>: Slack then shows a link to you alone. Follow it.</p>`
  return html`
<p>User <code>${linked.user}</code> in workspace <code>${linked.team}</code> is linked to you: what it clicks counts as yours.</p>
${form(
  '/link/unlink',
  { csrf, team: linked.team, account: linked.user },
  html`<p class="hint">Unlinked, it decides nothing until it is linked again. Both are on record.</p>
<button class="stop">Unlink it</button>`,
)}`
}

type NotLinked = LinkRefusal | 'unknown_code' | 'other_offer' | 'other_account'
export const linkRefusalWords: { readonly [code in NotLinked]: string } = {
  other_offer:
    'Another link came into this browser after the page was shown, so nothing was linked. Another person may have sent you their link. Click a button in Slack to get a new one.',
  other_account: 'The linked account changed after the page was shown, so nothing was unlinked. Look at it again.',
  unknown_code:
    'That link was used before, is older than ten minutes, or is not Hotwork’s. Click a button in Slack to get a new one.',
  foreign: 'That account is in a workspace where Hotwork is not installed. It was not linked.',
  guest: 'That account is a guest of the workspace, and guests may not decide. It was not linked.',
  not_a_member: 'Slack does not know that account as a member, or it is deactivated. It was not linked.',
  taken: 'That account is linked to another person. They can unlink it, or the directory can name it as yours.',
  given: 'The directory says which Slack account is yours, so no other can be linked.',
  not_linked: 'No Slack account is linked to you, so there was nothing to unlink.',
}
