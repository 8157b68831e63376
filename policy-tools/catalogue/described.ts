// Rules: test/policies/catalogue/verbs.test.ts
import { JsonDocument, type Problem } from '../../functions/adapters/policy-folder/json-document.ts'
import { exact } from '../../functions/domain/inert.ts'
import { type CatalogueEntry, startsRun } from '../../functions/domain/policy/catalogue.ts'
import { kindOf } from '../../functions/targets/kinds.ts'
import { fileOf, type Shelved } from './library.ts'
import { type Pin, type Pins, pinsOf } from './pins.ts'

/** A library entry for its reader. An entry with a `TODO` does not parse, but its pins are the same. */
export const entryOf = ({ entry }: Pick<Shelved, 'entry'>): CatalogueEntry =>
  ({ leavesOpen: {}, ...entry, ...ownNameOf(entry) }) as unknown as CatalogueEntry

/** The credential's name inside, as the compiler gives it. */
function ownNameOf(entry: { readonly [member: string]: unknown }): object {
  const { tool, credential } = entry
  const name = kindOf({ tool: String(tool) }).spelled?.[String(credential)]
  return name === undefined ? {} : { credential: name }
}

export const todosOf = ({ entry, text }: Pick<Shelved, 'entry' | 'text'>): readonly Problem[] =>
  new JsonDocument(fileOf(entry.name), text).todos()

export function describe(shelved: Shelved): { pins: Pins; todos: readonly Problem[]; lines: readonly string[] } {
  const entry = entryOf(shelved)
  const [pins, todos] = [pinsOf(entry), todosOf(shelved)]
  const { incidents, suggestedTier, example, notes } = shelved
  const lines = [
    `${entry.name}: ${entry.title}`,
    `for       ${incidents.join(', ')}`,
    `tier      ${suggestedTier}, as a suggestion: your policies say it`,
    `gives     ${entry.credential}`,
    ...pinLines(pins),
    ...previewLines(entry),
    `undo      ${undoWords(entry)}`,
    `example   ${exact(example)}`,
    ...notes.map((note) => `note      ${note}`),
    ...todos.map(({ message, fix }) => `decide    ${message.replace(/ is still to be decided$/, '')}: ${fix}`),
  ]
  return { pins, todos, lines }
}

export const pinLines = ({ arguments: all, always }: Pins): readonly string[] => [
  ...all.map(
    (pin) => `${(pin.pinned ? 'pinned' : 'open').padEnd(10)}${pin.argument}: ${pin.open ?? `by ${byWords(pin)}`}`,
  ),
  ...always.map((each) => `always    ${each}`),
]

/** An argument pinned only by its absence has no key. */
export const byWords = ({ by }: Pin): string =>
  by.map((each) => (each === 'resource' ? 'the ARN' : each.includes(':') ? `\`${each}\`` : each)).join(' and ')

function previewLines(entry: CatalogueEntry): readonly string[] {
  const { preview } = entry
  if (startsRun(entry)) return [`preview   ${definitionRead}`, `run       ${runWords(entry)}`]
  return preview
    ? [`preview   ${preview.action}: ${Object.keys(preview.show).join(', ')}`, `guard     ${preview.guard.join(', ')}`]
    : ['preview   none']
}

export const definitionRead = 'the definition of the run, which Hotwork reads itself'

/** The way in which the end of a run is seen, and in which it is stopped. */
export function runWords({ follow }: Pick<CatalogueEntry, 'follow'>): string {
  if (!follow) return 'it has ended when it answers'
  const { action, atMost, cancel } = follow
  return `followed by ${action} for at most ${atMost}, ${cancel ? `stopped by ${cancel.action}` : 'and cannot be stopped'}`
}

export const undoWords = ({ undo: { possible, how } }: CatalogueEntry): string =>
  `${possible ? '' : 'not possible: '}${how}`
