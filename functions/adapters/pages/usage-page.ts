// Rules: test/http/usage-page.test.ts
import { inert } from '../../domain/inert.ts'
import type { ActionUsage, Seen } from '../../domain/uses/usage.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { Usage } from '../../operations/uses/read-usage.ts'
import { type Html, html, type Part, page, type Reader, titled } from './layout.ts'
import { type Column, table } from './table.ts'
import { count, time } from './words.ts'

type UsageView = { agent: string; usage: Usage; since: NumericDate; reader: Reader; now: NumericDate }

/**
 * The use of an agent's grants, and the narrowest entries that would have sufficed. It changes nothing: policies change
 * by a review.
 */
export function usagePage({ agent, usage, since, reader, now }: UsageView): string {
  const suggested = usage.actions.filter(({ proposal }) => proposal !== undefined)
  return page({
    title: `What ${agent} used`,
    reader,
    body: html`<h1>What ${agent} used</h1>
<p>${count(usage.requests, 'request')} since ${time(since, now)}${usage.next !== undefined && ', the newest of them'}. <a href="/agents/${agent}">The agent</a></p>
${usage.actions.length > 0 && table('Actions', usage.actions, columns)}
${titled(
  'suggestions',
  'Less would have been enough',
  suggested.length === 0
    ? html`<p>For no action: its entry is as narrow as its use, or it was not used.</p>`
    : html`<p>Each difference is of an entry of the catalogue, which is for all agents: where another agent needs more, put the bound into a policy about this agent. Nothing changes by this page. The files, for a pull request:</p>
<pre>npx --no-install hotwork agents usage ${agent} --policies policies --out policies-narrower
npx --no-install hotwork policy diff policies policies-narrower</pre>
${suggested.map(suggestion)}`,
)}`,
  })
}

const columns: readonly Column<ActionUsage>[] = [
  ['Action', ({ action }) => html`<code>${action}</code>`],
  ['Asked', ({ asked }) => String(asked)],
  ['Approved', ({ approved }) => String(approved)],
  ['Used', ({ used }) => String(used)],
  ['Unused', ({ unused }) => String(unused)],
  ['Extra calls', ({ extraCalls }) => String(extraCalls)],
  ['Resources', ({ resources }) => String(resources)],
  [
    'Arguments',
    ({ arguments: args }) => Object.entries(args).map(([name, seen]) => html`<div>${name}: ${seenWords(seen)}</div>`),
  ],
]

function seenWords({ distinct, minimum, maximum, values }: Seen): Part {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`
  return values !== undefined && values.length === 1
    ? html`<code>${inert(values[0] ?? '')}</code>`
    : count(distinct, 'value')
}

const suggestion = ({ action, proposal }: ActionUsage): Part =>
  proposal &&
  html`<section class="box"><h3><code>${action}</code></h3>
<ul>${proposal.bounds.map(({ argument, keyword, from, to }) => html`<li>${argument}: ${keyword} ${JSON.stringify(from)} → ${inert(JSON.stringify(to))}</li>`)}</ul>
<details><summary>The difference of its entry</summary><pre>${diffLines(proposal.diff)}</pre></details></section>`

const diffLines = (lines: readonly string[]): readonly Html[] => lines.map((line) => html`${inert(line)}\n`)
