import { html } from '../../functions/adapters/pages/layout.ts'
import { table } from '../../functions/adapters/pages/table.ts'

/** The table of all lists. Browsers look at it on wide and narrow screens in test/local/pages. */

const halts = [
  { id: 'hlt_1', why: 'it <b>reads</b> "all"' },
  { id: 'hlt_2', why: undefined },
]
const { text } = table('Halts', halts, [
  ['Halted', ({ id }) => html`<a href="/halts/${id}">${id}</a>`],
  ['Why', ({ why }) => why],
])

test('a table has its name, a heading for each column, and a heading in each row', () => {
  expect(text).toContain('<table class="rows" role="table" aria-label="Halts">')
  expect(text.match(/<th scope="col" role="columnheader">/g)).toHaveLength(2)
  expect(text).toContain('<th scope="row" role="rowheader"><a href="/halts/hlt_1">hlt_1</a></th>')
})

test('a cell repeats its heading for a narrow screen, and escapes its text', () => {
  expect(text).toContain('<td role="cell" data-heading="Why">it &lt;b&gt;reads&lt;/b&gt; &quot;all&quot;</td>')
})

test('a cell without content is empty to the last space, so that a narrow screen leaves it out', () => {
  expect(text).toContain('<td role="cell" data-heading="Why"></td>')
})
