import { columns, csvHeader, csvOf } from '../../../client/ledger/csv.ts'
import type { Entry } from '../../../client/ledger/entry.ts'

/** An entry as a line of CSV, which a spreadsheet may open. */

const entry: Entry = {
  id: `req_${'0'.repeat(26)}/12`,
  type: 'Decided',
  at: '2027-01-15T08:00:00Z',
  actor: { type: 'agent', id: 'agent:builder', chain: ['agent:planner', 'agent:other'] },
  parent_task: { id: 'INC-1042', url: 'https://tickets.example.org/1042' },
  resource: { type: 'flags:flag', id: 'prod/x' },
  digest: 'sha-256:a',
  policies: ['one', 'two'],
  bundle: 'sha-256:b',
  previous: null,
  facts: { stage: 'owner', note: 'a "quoted", one' },
  hash: 'sha-256:c',
  v: 2,
}
const row = (changes: Partial<Entry> = {}) => csvOf({ entry: { ...entry, ...changes }, line: '' })

/** Cells by RFC 4180, read by other code than the writer's. */
function cellsOf(line: string): string[] {
  const cells: string[] = []
  for (const [, quoted, plain] of line.slice(0, -1).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g))
    cells.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
  return cells
}
const cell = (name: (typeof columns)[number], changes: Partial<Entry>) => cellsOf(row(changes))[columns.indexOf(name)]

test('the header is stable: a column may only be added at its end', () => {
  expect(csvHeader()).toBe(
    'id,record,number,type,at,actor_type,actor,through,task,task_url,resource_type,resource,digest,policies,bundle,facts,previous,hash,v,registry\n',
  )
})

test('a line has a cell for each column, and the facts as JSON', () => {
  const cells = cellsOf(row())
  expect(cells).toHaveLength(columns.length)
  expect(Object.fromEntries(columns.map((name, index) => [name, cells[index]]))).toMatchObject({
    ...{ record: `req_${'0'.repeat(26)}`, number: '12', actor: 'agent:builder', through: 'agent:planner agent:other' },
    ...{ task: 'INC-1042', resource: 'prod/x', policies: 'one two', previous: '', v: '2' },
    facts: JSON.stringify(entry.facts),
  })
})

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=cmd|"/c calc"!A1', '＝1'])(
  'a task that is called %j is no formula',
  (id) => {
    expect(cell('task', { parent_task: { id } })).not.toMatch(/^[=+\-@\t\r＝]/)
  },
)

test.each(['a\nb', 'a\r\nb', 'a\u0085b', 'a\u2028b', 'a\u202eb', 'a\u0000b', 'a\u001b[2Jb'])(
  'a task that is called %j stays on its line, and hides nothing',
  (id) => {
    const line = row({ parent_task: { id } })
    expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(line.endsWith('\n')).toBe(true)
    expect(cell('task', { parent_task: { id } })).toMatch(/^a(\\u[0-9a-f]{4})+(\[2J)?b$/)
  },
)

test('quotes and commas are kept', () => {
  expect(cell('resource', { resource: { type: 't', id: 'a,"b",c' } })).toBe('a,"b",c')
})
