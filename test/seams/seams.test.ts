import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { read, root } from '../support/repository.ts'

/**
 * Each kind of thing that users extend is a folder or a row, and its lines in registries. A toy of each kind is added to a copy of
 * the tree, as a commit of its own: the copy compiles, the toy's tests find it in each place where it must appear, and its recipe in
 * CONTRIBUTING.md names the files of that commit.
 */

const mostFiles = 5
const biome = join(root, 'node_modules/.bin/biome')

/** `lines`: each is added after an existing one. `added/` beside has the new files, with the toy's test. */
type Seam = {
  recipe: string
  lines: readonly { file: string; after: string; add: string }[]
  test: string
}
const toys = globSync('*/seam.json', { cwd: import.meta.dirname })
  .map(dirname)
  .toSorted()
  .map((name) => ({
    name,
    folder: join(import.meta.dirname, name, 'added'),
    seam: JSON.parse(readFileSync(join(import.meta.dirname, name, 'seam.json'), 'utf8')) as Seam,
  }))
const names = toys.map(({ name }) => name)
const seamOf = (name: string) => toys.find((toy) => toy.name === name)?.seam as Seam

let copy: string
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'hotwork-seams-'))
  copyTree()
  git('init', '--quiet')
  commit('The tree')
  for (const toy of toys) add(toy)
}, 120_000)
afterAll(() => rmSync(copy, { recursive: true, force: true }))

test.each(names)('the recipe of a toy (%s) names the files that its commit changes, and at most five', (name) => {
  const { recipe } = seamOf(name)
  const changed = git('log', '--max-count=1', '--format=', '--name-only', `--grep=^Add the toy ${name}$`)
    .split('\n')
    .filter((file) => file !== '' && !file.startsWith('test/'))
  const named = pathsIn(recipe)
  const matches = (path: string, file: string) => patternOf(path).test(file)
  expect({
    unnamed: changed.filter((file) => !named.some((path) => matches(path, file))),
    unchanged: named.filter((path) => !changed.some((file) => matches(path, file))),
  }).toEqual({ unnamed: [], unchanged: [] })
  expect(named.length).toBeLessThanOrEqual(mostFiles)
})

test('the tree compiles with all toys in it', () => {
  expect(run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit'])).toEqual({
    ok: true,
    told: '',
  })
}, 300_000)

test('the lint, which knows the layers, finds nothing in the files of the toys', () => {
  const files = git('diff', '--name-only', 'tree').split('\n').filter(Boolean)
  const { ok, told } = run(biome, ['ci', '--diagnostic-level=error', '--vcs-enabled=false', ...files])
  expect(ok ? '' : told).toBe('')
}, 120_000)

type Results = { testResults: { name: string; status: string; message: string }[] }
let results: Results
beforeAll(() => {
  const out = join(copy, '.hotwork/results.json')
  mkdirSync(dirname(out), { recursive: true })
  const files = toys.map(({ seam }) => join(copy, seam.test))
  const cache = ['--cacheDirectory', join(root, '.hotwork/jest')]
  const program = join(root, 'node_modules/jest/bin/jest.js')
  run(process.execPath, [
    program,
    ...cache,
    '--json',
    `--outputFile=${out}`,
    '--maxWorkers=1',
    '--runTestsByPath',
    ...files,
  ])
  results = JSON.parse(readFileSync(out, 'utf8'))
}, 600_000)

test.each(names)('the tests of a toy (%s) find it in each place where it must appear', (name) => {
  const found = results.testResults.find((each) => each.name.endsWith(seamOf(name).test))
  expect(found).toMatchObject({ status: 'passed', message: '' })
})

/** The files that git tracks, or would add. */
function copyTree(): void {
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  for (const file of new Set(listed.stdout.toString().split('\0').filter(Boolean)))
    cpSync(join(root, file), join(copy, file), { recursive: true, force: true })
  for (const folder of ['node_modules', 'dist']) symlinkSync(join(root, folder), join(copy, folder))
}

function add({ name, folder, seam }: (typeof toys)[number]): void {
  cpSync(folder, copy, { recursive: true, errorOnExist: true, force: false })
  for (const { file, after, add: line } of seam.lines) {
    const lines = readFileSync(join(copy, file), 'utf8').split('\n')
    const places = lines.flatMap((each, at) => (each.trim() === after ? [at] : []))
    if (places.length !== 1) throw new Error(`${name}: \`${after}\` stands ${places.length} times in ${file}`)
    writeFileSync(join(copy, file), lines.toSpliced((places[0] ?? 0) + 1, 0, line).join('\n'))
  }
  const code = seam.lines.map(({ file }) => file).filter((file) => file.endsWith('.ts'))
  run(biome, ['format', '--write', '--vcs-enabled=false', ...new Set(code)])
  commit(`Add the toy ${name}`)
}

function commit(subject: string): void {
  git('add', '--all')
  git('-c', 'user.name=toy', '-c', 'user.email=toy@example.org', 'commit', '--quiet', '--no-verify', '-m', subject)
  if (subject === 'The tree') git('tag', 'tree')
}

function git(...args: string[]): string {
  const { ok, told } = run('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'gc.auto=0', ...args])
  if (!ok) throw new Error(told)
  return told
}

/** Runs a program in the copy. `told`: its output. */
function run(program: string, args: readonly string[]): { ok: boolean; told: string } {
  // The Lambdas that a run bundles once lack the toys.
  const { JEST_WORKER_ID: _, HOTWORK_BUNDLED_FUNCTIONS: __, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: copy, env, maxBuffer: 2 ** 27 })
  return { ok: status === 0, told: `${stdout}${stderr}` }
}

/** The paths in code font of a recipe, without its pages in `docs/` and its tests. */
function pathsIn(recipe: string): string[] {
  const text = read('CONTRIBUTING.md')
  const section = text.split(/^### /m).find((each) => each.startsWith(`${recipe}\n`))
  if (section === undefined) throw new Error(`CONTRIBUTING.md has no recipe \`${recipe}\``)
  const [own = ''] = section.split(/^## /m)
  const paths = [...own.matchAll(/`((?:functions|infra|client|policies)\/[\w.<>/-]+)`/g)].map(([, path = '']) => path)
  return [...new Set(paths)]
}

/** `<kind>` is a placeholder for a name, and a path that ends with `/` includes all below it. */
const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/<[^>]+>/g, '[\\w-]+')}${path.endsWith('/') ? '.*' : ''}$`)
