// Rules: test/http/registry-page.test.ts
import type { ViewFacts } from '../../domain/cards/request-view.ts'
import { nameIn } from '../../domain/cards/who.ts'
import type { Agent } from '../../domain/people/organisation.ts'
import type { Matched } from '../../domain/record/preview.ts'
import type { ForeseenChange } from '../../operations/registry/ask-for-change.ts'
import { type ChangeKind, changeFields, changes, type FormFacts } from './giving/agent-form.ts'
import { policySection } from './giving/ask-page.ts'
import type { Sent } from './giving/fields.ts'
import { form, type Html, html, type Notice, page, type Reader, titled } from './layout.ts'
import { differenceList } from './preview-section.ts'

/** The form of a change of the registry, with policy's answer before it is asked. */
export type RegistryPage = {
  kind: ChangeKind
  /** The present agent; undefined for a registration. */
  before: Agent | undefined
  /** The idempotency key of the form. */
  key: string
  sent: Sent
  foreseen?: Pick<ForeseenChange, 'tier' | 'stages' | 'accepts'> & { seen: string; change: Matched }
  facts: ViewFacts & FormFacts
  reader: Reader
  notice?: Notice | undefined
}

const about: { readonly [kind in ChangeKind]: Html } = {
  register: html`<p>People decide it. Seconds after the last approval the agent can ask, without a deployment.</p>`,
  change: html`<p>Only what you change here is asked for. Identities and autonomy are changed one after the other. A change of either ends what the agent holds: standing permits, open requests, plans that have not begun and live grants.</p>`,
  transfer: html`<p>The new owner accepts it first, on the page of the request; then people decide. It ends what the agent holds.</p>`,
  retire: html`<p>For good: seconds after the last approval the agent can do nothing, and what it holds has ended. Its id and its identities are not given to another agent within a year.</p>`,
}

export function registryPage({ kind, before, key, sent, foreseen, facts, reader, notice }: RegistryPage): string {
  const { title } = changes[kind]
  const hidden = {
    ...{ csrf: reader.csrf, key, change: kind },
    ...(before ? { agent: before.id } : {}),
    ...(foreseen ? { seen: foreseen.seen } : {}),
  }
  return page({
    title,
    reader,
    notice,
    body: html`<h1>${title}</h1>
${before && html`<p><a href="/agents/${before.id}">${before.id}</a></p>`}
${about[kind]}
${foreseen && html`${titled('preview', 'What changes', differenceList(foreseen.change))}${foreseen.accepts !== undefined && html`<p><strong>${nameIn(facts, foreseen.accepts)}</strong> has to accept the agent first.</p>`}${policySection(foreseen, facts)}`}
${form(
  '/registry',
  hidden,
  html`${changeFields(kind, facts, sent)}
<button name="act" value="show">${foreseen ? 'Ask policy again' : 'Show what changes, and who decides'}</button>
${foreseen && html` <button class="go" name="act" value="ask">Ask for it</button>`}`,
  html` class="box" novalidate`,
)}`,
  })
}
