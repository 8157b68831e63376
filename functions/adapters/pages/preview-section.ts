// Rules: test/channels/slack/cards/request-view.test.ts
import {
  changeSentence,
  type Difference,
  differencesOf,
  maskOf,
  previewLine,
  reachRows,
  sidesOf,
} from '../../domain/cards/preview-words.ts'
import type { RequestView } from '../../domain/cards/request-view.ts'
import type { Matched, ResourcePreview } from '../../domain/record/preview.ts'
import type { NumericDate } from '../../domain/values.ts'
import { type Html, html, type Part, titled } from './layout.ts'
import { drawn } from './words.ts'

/** The present values beside those after the act: first the changes, then the rest in one line. */
export function previewSection(view: RequestView, now: NumericDate): Html {
  return titled(
    'preview',
    'What changes',
    html`${view.preview?.outcome === 'matched' && differenceList(view.preview)}
<p>${drawn(previewLine(view), now)}</p>
${reachList(view.preview)}`,
  )
}

export function reachList(preview: ResourcePreview | undefined): Html {
  const rows = reachRows(preview)
  return html`${rows.length > 0 && html`<dl>${rows.map(({ label, value }) => html`<dt>${label}</dt><dd><code>${value}</code></dd>`)}</dl>`}`
}

export function differenceList(preview: Matched): Html {
  const rows = differencesOf(preview)
  const [changing, same] = [rows.filter(({ isSame }) => !isSame), rows.filter(({ isSame }) => isSame)]
  return html`${changing.length > 0 && html`<dl class="diff">${changing.map(row)}</dl>`}
${same.length > 0 && html`<p class="soft">Stays as it is: ${same.map(({ label }, at) => html`${at === 0 ? '' : ', '}<code>${label}</code>`)}.</p>`}`
}

/** Words name each side, besides colour and line. */
function row(of: Difference): Html {
  const sides = sidesOf(of)
  return html`<dt><code>${of.label}</code>${maskOf(of)}</dt>
<dd>${side('del', 'now', sides.before, of.before)} <span aria-hidden="true">→</span> ${side('ins', 'after', sides.after, of.after)}${of.note && html`<strong>${of.note}</strong>`}</dd>`
}

function side(tag: 'del' | 'ins', word: string, brief: string, whole: string | undefined): Part {
  const shown = html`<span class="side">${word}</span> <code>${brief}</code>`
  return html`${tag === 'del' ? html`<del>${shown}</del>` : html`<ins>${shown}</ins>`}${whole !== undefined && whole !== brief && html`<details><summary>${word}: all ${[...whole].length} characters</summary><pre>${whole}</pre></details>`}`
}

export const changedSection = ({ changes, status }: RequestView, now: NumericDate): Html =>
  titled(
    'changed',
    'Changed since it was asked',
    html`<ol>${changes.map((change, at) => html`<li>${drawn(changeSentence(change, status === 'pending' && at === changes.length - 1), now)}</li>`)}</ol>`,
  )
