// Rules: test/http/change-set-page.test.ts
import { type ChangeSetView, changeCounts, changesIn, lineOf, wallWords } from '../../domain/cards/change-words.ts'
import type { ChangeRow } from '../../domain/record/change-tree.ts'
import type { NumericDate, RequestId } from '../../domain/values.ts'
import { type Html, html, type Part, titled } from './layout.ts'
import { count, drawn } from './words.ts'

type Section = { set: ChangeSetView; id: RequestId; find?: string | undefined; now: NumericDate }

/** The resources of a change set: removals and replacements first, nested stacks as branches. A search asks for the page again. */
export function changeSection({ set, id, find = '', now }: Section): Html {
  const { tree } = set
  const sought = find.trim().toLowerCase()
  const found = sought === '' ? tree.rows : withBranches(tree.rows, sought)
  const [changes, kept] = [changesIn(found), found.filter(({ action }) => action === 'keep')]
  return titled(
    'change-set',
    'What the change set does',
    html`<p>${drawn(changeCounts(set), now)}</p>
<p class="soft">${drawn(wallWords(set), now)}</p>
<form method="get" action="/decide/${id}#change-set" role="search"><label for="find">Search its resources <span class="hint">by name, type or property</span></label>
<input id="find" name="find" type="search" maxlength="128" value="${find}"><button>Search</button></form>
${sought !== '' && html`<p role="status">${count(found.filter((row) => matches(row, sought)).length, 'resource')} found for <code>${find}</code>. <a href="/decide/${id}#change-set">Show all</a></p>`}
${branches(changes, 0)}
${
  kept.length > 0 &&
  html`<details${sought !== '' && html` open`}><summary>${count(kept.length, 'resource')} ${kept.length === 1 ? 'stays as it is' : 'stay as they are'}</summary>${branches(
    kept.map(({ depth: _, ...row }) => row),
    0,
  )}</details>`
}
${tree.more !== undefined && html`<p><strong>${tree.more} more</strong> are not shown: resources that stay, or the last of the changes in this order.</p>`}`,
  )
}

const matches = ({ id, type, scope = [] }: ChangeRow, sought: string): boolean =>
  [id, type, ...scope].some((text) => text.toLowerCase().includes(sought))

/** The found rows, each below the nested stacks that it is in. */
const withBranches = (rows: readonly ChangeRow[], sought: string): readonly ChangeRow[] =>
  rows.filter((row, at) => matches(row, sought) || under(rows, at).some((each) => matches(each, sought)))

/** The rows of the nested stack at this place. */
function under(rows: readonly ChangeRow[], at: number): readonly ChangeRow[] {
  const end = rows.findIndex(({ depth = 0 }, index) => index > at && depth <= (rows[at]?.depth ?? 0))
  return rows.slice(at + 1, end < 0 ? undefined : end)
}

function branches(rows: readonly ChangeRow[], depth: number): Part {
  const tops = rows.flatMap((row, at) => ((row.depth ?? 0) === depth ? [{ row, below: under(rows, at) }] : []))
  return (
    tops.length > 0 &&
    html`<ul class="tree">${tops.map(({ row, below }) => html`<li>${item(row)}${branches(below, depth + 1)}</li>`)}</ul>`
  )
}

function item(row: ChangeRow): Html {
  const { word, id, type, notes, isLoss } = lineOf(row)
  const chip = row.action === 'keep' ? undefined : html`<span class="chip${isLoss && ' stop'}">${word}</span> `
  return html`${chip}<code>${id}</code> <span class="soft">${type}</span>${notes.map((note) => (note === 'holds data' ? html` <strong>holds data</strong>` : html` <span class="soft">· ${note}</span>`))}`
}
