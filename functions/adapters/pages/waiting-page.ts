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
  /** The mark of this state of the list, by which the page's script asks for the next. */
  mark: string
  bundle: ViewFacts
  reader: Reader
  now: NumericDate
}

/**
 * The requests that wait for one person, newest first. Each is decided on a page of its own. The page's script replaces
 * `live`, writes its state into `fresh`, and announces new rows in `news`.
 */
export function waitingPage({ waiting, aside = [], mark, bundle, reader, now }: View): string {
  const heading =
    waiting.length === 0
      ? 'Nothing waits for you'
      : `${count(waiting.length, 'request waits', 'requests wait')} for you`
  const own = aside.map(({ state, until }) => ({ ...describeRequest(state, bundle), until }))
  return page({
    title: `${waiting.length === 0 ? '' : `(${waiting.length}) `}Waiting for you`,
    reader,
    body: html`<div id="live" data-mark="${mark}">
<h1 tabindex="-1">${heading}</h1>
${
  waiting.length === 0
    ? html`<p>New requests are posted in Slack, and listed here.</p>`
    : table(
        'Requests that wait for you',
        waiting.map((state) => describeRequest(state, bundle)),
        columns(now),
      )
}
${
  own.length > 0 &&
  html`<details><summary>${own.length} set aside by you</summary>
${table('Requests that you set aside', own, [...columns(now), ['Set aside', ({ id, until }) => backForm(id, until, now, reader)]])}</details>`
}
</div>
<p role="status" id="news"></p>
<p class="soft"><span id="fresh">As it was when this page was loaded.</span> <a href="/decide">Look again</a></p>`,
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
