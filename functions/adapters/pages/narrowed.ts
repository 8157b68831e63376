import { exact, lookalikeNote } from '../../domain/inert.ts'
import type { ApprovalRequest, NarrowedOnce } from '../../domain/requests/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import { duration } from '../../domain/values.ts'
import { type Html, html } from './html.ts'
import { nameOf, type PageBundle } from './request-facts.ts'
import { time } from './words.ts'

/** What people have made less of it, from what to what, by whom and when. What is asked now stands above. */
export function narrowedSection(
  { narrowings = [] }: ApprovalRequest,
  bundle: PageBundle,
  now: NumericDate,
): Html | string {
  if (narrowings.length === 0) return ''
  return html`<section aria-labelledby="narrowed">
<h2 id="narrowed">Made less than was asked for</h2>
<ol>${narrowings.map((each) => html`<li>By ${nameOf(bundle, each.by)}, ${time(each.at, now)}:<ul>${changesOf(each)}</ul></li>`)}</ol>
</section>`
}

const changesOf = ({ arguments: args, uses, lifetime }: NarrowedOnce): readonly Html[] => [
  ...Object.entries(args).map(([name, { from, to }]) => change(name, exact(from), exact(to))),
  ...(uses ? [change('Uses', String(uses.from), String(uses.to))] : []),
  ...(lifetime ? [change('Good for', duration(lifetime.from), duration(lifetime.to))] : []),
]

const change = (name: string, from: string, to: string): Html =>
  html`<li><code>${name}</code>: ${to}, asked for: ${from}<strong>${lookalikeNote(`${to} ${from}`)}</strong></li>`
