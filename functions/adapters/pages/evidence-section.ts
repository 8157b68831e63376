// Rules: test/http/evidence-page.test.ts
import type { RequestView } from '../../domain/cards/request-view.ts'
import { inert, lookalikeNote } from '../../domain/inert.ts'
import { type Html, html, type Part } from './layout.ts'

/**
 * The agent's evidence, each text folded and whole.
 * @param isKnown whether an address is at a host of this deployment, and so becomes a link
 */
export const evidenceList = (
  { evidence = [] }: Pick<RequestView, 'evidence'>,
  isKnown: (url: string) => boolean,
): Part =>
  evidence.length > 0 &&
  html`<h4>Evidence</h4>
<p class="hint">The digest covers titles, addresses and texts. It does not cover the content behind an address, which may change.</p>
<ul>${evidence.map(
    ({ title, url, text, media_type = 'text/plain' }) =>
      html`<li>“${inert(title)}”<strong>${lookalikeNote(`${title} ${url ?? ''}`)}</strong>${url !== undefined && html`<br>${address(url, isKnown)}`}
${text !== undefined && html`<details><summary>Text (${media_type})</summary><pre>${lines(text)}</pre></details>`}</li>`,
  )}</ul>`

const address = (url: string, isKnown: (url: string) => boolean): Html =>
  isKnown(url) ? html`<a href="${url}" rel="noopener noreferrer nofollow">${url}</a>` : html`<code>${inert(url)}</code>`

/** Line breaks stay; each line is inert. */
const lines = (text: string): string =>
  text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map(inert)
    .join('\n')
