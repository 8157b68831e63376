// Rules: test/policies/catalogue/matrix.test.ts
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CatalogueEntry } from '../../functions/domain/policy/catalogue.ts'
import { allKinds, kindOf } from '../../functions/targets/kinds.ts'
import { entryOf } from './described.ts'
import { readLibrary } from './library.ts'

/** The table of README that says how tightly each target holds an approval. It is made of the definitions of the targets. */

type TargetKind = (typeof allKinds)[number]

const begin = '<!-- node policy-tools/catalogue/matrix.ts -->'
const end = '<!-- end of the matrix -->'

const head = ['where', 'the right', 'values pinned', 'mediated', 'preview', 'drift guard', 'single use', 'stops within']

/** @param entries of all kinds: a library, and a policy folder */
export function matrixOf(kinds: readonly TargetKind[], entries: readonly CatalogueEntry[]): string {
  const rows = kinds.flatMap((kind) =>
    Object.keys(kind.credentials).map((credential) => {
      const all = entries.filter((entry) => kindOf(entry).id === kind.id)
      const own = all.filter((entry) => entry.credential === credential)
      return rowOf(kind, credential, own.length > 0 ? own : all)
    }),
  )
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function rowOf(kind: TargetKind, credential: string, entries: readonly CatalogueEntry[]): readonly string[] {
  const { act = '', words = '' } = kind.credentials[credential] ?? {}
  const hasPreview = entries.some(({ preview }) => preview !== undefined)
  const compares = entries.some((entry) => kind.comparesState?.(entry))
  const before = act === 'call' ? 'before the call' : 'before it is issued'
  const drift = `read again ${before}${compares ? ', or held by the target' : ''}`
  const isOwn = act === kind.id
  const pinned = isOwn && kind.open ? 'some: the card says which are open' : 'all'
  const byHotwork = ['call', 'change'].includes(act) ? 'yes' : 'no'
  return [kind.name, words, pinned, byHotwork, hasPreview ? 'yes' : '–', hasPreview ? drift : '–', ...endOf(kind, act)]
}

function endOf({ id, own }: TargetKind, act: string): readonly [singleUse: string, stopsWithin: string] {
  if (act === 'access_token') return ['yes: uses are counted', 'the next use']
  if (act !== id) return ['yes', 'at once']
  if (!own) throw new Error(`the kind \`${id}\` has credentials of its own and no \`own\`: kind.ts says what it is`)
  return [own.singleUse, own.stopsWithin]
}

/** The page with this matrix between its two comments. */
export function withMatrix(page: string, matrix: string): string {
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined) throw new Error(`the page has no ${begin} before ${end}`)
  return `${before}${begin}\n${matrix}\n${end}${after}`
}

/** The entries that come with Hotwork: those of the library and of the sample. */
export function entriesIn(root: string): readonly CatalogueEntry[] {
  const folder = join(root, 'policies/actions')
  const sample = readdirSync(folder).map(
    (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as CatalogueEntry,
  )
  return [...readLibrary(join(root, 'policy-tools/library')).map(entryOf), ...sample]
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..')
  const readme = join(root, 'README.md')
  writeFileSync(readme, withMatrix(readFileSync(readme, 'utf8'), matrixOf(allKinds, entriesIn(root))))
}
