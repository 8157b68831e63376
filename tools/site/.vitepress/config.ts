import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { defineConfig } from 'vitepress'
import { addressOf, anchorOf, type Page, pages, repository, sections, titleOf } from '../navigation.ts'

/** The site: `docs/` as it is, by the navigation of `docs/README.md`. */

const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_REF_NAME, HOTWORK_SITE_BASE } = process.env
const source = GITHUB_REPOSITORY && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`
const ref = GITHUB_REF_NAME ?? execFileSync('git', ['rev-parse', 'HEAD'], { cwd: repository, encoding: 'utf8' }).trim()

const files = pages()
const itemOf = ({ title, file, pages: own }: Page): object => ({
  text: title,
  link: addressOf(file),
  ...(own.length > 0 && { collapsed: true, items: own.map(itemOf) }),
})
const all = sections()
// A section is a link itself: one that only folds has a button inside a button, which a screen reader cannot tell apart.
const sidebar = all.map(({ title, pages: [first, ...rest] }) => ({
  text: title,
  link: addressOf(first?.file ?? ''),
  collapsed: true,
  items: rest.length > 0 && first ? [first, ...rest].map(itemOf) : (first?.pages ?? []).map(itemOf),
}))
const menu = (isForReader: boolean) =>
  all
    .filter((section) => section.isForReader === isForReader)
    .map(({ title, pages: [first] }) => ({ text: title, link: addressOf(first?.file ?? '') }))

/** A link's address: a page of the site, else a file of the repository; undefined as it is. */
function addressFrom(page: string, href: string): { inside: string; file: string } | { outside: string } | undefined {
  if (/^(?:[a-z]+:|#|\/)/i.test(href)) return undefined
  const [path = '', anchor] = href.split('#')
  const file = normalize(join(dirname(page), decodeURIComponent(path))).replace(/\/$/, '')
  const paged = [file, `${file}/README.md`].find((each) => files.includes(each))
  return paged ? { inside: `${addressOf(paged)}${anchor ? `#${anchor}` : ''}`, file: paged } : { outside: file }
}

/** The worth of a finding. The browser gets this function as text, so it stands alone. */
const boostDocument = (address: string): number => {
  if (/\/(?:adr\/|cases|controls|changelog|threat-model|performance|scale|vocabulary|why|verify-aws)/.test(address))
    return 0.1
  if (/\/runbooks\/halt/.test(address)) return 3
  return /\/(?:runbooks|examples)\/|\/(?:api|catalogue|release|contributing)/.test(address) ? 0.5 : 1.5
}

/** A page lies outside the folder that has Vue. */
const vueForPages = {
  name: 'vue-for-pages',
  enforce: 'pre' as const,
  resolveId(this: Resolver, id: string, importer = '', { ssr = false }: { ssr?: boolean } = {}) {
    if (!/^vue(?:\/|$)/.test(id)) return undefined
    if (ssr) return { id, external: true }
    return importer.split('?')[0]?.endsWith('.md')
      ? this.resolve(id, join(import.meta.dirname, 'config.ts'))
      : undefined
  },
}
type Resolver = { resolve(id: string, importer: string): Promise<{ id: string } | null> }

export default defineConfig({
  title: 'Hotwork',
  description: 'The permit desk for AI agents',
  lang: 'en',
  base: HOTWORK_SITE_BASE ?? '/',
  srcDir: '../..',
  srcExclude: readdirSync(repository, { withFileTypes: true }).flatMap((each) => {
    if (each.isDirectory()) return ['docs', 'examples'].includes(each.name) ? [] : [`${each.name}/**`]
    return each.name.endsWith('.md') && !files.includes(each.name) ? [each.name] : []
  }),
  outDir: '../../.hotwork/site/out',
  cacheDir: '../../.hotwork/site/cache',
  rewrites: Object.fromEntries(
    files.map((file) => [
      file,
      `${addressOf(file)
        .slice(1)
        .replace(/(^|\/)$/, '$1index')}.md`,
    ]),
  ),
  cleanUrls: false,
  lastUpdated: false,
  metaChunk: true,
  vite: {
    plugins: [vueForPages],
    build: { chunkSizeWarningLimit: 5_000 },
  },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    languageAlias: { cedar: 'js', forbidden: 'regexp' },
    anchor: { slugify: anchorOf },
    config(md) {
      // Markdown is no template of Vue: two braces are text.
      for (const rule of ['text', 'code_inline'] as const) {
        const draw = md.renderer.rules[rule]
        md.renderer.rules[rule] = (...given) => draw?.(...given).replaceAll('{{', '&#123;&#123;') ?? ''
      }
      // An empty heading of a table heads nothing.
      md.core.ruler.push('empty_headings', ({ tokens }) => {
        for (const [at, { type }] of tokens.entries())
          if (type === 'th_open' && tokens[at + 1]?.content === '')
            for (const each of [tokens[at], tokens[at + 2]]) if (each) each.tag = 'td'
      })
      // Vite finds a picture by a path that begins with a dot.
      for (const rule of ['html_block', 'html_inline'] as const) {
        const draw = md.renderer.rules[rule]
        md.renderer.rules[rule] = (...given) =>
          draw?.(...given).replace(/(<img\b[^>]*? src=")(?=\w)(?!https?:)/g, '$1./') ?? ''
      }
      const open =
        md.renderer.rules.link_open ?? ((tokens, at, options, _env, self) => self.renderToken(tokens, at, options))
      md.renderer.rules.link_open = (tokens, at, options, env, self) => {
        const token = tokens[at]
        const href = token?.attrGet('href')
        const address = href && addressFrom(relative(repository, env.realPath ?? env.path), href)
        if (!token || !address) return open(tokens, at, options, env, self)
        if ('inside' in address) {
          token.attrSet('href', address.inside)
          // A page is called by its title here, where it has no file.
          const text = tokens[at + 1]
          if (text && /^[\w./-]+\.md$/.test(text.content)) text.content = titleOf(address.file)
          return open(tokens, at, options, env, self)
        }
        if (source) token.attrSet('href', `${source}/blob/${ref}/${address.outside}`)
        else token.attrs = [['title', `${address.outside}, in the repository`]]
        return self.renderToken(tokens, at, options)
      }
    },
  },
  themeConfig: {
    outline: { level: [2, 3], label: 'On this page' },
    nav: [
      { text: 'By reader', items: menu(true) },
      { text: 'Look up', items: menu(false) },
    ],
    sidebar,
    search: {
      provider: 'local',
      options: {
        translations: { button: { buttonText: 'Search', buttonAriaLabel: 'Search' } },
        miniSearch: { searchOptions: { boostDocument } },
      },
    },
    ...(source && { socialLinks: [{ icon: 'github', link: source }] }),
  },
})
