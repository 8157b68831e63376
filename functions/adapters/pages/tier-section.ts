import { type ExplainedLine, explanationLines, stepWords } from '../../domain/cards/explanation-words.ts'
import type { RequestView } from '../../domain/cards/request-view.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { Explained } from '../../operations/policy/explain-tier.ts'
import { type Html, html, type Part, titled } from './layout.ts'
import { drawn } from './words.ts'

/** Why it needs its tier, under the policies in force; and the bundles by which it was asked for and is explained. */
export type Why = { explained: readonly Explained[]; bundle: string; askedUnder: string | undefined }

export function tierSection({ tier }: RequestView, { explained, bundle, askedUnder }: Why, now: NumericDate): Part {
  if (explained.length === 0) return false
  const isOther = askedUnder !== undefined && askedUnder !== bundle
  const needed = neededNow(explained)
  return titled(
    'why',
    `Why tier ${tier.number}`,
    html`${isOther && html`<p><strong>The policies have changed since it was asked for.</strong> This is what those of today say. <code>hotwork policy show ${askedUnder}</code> has those by which it was asked for.</p>`}
${needed !== tier.number && html`<p>Asked for today, ${needed === undefined ? 'it would be refused' : `it would need tier ${needed}`}.</p>`}
${explained.map(({ step, ...each }) => (step === undefined ? whole(each, now) : ofStep(step, each, now)))}`,
  )
}

/** A plan needs the highest tier of its steps. */
function neededNow(explained: readonly Explained[]): number | undefined {
  const tiers = explained.map(({ explanation }) => explanation.tier)
  return tiers.includes(undefined) ? undefined : Math.max(...tiers.map((each) => each ?? 0))
}

/** What permits it is read at once, the rest by those who ask for it. */
function whole({ explanation }: Explained, now: NumericDate): Part {
  const [first, ...rest] = explanationLines(explanation)
  if (!first) return false
  return html`${line(first, now)}
${rest.length > 0 && html`<details><summary>Why less is not enough, and what would have to differ</summary>${rest.map((each) => line(each, now))}</details>`}`
}

const ofStep = (step: number, { proposal, explanation }: Explained, now: NumericDate): Html =>
  html`<details><summary>${stepWords(step, explanation, proposal)}</summary>${explanationLines(explanation).map((each) => line(each, now))}</details>`

const line = ({ said, under }: ExplainedLine, now: NumericDate): Html =>
  html`<p>${drawn(said, now)}</p>
${under.length > 0 && html`<ul>${under.map((each) => html`<li>${drawn(each, now)}</li>`)}</ul>`}`
