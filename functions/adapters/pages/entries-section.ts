// Rules: test/http/record-on-pages.test.ts
import type { EntryRef } from '../../domain/cards/timeline.ts'
import { inert } from '../../domain/inert.ts'
import { type Html, html } from './layout.ts'

/** The facts by which a reader finds an entry in the record and in the log, and verifies it. */
export const entryFacts = ({ id, type, actor, policies, bundle, previous, hash, leaf }: EntryRef): Html =>
  html`<dl class="entry">
<dt>Entry</dt><dd><code>${id}</code> <code>${inert(type)}</code> by <code>${inert(actor)}</code></dd>
<dt>Policies</dt><dd>${policies.length === 0 ? 'none was asked' : policies.map((policy, at) => html`${at === 0 ? '' : ', '}<code>${inert(policy)}</code>`)}</dd>
<dt>Bundle</dt><dd><code>${bundle}</code></dd>
<dt>Hash before</dt><dd>${previous === null ? 'none: it is the first' : html`<code>${previous}</code>`}</dd>
<dt>Hash</dt><dd><code>${hash}</code></dd>
<dt>In the log</dt><dd>${leaf === undefined ? 'not yet, as far as is known now' : html`leaf ${leaf}`}</dd>
</dl>`
