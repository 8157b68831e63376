import { inert } from '../../domain/inert.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { ViewedBreakGlass } from '../../operations/break-glass/read-break-glass.ts'
import { reviewWords, whyNoReview } from './break-glass-words.ts'
import { type Html, html } from './html.ts'
import type { Reader } from './layout.ts'
import type { PageBundle } from './request-facts.ts'

/** What was written into a review that came to nothing, and which of it is to be mended. */
export type ReviewDraft = { outcome?: string; note?: string; mend?: 'outcome' | 'note' }

/** The review of an opening: as it was found, or as it can be said by this person. */
export function reviewSection(
  { state, whyNot }: ViewedBreakGlass,
  bundle: PageBundle,
  now: NumericDate,
  reader: Reader,
  draft: ReviewDraft,
): Html | string {
  const found = state.review?.done
  if (found)
    return html`<section aria-labelledby="review"><h2 id="review">The review</h2>
<p>${reviewWords(state, bundle, now)}</p><blockquote>${inert(found.note)}</blockquote></section>`
  const why = whyNot.review === undefined ? undefined : whyNoReview(whyNot.review)
  return html`<section aria-labelledby="review"><h2 id="review">The review</h2>
${why === undefined ? '' : html`<p>${why}</p>`}
${whyNot.review === undefined || draft.note !== undefined ? reviewForm(state.ask.id, reader, draft) : ''}
</section>`
}

function reviewForm(id: string, { csrf }: Reader, { outcome, note, mend }: ReviewDraft): Html {
  const choice = (value: string, words: string, hint: string) =>
    html`<label class="choice" for="${value}"><input id="${value}" type="radio" name="outcome" value="${value}" required${outcome === value ? html` checked` : ''}${mend === 'outcome' ? html` aria-describedby="mend"` : ''}> <span>${words} <span class="hint">${hint}</span></span></label>`
  return html`<form class="box" method="post" action="/break-glass/${id}" novalidate>
<input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="act" value="review">
<fieldset><legend>Was breaking the glass justified?</legend>
${choice('justified', 'Justified', 'the reason holds, and what was done is what it called for')}
${choice('not_justified', 'Not justified', 'say below what follows from it, and who sees to it')}
</fieldset>
<label for="note">What you looked at, and what follows <span class="hint">required; it stays on record</span></label>
<textarea id="note" name="note" maxlength="4000" required${mend === 'note' ? html` aria-invalid="true" aria-describedby="mend" autofocus` : ''}>${note ?? ''}</textarea>
${mend === undefined ? '' : html`<p id="mend"><strong>${mend === 'note' ? 'Write what you looked at, in at most 4000 characters.' : 'Choose one of the two.'}</strong></p>`}
<p class="hint">It is said once, and nobody takes it back.</p>
<button class="go">Record the review</button>
</form>`
}

/** Ending is the safe direction: one press, for whoever opened it and for whoever may revoke. */
export function endForm(
  { state, whyNot }: ViewedBreakGlass,
  { csrf, person }: Reader & { person: string },
): Html | string {
  if (whyNot.end !== undefined) return ''
  const own = state.ask.agent.id === person
  return html`<form class="box" method="post" action="/break-glass/${state.ask.id}">
<input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="act" value="end">
<p class="hint">Ends every credential of it, at once and for good.${own ? ' It gives the minutes that are left back.' : ''}</p>
${own ? '' : html`<label for="why">Why <span class="hint">optional; it stays on record</span></label><input id="why" name="why" maxlength="500" autocomplete="off">`}
<button class="stop">End it now</button>
</form>`
}
