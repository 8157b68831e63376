// Rules: test/http/giving-pages.test.ts
import type { ViewFacts } from '../../../domain/cards/request-view.ts'
import { nameIn } from '../../../domain/cards/who.ts'
import type { Person } from '../../../domain/people/organisation.ts'
import { isInForce, type StandIn } from '../../../domain/people/stand-in.ts'
import type { NumericDate } from '../../../domain/values.ts'
import { form, type Html, html, type Notice, page, type Reader, titled } from '../layout.ts'
import { type Column, table } from '../table.ts'
import { time } from '../words.ts'
import { choiceField, type Sent, timeField } from './fields.ts'

export type StandInsPage = {
  /** Present and future ones: the reader's own, and those in which they decide for others. */
  own: readonly StandIn[]
  others: readonly StandIn[]
  /** The people who could stand in for the reader. */
  people: readonly Person[]
  sent: Sent
  facts: ViewFacts
  reader: Reader
  now: NumericDate
  notice?: Notice | undefined
}

export function standInsPage(view: StandInsPage): string {
  const { own, others, people, reader, notice } = view
  const all = [...own, ...others]
  return page({
    title: 'Stand-ins',
    reader,
    notice,
    body: html`<h1>${own.length === 0 ? 'No other person decides for you' : 'Your stand-ins'}</h1>
${all.length > 0 && table('Stand-ins', all, columns(view))}
${titled('name', 'Name a stand-in', people.length === 0 ? html`<p class="soft">Policy lets no other person decide for you. Ask the people who write the policies.</p>` : nameForm(view))}
<p class="soft">As it was when this page was loaded. <a href="/stand-ins">Look again</a></p>`,
  })
}

const columns = ({ facts, reader, now }: StandInsPage): readonly Column<StandIn>[] => [
  ['Decides', (each) => nameIn(facts, each.by)],
  ['For', (each) => nameIn(facts, each.for)],
  ['From', (each) => (isInForce(each, now) ? 'now' : time(each.from, now))],
  ['Until', (each) => time(each.until, now)],
  [
    'End',
    ({ id }) =>
      form(
        `/stand-ins/${id}`,
        { csrf: reader.csrf },
        html`<button class="stop">End it<span class="skip"> ${id}</span></button>`,
        '',
      ),
  ],
]

const nameForm = ({ people, sent, reader }: StandInsPage): Html =>
  form(
    '/stand-ins',
    { csrf: reader.csrf },
    html`<p class="hint">While you are away, they decide what you could decide. In a quorum the two of you count as one. What one of you may not decide, the other may not either.</p>
${choiceField({ label: 'Who decides for you', name: 'by' }, sent, [['', 'Choose a person'], ...people.map(({ id, name }) => [id, `${name} (${id})`] as const)])}
<div class="fields"><div>${timeField({ label: 'From', name: 'from', hint: 'In UTC. If empty: from now on' }, sent)}</div>
<div>${timeField({ label: 'Until', name: 'until', hint: 'In UTC, 30 days at most' }, sent)}</div></div>
<p class="hint">It counts at stages that your present login is strong enough for. People who read requests can see it, and the record of each decision names the absent person.</p>
<button class="go">Name them</button>`,
    html` class="box" novalidate`,
  )
