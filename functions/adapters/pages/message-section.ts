// Rules: test/http/message-page.test.ts
import {
  colleagueSentences,
  exchangesOf,
  type Message,
  revisionOf,
  toldBefore,
  wordsToAgent,
} from '../../domain/cards/message-words.ts'
import type { RequestView } from '../../domain/cards/request-view.ts'
import type { NumericDate } from '../../domain/values.ts'
import { type Html, html, type Part, titled } from './layout.ts'
import { drawn } from './words.ts'

/** The difference to the request that it revises, and people's words to the agent, here and before. */
export function messageSections(view: RequestView, now: NumericDate): Part {
  const [revision, here, before] = [revisionOf(view), wordsToAgent(view), toldBefore(view)]
  return [
    revision && titled('revision', 'Asked again', message(revision, now)),
    here.length > 0 && titled('to-agent', 'To the agent', messages(here, now)),
    before.length > 0 && titled('told', 'Told to the agent before, on other requests', messages(before, now)),
  ]
}

/** The questions of people with the agent's answers, for the part that the agent says. */
export function exchangeList(view: RequestView, now: NumericDate): Part {
  const all = exchangesOf(view)
  return (
    all.length > 0 &&
    html`<ol>${all.map(({ asked, answered }) => html`<li>${message(asked, now)}${answered && message(answered, now)}</li>`)}</ol>`
  )
}

export const colleagueList = (view: RequestView, now: NumericDate): Part => {
  const all = colleagueSentences(view)
  return all.length > 0 && html`<ul>${all.map((each) => html`<li>${drawn(each, now)}</li>`)}</ul>`
}

const messages = (all: readonly Message[], now: NumericDate): Html =>
  html`<ol>${all.map((each) => html`<li>${message(each, now)}</li>`)}</ol>`

const message = ({ said, text, differences = [] }: Message, now: NumericDate): Html =>
  html`<p>${drawn(said, now)}</p>
${text !== undefined && html`<blockquote>${text}</blockquote>`}
${
  differences.length > 0 &&
  html`<dl class="diff">${differences.map(
    ({ label, from, to, note }) =>
      html`<dt><code>${label}</code></dt><dd>${side('del', from)} <span aria-hidden="true">→</span> ${side('ins', to)}<strong>${note}</strong></dd>`,
  )}</dl>`
}`

const side = (tag: 'del' | 'ins', value: string): Html =>
  tag === 'del'
    ? html`<del><span class="side">before</span> <code>${value}</code></del>`
    : html`<ins><span class="side">then</span> <code>${value}</code></ins>`
