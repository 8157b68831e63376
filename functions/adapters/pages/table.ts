// Rules: test/http/table.test.ts, test/local/pages/browser-access.test.ts
import { type Html, html, type Part } from './layout.ts'

export type Column<Row> = readonly [heading: string, cell: (row: Row) => Part]

/**
 * A list as a table. The first column names each row, and has its link. On a narrow screen a row is a box, in which
 * each cell follows its heading; an empty cell is left out. ARIA roles keep it a table for screen readers there too,
 * since browsers drop a table's own with its display.
 */
export const table = <Row>(name: string, rows: readonly Row[], columns: readonly Column<Row>[]): Html =>
  html`<table class="rows" role="table" aria-label="${name}">
<thead role="rowgroup"><tr role="row">${columns.map(([heading]) => html`<th scope="col" role="columnheader">${heading}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => html`<tr role="row">${columns.map((column, at) => cellOf(row, column, at))}</tr>`)}</tbody>
</table>`

const cellOf = <Row>(row: Row, [heading, cell]: Column<Row>, at: number): Html =>
  at === 0
    ? html`<th scope="row" role="rowheader">${cell(row)}</th>`
    : html`<td role="cell" data-heading="${heading}">${cell(row)}</td>`
