// Rules: test/policies/catalogue/page.test.ts
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CatalogueEntry, startsRun } from '../../functions/domain/policy/catalogue.ts'
import { byWords, definitionRead, entryOf, runWords, undoWords } from './described.ts'
import { incidents, readLibrary, type Shelved } from './library.ts'
import { type Pins, pinsOf } from './pins.ts'

/** `docs/catalogue.md`: the library for a reader. A test holds the page to it. */
export const pageOf = (library: readonly Shelved[]): string =>
  `${[...opening, ...incidents.flatMap((each) => incidentLines(each, library)), ...entriesOf(library)].join('\n')}\n`

const opening = [
  '# The catalogue that comes with Hotwork',
  '',
  'Generated from `policy-tools/library/` by `node policy-tools/catalogue/page.ts`; do not edit it. How an entry gets into a policy folder:',
  '[policies.md](policies.md#add-an-action).',
  '',
  '`hotwork catalogue add NAME` writes an entry into your policy folder. Each has the tightest statement that the condition keys of IAM allow.',
  '**Pinned**: no credential for an approved request goes through with another value. **Open**: the agent can call with another value',
  'than the approved one, and the card says so. **Judged**: how the tests know.',
  '',
  '# By incident',
  '',
  '| incident | repairs it | finds it |',
  '| --- | --- | --- |',
]

function incidentLines(incident: string, library: readonly Shelved[]): readonly string[] {
  const names = (changes: boolean) =>
    library
      .filter((each) => each.incidents.some((one) => one === incident) && each.entry.mutates === changes)
      .map(({ entry }) => `[\`${entry.name}\`](#${anchorOf(entry.name)})`)
      .join(', ')
  return [`| ${incident} | ${names(true)} | ${names(false)} |`]
}

const entriesOf = (library: readonly Shelved[]): readonly string[] => [
  '',
  '# Entries that change something',
  ...library.filter(({ entry }) => entry.mutates).flatMap(entryLines),
  '',
  '# Reads',
  ...library.filter(({ entry }) => !entry.mutates).flatMap(entryLines),
]

const anchorOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9-]/g, '')

function entryLines(shelved: Shelved): readonly string[] {
  const entry = entryOf(shelved)
  const pins = pinsOf(entry)
  const { incidents: own, suggestedTier, notes } = shelved
  const rows: readonly (readonly [string, string])[] = [
    ['for', own.join(', ')],
    ['suggested tier', String(suggestedTier)],
    ['pinned', pinnedWords(pins)],
    ...(pins.always.length > 0 ? [['in every call', pins.always.map(code).join(', ')] as const] : []),
    ['open', openWords(pins)],
    ...previewRows(entry),
    ...(entry.mutates ? [['undo', undoWords(entry)] as const] : []),
    ['judged', judgedWords(entry)],
    ...notes.map((note) => ['note', note] as const),
  ]
  return [
    '',
    `## ${entry.name}`,
    '',
    `${entry.title.replaceAll(/\{arguments\.(\w+)\}/g, '*$1*')}.`,
    '',
    '| | |',
    '| --- | --- |',
    ...rows.map(([name, words]) => `| ${name} | ${words.replaceAll('|', '\\|')} |`),
  ]
}

const code = (text: string): string => `\`${text}\``

const pinnedWords = ({ arguments: all }: Pins): string =>
  all
    .filter(({ pinned }) => pinned)
    .map((pin) => `${code(pin.argument)} by ${byWords(pin)}`)
    .join('; ') || 'no argument'

const openWords = ({ arguments: all }: Pins): string =>
  all
    .filter(({ pinned }) => !pinned)
    .map(({ argument, open = '' }) => `${code(argument)}: ${open}`)
    .join('; ') || 'no argument'

function previewRows(entry: CatalogueEntry): readonly (readonly [string, string])[] {
  const { preview } = entry
  if (startsRun(entry))
    return [
      ['preview', definitionRead],
      ['run', runWords(entry)],
    ]
  return preview
    ? [
        ['preview', `${code(preview.action)}: ${Object.keys(preview.show).map(code).join(', ')}`],
        ['guard', preview.guard.map(code).join(', ')],
      ]
    : []
}

const judgedWords = ({ credential, tool }: CatalogueEntry): string =>
  tool === 'kubernetes'
    ? 'a real API server, over the calls near the example: `npm run test:kubernetes`'
    : credential === 'sts'
      ? 'iam-simulate, over the calls near the example; the keys by the service reference of IAM'
      : 'Hotwork makes the call itself; the ARN by iam-simulate'

if (import.meta.main) {
  const library = readLibrary(join(import.meta.dirname, '../library'))
  writeFileSync(join(import.meta.dirname, '../../docs/catalogue.md'), pageOf(library))
}
