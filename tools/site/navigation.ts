// Rules: test/infra/navigation.test.ts
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** The navigation of the site is the list of `docs/README.md`: one section a reader, then the sections that readers look things up in. */

export type Page = { readonly title: string; readonly file: string; readonly pages: readonly Page[] }
export type Section = { readonly title: string; readonly isForReader: boolean; readonly pages: readonly Page[] }

export const repository = join(import.meta.dirname, '../..')
const index = 'docs/README.md'
const lookedUp = ['Reference', 'Proof', 'Runbooks', 'Decisions']

const read = (file: string): string => readFileSync(join(repository, file), 'utf8')
export const titleOf = (file: string): string => /^# (.+)$/m.exec(read(file))?.[1]?.replaceAll('`', '') ?? file

/** All pages that the site has, as paths in the repository. */
export const pages = (): readonly string[] =>
  globSync(['docs/**/*.md', 'examples/**/*.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'], {
    cwd: repository,
    exclude: (name) => name.includes('node_modules'),
  }).toSorted()

/** The pages of the folder of a page in it, but those that the list has itself: so a new page of a kind needs no line here. */
function besides(file: string, listed: readonly string[], all: readonly string[]): readonly Page[] {
  const folder = dirname(file)
  if (!(file.endsWith('/README.md') || folder === 'docs/targets')) return []
  return all
    .filter((each) => dirname(each) === folder && !listed.includes(each))
    .map((each) => ({ title: titleOf(each), file: each, pages: [] }))
}

/** @param text the list, as Markdown */
export function sectionsOf(text: string, all: readonly string[]): readonly Section[] {
  const linesOf = (part: string) =>
    [...part.matchAll(/^- \[(.+)\]\(([^)#]+)\)/gm)].map(([, title = '', link = '']) => ({
      title,
      file: normalize(join(dirname(index), link)),
    }))
  const listed = linesOf(text).map(({ file }) => file)
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const title = part.split('\n')[0] ?? ''
      const own = linesOf(part).map((page) => ({ ...page, pages: besides(page.file, listed, all) }))
      return { title, isForReader: !lookedUp.includes(title), pages: own }
    })
}

export const sections = (): readonly Section[] => sectionsOf(read(index), pages())

const flat = (own: readonly Page[]): readonly string[] => own.flatMap(({ file, pages }) => [file, ...flat(pages)])
/** The pages that a reader is led along: those of the sections by reader. Runbooks lie beside it. */
export const mainPath = (): readonly string[] => {
  const own = sections().flatMap(({ isForReader, pages }) => (isForReader ? flat(pages) : []))
  return [...new Set(own)].filter((file) => file.startsWith('docs/') && !file.startsWith('docs/runbooks/'))
}

/** The address of a page on the site, as VitePress writes it from a path in the repository. */
export const addressOf = (file: string): string =>
  `/${file.replace(/^docs\//, '').replace(/\.md$/, '')}`.replace(/\/(?:README|index)$/, '/').toLowerCase()

/** The anchor of a heading, as GitHub makes it. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
