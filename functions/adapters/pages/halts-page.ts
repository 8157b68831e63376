// Rules: test/http/halts-page.test.ts
import type { ViewFacts } from '../../domain/cards/request-view.ts'
import type { EntryRef } from '../../domain/cards/timeline.ts'
import { nameIn } from '../../domain/cards/who.ts'
import { declarerName, type Halt, isHaltInForce } from '../../domain/halts/halt.ts'
import { haltTitle } from '../../domain/halts/halt-words.ts'
import { inert } from '../../domain/inert.ts'
import { type Refusal, sentencesOf } from '../../domain/refusals.ts'
import { type NumericDate, rfc3339 } from '../../domain/values.ts'
import type { ViewedHalt } from '../../operations/halts/view-halts.ts'
import { entryFacts } from './entries-section.ts'
import { form, type Html, html, type Notice, type Part, page, type Reader, titled } from './layout.ts'
import { type Column, table } from './table.ts'
import { count, drawn, time } from './words.ts'

type Around = { facts: ViewFacts; reader: Reader; now: NumericDate }

type ListView = Around & {
  inForce: readonly ViewedHalt[]
  /** The address of the next page of halts in force. */
  moreInForce?: string | undefined
  over: readonly Halt[]
  moreOver?: string | undefined
  /** True if the page lists lifted halts too. */
  showsOver: boolean
  /** The form to declare one, or the refusal for this person. */
  declare: Html | Refusal
}

export function haltsPage(view: ListView): string {
  const { inForce, moreInForce, over, moreOver, showsOver, declare, reader } = view
  const title =
    inForce.length === 0
      ? 'Nothing is halted'
      : `${count(inForce.length, 'halt is', 'halts are')} in force${moreInForce === undefined ? '' : ', and more'}`
  return page({
    title: 'Halts',
    reader,
    body: html`<h1>${title}</h1>
${inForce.length > 0 && table('Halts in force', inForce, [...columns(view), ['Lift', liftCell]])}
${moreInForce !== undefined && html`<p><a href="${moreInForce}">Older halts in force</a></p>`}
${titled('declare', 'Halt something', typeof declare === 'string' ? html`<p class="soft">${sentencesOf(declare)}</p>` : declare)}
<details${showsOver && html` open`}><summary>Lifted halts, and those that ended</summary>
${
  over.length === 0
    ? html`<p>None${showsOver && ' on this page'}.</p>`
    : table(
        'Halts that are over',
        over.map((halt) => ({ halt })),
        columns(view),
      )
}
${moreOver !== undefined && html`<p><a href="${moreOver}">Older ones</a></p>`}
</details>
<p class="soft">As it was when this page was loaded. <a href="/halts">Look again</a></p>`,
  })
}

const columns = ({ facts, now }: Around): readonly Column<{ halt: Halt }>[] => [
  ['Halted', ({ halt }) => html`<a href="/halts/${halt.id}">${drawn(haltTitle(halt.target, facts), now)}</a>`],
  ['Why', ({ halt }) => `“${inert(halt.reason)}”`],
  ['Declared', ({ halt: { by, at } }) => html`by ${declarerIn(facts, by)}, ${time(at, now)}`],
  ['End', ({ halt }) => endWords(halt, facts, now)],
]

const liftCell = ({ halt, whyNotLift }: ViewedHalt): Part =>
  whyNotLift === undefined
    ? html`<a class="button" href="/halts/${halt.id}">Look, and lift</a>`
    : html`<span class="soft">${sentencesOf(whyNotLift)}</span>`

const chip = (halt: Halt, now: NumericDate): Html =>
  isHaltInForce(halt, now)
    ? html`<p class="chips"><span class="chip stop">In force</span></p>`
    : html`<p class="chips"><span class="chip">${halt.lifted ? 'Lifted' : 'Ended'}</span></p>`

const declarerIn = (facts: ViewFacts, by: Halt['by']) => declarerName(by, (person) => nameIn(facts, person))

function endWords({ lifted, until }: Halt, facts: ViewFacts, now: NumericDate): Part {
  if (lifted) return html`Lifted by ${nameIn(facts, lifted.by)}, ${time(lifted.at, now)}.`
  if (until === undefined) return 'Until another person lifts it.'
  return html`${now < until ? 'Until' : 'It ended'} ${time(until, now)}.`
}

/** The form again, after a refusal. */
export const haltAgainPage = ({ declare, reader, notice }: { declare: Html; reader: Reader; notice: Notice }): string =>
  page({
    title: 'Halt something',
    reader,
    notice,
    body: html`<h1>Halt something</h1>
${declare}
<p class="soft"><a href="/halts">All halts</a></p>`,
  })

export type HaltPage = Around & {
  viewed: ViewedHalt
  /** Its record. Absent in the answer to a form. */
  entries?: readonly EntryRef[]
  notice?: Notice
}

export function haltPage({ viewed: { halt, whyNotLift }, entries, facts, reader, now, notice }: HaltPage): string {
  const words = drawn(haltTitle(halt.target, facts), now)
  const isInForce = isHaltInForce(halt, now)
  return page({
    title: `${isInForce ? 'Halted' : 'No longer halted'}: ${halt.target.value}`,
    reader,
    ...(notice === undefined ? {} : { notice }),
    body: html`<h1>${isInForce ? 'Halted' : 'Was halted'}: ${words}</h1>
${chip(halt, now)}
<h2>Why</h2>
<blockquote>${inert(halt.reason)}</blockquote>
<dl>
<dt>Declared by</dt><dd>${declarerIn(facts, halt.by)}, ${time(halt.at, now)}</dd>
${halt.until !== undefined && html`<dt>Until</dt><dd>${time(halt.until, now)}</dd>`}
${halt.lifted && html`<dt>Lifted by</dt><dd>${nameIn(facts, halt.lifted.by)}, ${time(halt.lifted.at, now)}</dd>`}
<dt>Id</dt><dd><code>${halt.id}</code></dd>
</dl>
${isInForce && titled('lift', 'Lift it', whyNotLift === undefined ? liftForm(halt, reader) : html`<p class="soft">${sentencesOf(whyNotLift)}</p>`)}
${entries && recordSection(halt, entries, facts, now)}
<p class="soft">This page shows what was recorded when it was loaded. <a href="/halts/${halt.id}">Look again</a> · <a href="/halts">All halts</a></p>`,
  })
}

const liftForm = ({ id }: Halt, { csrf }: Reader): Html =>
  form(
    `/halts/${id}`,
    { csrf },
    html`<p class="hint">What it stopped may be asked for and used again from now on. What it ended stays ended. Another halt of the same may still be in force.</p>
<button class="go">Lift this halt</button>`,
  )

const done: { readonly [type: string]: string } = { Halted: 'declared it', Lifted: 'lifted it' }

const recordSection = (halt: Halt, entries: readonly EntryRef[], facts: ViewFacts, now: NumericDate): Html =>
  titled(
    'record',
    'Its record',
    html`<ol class="items">${entries.map(
      (each) =>
        html`<li>${time(each.at, now)}: <strong>${nameIn(facts, each.actor)}</strong> ${done[each.type] ?? each.type}
<details><summary>The entry and its hash</summary>${entryFacts(each)}</details></li>`,
    )}</ol>
<p class="soft">To check it yourself: <code>npx --no-install hotwork ledger export --since ${rfc3339(halt.at)} --out entries.ndjson</code>, then <code>npx --no-install hotwork verify entries.ndjson --part</code>.</p>`,
  )
