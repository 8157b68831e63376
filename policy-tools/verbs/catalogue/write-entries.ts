// Rules: test/policies/catalogue/verbs.test.ts
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { JsonDocument, type Problem } from '../../../functions/adapters/policy-folder/json-document.ts'
import { entryText, fileOf } from '../../catalogue/library.ts'
import { WrongUsage } from '../io.ts'

export type Written = { name: string; file: string; todos: readonly Problem[]; notes: readonly string[] }
type Entry = { name: string; entry: object; notes?: readonly string[] }

/** Writes entries into `actions/` of a policy folder, all or none. @throws WrongUsage if one is there already */
export function writeEntries(entries: readonly Entry[], folder: string): readonly Written[] {
  const actions = join(folder, 'actions')
  if (!statSync(actions, { throwIfNoEntry: false })?.isDirectory())
    throw new WrongUsage(`there is no folder \`${actions}\``, 'name a policy folder with `--policies`')
  const files = entries.map(({ name, entry, notes = [] }) => ({
    ...{ name, notes },
    file: join(actions, fileOf(name)),
    text: entryText(entry),
  }))
  for (const { name, file } of files) {
    const other = existsSync(file) ? file : fileWith(name, actions)
    if (other !== undefined)
      throw new WrongUsage(
        `\`${name}\` is there already: \`${other}\``,
        'nothing is written over: move that file away first',
      )
  }
  return files.map(({ name, file, text, notes }) => {
    write(file, text)
    return { name, file, notes, todos: new JsonDocument(file, text).todos() }
  })
}

/** The file of an entry that a person has given another name. */
const fileWith = (name: string, actions: string): string | undefined =>
  readdirSync(actions)
    .filter((file) => file.endsWith('.json'))
    .map((file) => join(actions, file))
    .find((file) => Object(parsed(file))['name'] === name)

/** A file of invalid JSON has no name; the build reports it. */
function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new WrongUsage(`\`${file}\` cannot be written (${code})`, 'name a folder of yours with `--policies`', {
      cause,
    })
  }
}

/** The words for a person, who goes on from there. */
export const writtenText = (written: readonly Written[]): string =>
  [
    ...written.flatMap(({ name, file, todos, notes }) => [
      `${file}: ${name}`,
      ...notes.map((note) => `  note: ${note}`),
      ...todos.map(({ line, message, fix }) => `  ${line}: ${message}: ${fix}`),
    ]),
    '',
    'Next:',
    ...(written.some(({ todos }) => todos.length > 0)
      ? ['  - decide each `TODO`: until then `hotwork policy check` fails, with file and line']
      : []),
    '  - give resources.json a rule that knows the resource, agents.cedar a permit, and cases/ a case',
    '  - hotwork policy check --write-schema; then hotwork catalogue check: which argument is pinned by which key',
    '',
  ].join('\n')
