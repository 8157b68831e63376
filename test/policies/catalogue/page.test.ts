import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readLibrary } from '../../../policy-tools/catalogue/library.ts'
import { pageOf } from '../../../policy-tools/catalogue/page.ts'

const root = join(__dirname, '../../..')
const library = readLibrary(join(root, 'policy-tools/library'))

test('docs/catalogue.md is current: `node policy-tools/catalogue/page.ts` writes it', () => {
  expect(readFileSync(join(root, 'docs/catalogue.md'), 'utf8')).toBe(pageOf(library))
})

test('the page has each entry once, with what is pinned, what is open and how it is judged', () => {
  const page = pageOf(library)
  for (const { entry } of library) expect(page.split(`\n## ${entry.name}\n`)).toHaveLength(2)
  const of = (row: string) => page.match(new RegExp(`^\\| ${row} \\| .+ \\|$`, 'gm')) ?? []
  for (const row of ['pinned', 'open', 'judged']) expect(of(row)).toHaveLength(library.length)
})
