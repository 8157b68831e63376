import { existsSync, globSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { read, root } from '../support/repository.ts'

/** The documents match the tree. Runbooks are compared with the alarms in alarms.test.ts. */

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].filter((file) => existsSync(join(root, file))),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
]
const withoutBlocks = (text: string) => text.replace(/^( *)```.*?^\1```/gms, '')

test.each(pages)('every relative link of %s leads somewhere', (page) => {
  const links = [...withoutBlocks(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  const local = links.filter((link) => !/^[a-z]+:/i.test(link))
  const dead = local.filter((link) => {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : normalize(join(dirname(page), path))
    if (!existsSync(join(root, target))) return true
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(read(target)).includes(anchor)
  })
  expect(dead).toEqual([])
})

/** The anchors of headings, as renderers of Markdown make them. */
const anchorsOf = (text: string): string[] =>
  [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

/** The bases of short paths such as `handlers/evaluate.ts`. */
const bases = ['', 'functions', 'infra', 'policies', 'docs']
const tops = /^(?:functions|infra|local|policies|policy-tools|test|examples|docs|handlers|operations|domain|adapters)\//
/** A placeholder for a name: `policies/*.cedar`, `functions/handlers/<name>.ts`. */
const pattern = /[*<>{}]|\.\.\./

test.each(pages)('every file of the tree that %s names exists', (page) => {
  const named = [...withoutBlocks(read(page)).matchAll(/`([\w./@-]+)`/g)]
    .map(([, path = '']) => path.replace(/:\d+$/, ''))
    .filter((path) => tops.test(path) && !pattern.test(path))
  const missing = named.filter((path) => {
    const places = [...bases.map((base) => join(base, path)), join(dirname(page), path)]
    return !places.some((place) => existsSync(join(root, place)))
  })
  expect(missing).toEqual([])
})

/** The paths in backticks; `<name>`, `*` and `{a,b}` are placeholders. */
const pathsOf = (text: string) =>
  [...withoutBlocks(text).matchAll(/`([\w.<>*{},@-]+(?:\/[\w.<>*{},@-]*)+)`/g)].map(([, path = '']) => path)

test('every path in CONTRIBUTING.md leads to a file or folder', () => {
  const paths = pathsOf(read('CONTRIBUTING.md'))
  expect(paths.length).toBeGreaterThan(50)
  const nowhere = paths.filter((path) => globSync(path.replaceAll(/<[^>]+>/g, '*'), { cwd: root }).length === 0)
  expect(nowhere).toEqual([])
})

test('every action of a workflow is pinned by a commit, with its version beside it', () => {
  const uses = globSync('.github/workflows/*.yml', { cwd: root }).flatMap(
    (file) => read(file).match(/\buses: .*/g) ?? [],
  )
  expect(uses.length).toBeGreaterThan(0)
  for (const line of uses) expect(line).toMatch(/^uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})

type Manifest = { version: string; license: string; dependencies?: object; devDependencies?: object }
const manifest = (file: string) => JSON.parse(read(file)) as Manifest
const { dependencies = {}, devDependencies = {} } = manifest('package.json')
const all = { ...dependencies, ...devDependencies }
/** The packages imported by code for AWS or for users: their code is in our bundles. */
const imported = new Set(
  globSync('{functions,client}/**/*.{ts,mjs}', { cwd: root })
    .flatMap((file) => [...read(file).matchAll(/(?:^import (?!type\b)(?:[^'"]*? from )?|\bimport\()'([^'.]+)'/gm)])
    .map(([, specifier = '']) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '')
    .filter((name) => name in all),
)
const chosen = (isImported: boolean) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => imported.has(name) === isImported))
const [, atRunTime = '', forDevelopment = ''] = read('docs/adr/0006-dependencies.md').split(/^### .*$/m)
const rows = (section: string) =>
  [...section.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
    ([, name = '', version = '', licence = '', reason = '']) => ({
      row: [name, version.trim(), licence.replaceAll('*', '').trim()].join(' '),
      reason: reason.trim(),
    }),
  )
const installed = (names: object) =>
  Object.keys(names).map((name) => {
    const { version, license } = manifest(`node_modules/${name}/package.json`)
    return [name, version, license.replace(/^\((.*)\)$/, '$1')].join(' ')
  })

test.each([
  ['run time', atRunTime, chosen(true)],
  ['development', forDevelopment, chosen(false)],
])('ADR 0006 has exactly a row with version, licence and reason for each dependency of %s', (_when, section, names) => {
  const found = rows(section)
  expect(found.map(({ row }) => row).sort()).toEqual(installed(names).sort())
  for (const { reason } of found) expect(reason).not.toBe('')
})

test('the installed versions equal those of package.json', () => {
  for (const [name, version] of Object.entries(all))
    expect([name, manifest(`node_modules/${name}/package.json`).version]).toEqual([name, version])
})

test('the package installs no dependency at a user', () => {
  expect(dependencies).toEqual({})
})

test('no code for AWS or for users has a licence that demands its source', () => {
  for (const { row } of rows(atRunTime)) expect(row).not.toMatch(/GPL|SSPL|BUSL/)
})

test('the page for people on call has the cool-down of its opening, and another person who may open', () => {
  const { profiles } = JSON.parse(read('policies/break-glass.json')) as {
    profiles: { name: string; coolDown: string }[]
  }
  const { groups } = JSON.parse(read('policies/directory.json')) as { groups: { [name: string]: string[] } }
  const page = read('docs/start/on-call.md')
  const [, profile] = /break-glass start --profile (\S+)/.exec(page) ?? []
  expect(profiles.find(({ name }) => name === profile)?.coolDown).toBe('PT15M')
  expect(page).toContain('works once within a quarter of an hour')
  const [, other] = /is on call too, and may: `--as (person:\w+)`/.exec(page) ?? []
  expect(groups['on-call']).toEqual(['person:jade', other])
})

test('each terminal of README outside a checkout sets the local stack', () => {
  const [, use = ''] = read('README.md').split('## Use it: one package')
  const [first = '', ...more] = use.split(/in a (?:second|third) terminal/)
  expect(more.length).toBeGreaterThan(0)
  for (const part of [first, ...more])
    expect(part).toMatch(/^export HOTWORK_LOCAL=path\/to\/checkout\/\.hotwork\/local\.json\b/m)
})
