// Rules: test/http/ask-page.test.ts

import type { ViewFacts } from '../../../domain/cards/request-view.ts'
import { nameIn } from '../../../domain/cards/who.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import type { CatalogueEntry } from '../../../domain/policy/catalogue.ts'
import { tierOf } from '../../../domain/policy/ladder.ts'
import type { AgentId } from '../../../domain/values.ts'
import type { Askable, OnBehalfForeseen } from '../../../operations/requests/ask-on-behalf.ts'
import { boundsOf, mayBeEmpty } from '../../typed-arguments.ts'
import { form, type Html, html, type Notice, page, type Reader, titled } from '../layout.ts'
import { inputOf } from '../message-forms.ts'
import { choiceField, field, longField, type Sent, textField } from './fields.ts'

const about = html`<p>It is asked as the agent asks, on record as asked by you. People decide it by the same policy, and you are none of them. Only the agent can use what comes of it.</p>`
const title = 'Ask on behalf of an agent'

type Choose = { askable: Askable; sent: Sent; reader: Reader; notice?: Notice | undefined }

export const chooseAskPage = ({ askable: { agents, actions }, sent, reader, notice }: Choose): string =>
  page({
    title,
    reader,
    notice,
    body: html`<h1>${title}</h1>
${about}
${
  agents.length === 0
    ? html`<p>You answer for no active agent. The owner and the backup owner ask on behalf of an agent.</p>`
    : html`<form class="box" method="get" action="/ask">
${choiceField(
  { label: 'On behalf of', name: 'agent' },
  sent,
  agents.map(({ id }) => [id, inert(id)] as const),
)}
${choiceField(
  { label: 'What it should do', name: 'action' },
  sent,
  actions
    .map(({ name }) => name)
    .toSorted()
    .map((name) => [name, inert(name)] as const),
)}
<button>Go on</button></form>`
}`,
  })

export type FillAsk = {
  agent: AgentId
  entry: CatalogueEntry
  /** The idempotency key of the form. */
  key: string
  sent: Sent
  /** Policy's answer to the ask in the form. */
  foreseen?: OnBehalfForeseen | undefined
  facts: ViewFacts
  reader: Reader
  notice?: Notice | undefined
}

export function fillAskPage({ agent, entry, key, sent, foreseen, facts, reader, notice }: FillAsk): string {
  const hidden = { csrf: reader.csrf, key, agent, action: entry.name, ...(foreseen ? { seen: foreseen.seen } : {}) }
  return page({
    title,
    reader,
    notice,
    body: html`<h1>${title}</h1>
${about}
<p><code>${inert(entry.name)}</code> by <code>${agent}</code>. <a href="/ask">Another action</a></p>
${foreseen && policySection(foreseen, facts)}
${form(
  '/ask',
  hidden,
  html`${Object.keys(entry.arguments.properties).map((name) => argumentField(entry, name, sent))}
${textField({ label: 'Purpose', name: 'purpose', hint: 'As your policies know it, such as remediation' }, sent, html` maxlength="64"`)}
${textField({ label: 'Task', name: 'task', hint: 'The incident, change or ticket that it is for, such as INC-1042' }, sent, html` maxlength="256"`)}
${textField({ label: 'Address of the task', name: 'task_url', hint: 'Optional. It begins with https://' }, sent, html` maxlength="2048"`)}
${longField({ label: 'Why', name: 'justification', hint: 'Optional. The people who decide read it' }, sent, html` maxlength="1000"`)}
<button name="act" value="show">${foreseen ? 'Ask policy again' : 'Show what policy says'}</button>
${foreseen && html` <button class="go" name="act" value="ask">Ask for it</button>`}`,
  html` class="box" novalidate`,
)}`,
  })
}

function argumentField({ arguments: { properties, required } }: CatalogueEntry, name: string, sent: Sent): Html {
  const schema = properties[name]
  if (!schema) return html``
  const isOptional = !required.includes(name) || mayBeEmpty(schema)
  const hint = [...(isOptional ? ['Optional'] : []), schema.description, boundsOf(schema)].filter(Boolean).join('. ')
  const of = { label: name, name: `is.${name}`, hint: hint === '' ? undefined : clamp(inert(hint), 240).text }
  return field(of, sent, (held, attributes) => inputOf(schema, attributes, held, true))
}

export function policySection({ tier, stages }: Pick<OnBehalfForeseen, 'tier' | 'stages'>, facts: ViewFacts): Html {
  const name = tierOf(facts.ladder, tier)?.name
  const people = (ids: OnBehalfForeseen['stages'][number]['people']) =>
    ids.length === 0 ? 'people that a source of groups names' : ids.map((id) => nameIn(facts, id)).join(', ')
  return titled(
    'policy',
    `Policy says: tier ${tier}${name === undefined ? '' : ` (${inert(name)})`}`,
    stages.length === 0
      ? html`<p>No person is asked: it is approved at once.</p>`
      : html`<ul>${stages.map((stage) => html`<li><strong>${inert(stage.name)}</strong>: ${String(stage.quorum)} of ${people(stage.people)}</li>`)}</ul>
<p class="soft">Nothing is asked yet. <em>Ask for it</em> asks it as it stands here; where you change something, policy is asked again.</p>`,
  )
}
