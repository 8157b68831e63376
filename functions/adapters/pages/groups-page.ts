// Rules: test/http/pages.test.ts
import { letsOpen, type SourcedGroup } from '../../domain/people/group-source.ts'
import type { Directory } from '../../domain/people/organisation.ts'
import type { NumericDate, PersonId } from '../../domain/values.ts'
import { sourceOf } from '../../group-sources/kinds.ts'
import type { GroupView } from '../../operations/people/list-groups.ts'
import { type Html, html, type Part, page, type Reader } from './layout.ts'
import { type Column, table } from './table.ts'
import { drawn, time } from './words.ts'

type GroupsView = { groups: readonly GroupView[]; directory: Directory; reader: Reader; now: NumericDate }

/** The present members of each group, by the directory and by its source. */
export function groupsPage({ groups, directory, reader, now }: GroupsView): string {
  const title = 'Groups, and who is in them now'
  const sourced = groups.filter((each) => each.sourced)
  const others = groups.filter((each) => !each.sourced)
  return page({
    title,
    reader,
    body: html`<h1>${title}</h1>
${table('Groups', [...sourced, ...others], columns(directory, now))}
<p class="soft">Hotwork asks the sources every minute. As it was when this page was loaded. <a href="/groups">Look again</a></p>`,
  })
}

const columns = (directory: Directory, now: NumericDate): readonly Column<GroupView>[] => [
  ['Group', ({ name }) => html`<code>${name}</code>`],
  ['People now', (group) => members(group, directory, now)],
  ['Source', ({ sourced }) => (sourced ? sourceWords(sourced, now) : 'the directory')],
  ['Reading', (group) => reading(group, now)],
]

function members({ sourced, members, people: own }: GroupView, { people }: Directory, now: NumericDate): Html {
  const nameOf = (person: PersonId) => people.find(({ id }) => id === person)?.name ?? person
  return html`<ul>
${members.map(({ person, until }) => html`<li><strong>${nameOf(person)}</strong>, by the source${until !== undefined && html`, until ${time(until, now)}`}</li>`)}
${own.map((person) => html`<li>${nameOf(person)}</li>`)}
${members.length + own.length === 0 && html`<li>${sourced && sourceOf(sourced.source).kind.by === 'login' ? 'People whose login says so' : 'No person'}</li>`}
</ul>`
}

const reading = ({ readAt, holdsUntil, problem }: GroupView, now: NumericDate): Part => [
  problem !== undefined && html`<strong>Look at it: ${problem}.</strong> `,
  readAt !== undefined &&
    holdsUntil !== undefined &&
    html`Read ${time(readAt, now)}; it holds until ${time(holdsUntil, now)}.`,
]

function sourceWords(group: SourcedGroup, now: NumericDate): Html {
  const { source, tiers } = group
  const more = letsOpen(group) ? ', and for break-glass' : ''
  return html`From ${drawn(sourceOf(source).words, now)}. It counts up to tier ${String(tiers)}${more}.`
}
