import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { missingProofs, withTables } from '../agents/table/table.ts'

test('the tables of docs/agents/README.md are made of the tests: `node test/agents/table/table.ts`', () => {
  const page = readFileSync(join(__dirname, '../../docs/agents/README.md'), 'utf8')
  expect(page).toBe(withTables(page))
})

test("each promise of the agents' tables names existing tests", () => {
  expect(missingProofs()).toEqual([])
})
