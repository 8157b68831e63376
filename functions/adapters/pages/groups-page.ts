// Rules: test/http/pages.test.ts
import { letsOpen, type SourcedGroup } from '../../domain/people/group-source.ts'
import type { Directory } from '../../domain/people/organisation.ts'
import type { NumericDate, PersonId } from '../../domain/values.ts'
import { sourceOf } from '../../group-sources/kinds.ts'
import type { GroupView } from '../../operations/people/list-groups.ts'
import { type Html, html, page, type Reader } from './layout.ts'
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
${[...sourced, ...others].map((group) => section(group, directory, now))}
<p class="soft">Hotwork asks the sources every minute. As it was when this page was loaded. <a href="/groups">Look again</a></p>`,
  })
}

function section(group: GroupView, { people }: Directory, now: NumericDate): Html {
  const { name, sourced, members, readAt, holdsUntil, problem } = group
  const nameOf = (person: PersonId) => people.find(({ id }) => id === person)?.name ?? person
  return html`<h2><code>${name}</code></h2>
${sourced && html`<p>${sourceWords(sourced, now)}</p>`}
${problem !== undefined && html`<p><strong>Look at it: ${problem}.</strong></p>`}
<ul>
${members.map(({ person, until }) => html`<li><strong>${nameOf(person)}</strong>, by the source${until !== undefined && html`, until ${time(until, now)}`}</li>`)}
${group.people.map((person) => html`<li>${nameOf(person)}</li>`)}
${members.length + group.people.length === 0 && html`<li>${sourced && sourceOf(sourced.source).kind.by === 'login' ? 'People whose login says so' : 'No person'}</li>`}
</ul>
${readAt !== undefined && holdsUntil !== undefined && html`<p class="soft">Read ${time(readAt, now)}; it holds until ${time(holdsUntil, now)}.</p>`}`
}

function sourceWords(group: SourcedGroup, now: NumericDate): Html {
  const { source, tiers } = group
  const more = letsOpen(group) ? ', and for break-glass' : ''
  return html`From ${drawn(sourceOf(source).words, now)}. It counts up to tier ${String(tiers)}${more}.`
}
