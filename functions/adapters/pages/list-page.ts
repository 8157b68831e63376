import type { ApprovalRequest } from '../../domain/requests/request.ts'
import { openStage } from '../../domain/requests/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import { type Html, html } from './html.ts'
import { page, type Reader } from './layout.ts'
import { factsOf, type PageBundle } from './request-facts.ts'
import { standingOf } from './request-status.ts'
import { count, time } from './words.ts'

/** What waits for one person, newest first: enough to know which is which; each is decided on a page of its own. */
export function listPage({
  waiting,
  bundle,
  reader,
  now,
}: {
  waiting: readonly ApprovalRequest[]
  bundle: PageBundle
  reader: Reader
  now: NumericDate
}): string {
  const title =
    waiting.length === 0
      ? 'Nothing waits for you'
      : `${count(waiting.length, 'request')} ${waiting.length === 1 ? 'waits' : 'wait'} for you`
  return page({
    title,
    reader,
    body: html`<h1>${title}</h1>
${
  waiting.length === 0
    ? html`<p>Whatever comes is posted in Slack, and stands here too. <a href="/decide">Look again</a></p>`
    : html`<ul class="list">${waiting.map((state) => entry(state, bundle, now))}</ul>
<p class="soft">As it was when this page was loaded. <a href="/decide">Look again</a></p>`
}`,
  })
}

function entry(state: ApprovalRequest, bundle: PageBundle, now: NumericDate): Html {
  const facts = factsOf(state, bundle)
  const stage = state.status === 'pending' ? openStage(state) : undefined
  const prod = /^prod/.test(facts.environment) ? ' prod' : ''
  return html`<li>
<h2><a href="/decide/${facts.id}">${facts.title}</a></h2>
<p class="chips"><span class="chip wait">${standingOf(state).words}</span> <span class="chip${prod}">${facts.environment.toUpperCase()}</span> <span class="chip">Tier ${facts.tier}</span></p>
<p class="soft">${facts.askedBy}${stage?.deadline === undefined ? '' : html` · to be decided by ${time(stage.deadline, now)}`}</p>
</li>`
}
