import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { addressOf, mainPath, pages, sections, sectionsOf } from '../../tools/site/navigation.ts'
import { read, root } from '../support/repository.ts'

/** The list of `docs/README.md` leads each reader of the site to each page of `docs/`. */

const all = pages()
const flat = (own: ReturnType<typeof sections>[number]['pages']): string[] =>
  own.flatMap(({ file, pages: more }) => [file, ...flat(more)])
const listed = sections().flatMap((section) => flat(section.pages))

test('each page of docs is in the navigation of the site', () => {
  const docs = all.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md')
  expect(docs.filter((file) => !listed.includes(file))).toEqual([])
  expect(listed.filter((file) => !existsSync(join(root, file)))).toEqual([])
})

test('each reader begins with a page of five minutes, or with CONTRIBUTING.md', () => {
  const first = sections().filter(({ isForReader }) => isForReader)
  expect(first.map(({ title }) => title)).toEqual([
    ...["Agent's author", 'Approver', 'On call', 'Platform engineer', 'Policy author', 'Auditor', 'Contributor'],
  ])
  for (const { pages: own } of first) expect(own[0]?.file).toMatch(/^(?:docs\/start\/[a-z-]+\.md|CONTRIBUTING\.md)$/)
})

test('a new page of a listed folder of targets is in the navigation without a line', () => {
  const [section] = sectionsOf('## Platform\n\n- [AWS](targets/aws.md)\n', ['docs/targets/aws.md', 'docs/README.md'])
  expect(section?.pages).toEqual([{ title: 'AWS', file: 'docs/targets/aws.md', pages: [] }])
  const besides = sectionsOf('## Platform\n\n- [Agents](agents/README.md)\n', ['docs/agents/mcp.md'])[0]?.pages[0]
    ?.pages
  expect(besides).toEqual([{ title: expect.any(String), file: 'docs/agents/mcp.md', pages: [] }])
})

test('no two pages of the site have one address', () => {
  const addresses = all.map(addressOf)
  expect(new Set(addresses).size).toBe(addresses.length)
})

test('the main path is at most 60,000 words', () => {
  const words = mainPath().reduce((sum, file) => sum + (read(file).match(/\S+/g)?.length ?? 0), 0)
  expect(words).toBeGreaterThan(10_000)
  expect(words).toBeLessThanOrEqual(60_000)
})
