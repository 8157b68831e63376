import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { missingProofs, withTables } from '../agents/table/table.ts'

test('the tables of docs/agents/README.md are those that are made of the tests: `node test/agents/table/table.ts`', () => {
  const page = readFileSync(join(__dirname, '../../docs/agents/README.md'), 'utf8')
  expect(page).toBe(withTables(page))
})

test('each promise of the table names tests that are there', () => {
  expect(missingProofs()).toEqual([])
})
