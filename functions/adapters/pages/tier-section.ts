// Rules: test/http/tier-section.test.ts
import { type ExplainedLine, explanationLines, stepWords } from '../../domain/cards/explanation-words.ts'
import type { RequestView } from '../../domain/cards/request-view.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { Why } from '../../operations/policy/explain-recorded.ts'
import type { Explained } from '../../operations/policy/explain-tier.ts'
import { type Html, html, type Part, titled } from './layout.ts'
import { drawn } from './words.ts'

export function tierSection({ tier }: RequestView, why: Why, now: NumericDate): Part {
  const { explained, by, today, bundle } = why
  if (explained.length === 0) return false
  const needed = neededNow(today ?? explained)
  return titled(
    'why',
    `Why tier ${tier.number}`,
    html`${today && html`<p><strong>The policies have changed since it was asked for.</strong> This uses the policies ${by === 'decided' ? 'in force when it was decided' : 'in force today'}. ${by === 'decided' ? html`<code>hotwork policy show ${bundle}</code> shows them.` : 'The policies in force then are not kept, or this version cannot read them.'}</p>`}
${needed !== tier.number && html`<p>Asked for today, ${needed === undefined ? 'it would be refused' : `it would need tier ${needed}`}.</p>`}
${explained.map(({ step, ...each }) => (step === undefined ? whole(each, now) : ofStep(step, each, now)))}`,
  )
}

/** The highest tier of its steps, which a plan needs. Undefined if the facts are gone. */
function neededNow(explained: readonly Explained[]): number | undefined {
  const tiers = explained.map(({ explanation }) => explanation.tier)
  return tiers.length === 0 || tiers.includes(undefined) ? undefined : Math.max(...tiers.map((each) => each ?? 0))
}

/** An explanation with the permitting policies; the rest is folded. */
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
