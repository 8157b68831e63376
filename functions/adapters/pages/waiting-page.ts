// Rules: test/http/pages.test.ts, test/http/history-page.test.ts
import { describeRequest, openStageOf, type RequestView, type ViewFacts } from '../../domain/cards/request-view.ts'
import { askerRows } from '../../domain/cards/request-words.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import { html, page, type Reader } from './layout.ts'
import { chips, requestLink } from './request-page.ts'
import { backForm } from './set-aside.ts'
import { type Column, table } from './table.ts'
import { count, time } from './words.ts'

type View = {
  waiting: readonly ApprovalRequest[]
  aside?: readonly { state: ApprovalRequest; until: NumericDate }[]
  bundle: ViewFacts
  reader: Reader
  now: NumericDate
}

/** The requests that wait for one person, newest first. Each is decided on a page of its own. */
export function waitingPage({ waiting, aside = [], bundle, reader, now }: View): string {
  const title =
    waiting.length === 0
      ? 'Nothing waits for you'
      : `${count(waiting.length, 'request waits', 'requests wait')} for you`
  const own = aside.map(({ state, until }) => ({ ...describeRequest(state, bundle), until }))
  return page({
    title,
    reader,
    body: html`<h1>${title}</h1>
${
  waiting.length === 0
    ? html`<p>New requests are posted in Slack, and listed here. <a href="/decide">Look again</a></p>`
    : html`${table(
        'Requests that wait for you',
        waiting.map((state) => describeRequest(state, bundle)),
        columns(now),
      )}
<p class="soft">As it was when this page was loaded. <a href="/decide">Look again</a></p>`
}
${
  own.length > 0 &&
  html`<details><summary>${own.length} set aside by you</summary>
${table('Requests that you set aside', own, [...columns(now), ['Set aside', ({ id, until }) => backForm(id, until, now, reader)]])}</details>`
}`,
  })
}

const columns = (now: NumericDate): readonly Column<RequestView>[] => [
  ['Request', requestLink],
  ['State', chips],
  ['Asked by', (view) => askerRows(view)[0]?.text],
  ['Decide by', (view) => deadlineOf(view, now)],
]

const deadlineOf = (view: RequestView, now: NumericDate) => {
  const deadline = openStageOf(view)?.deadline
  return deadline !== undefined && time(deadline, now)
}
