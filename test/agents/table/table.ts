import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { read, root } from '../../support/repository.ts'
import { hosts, pairs, servers } from './pairs.ts'
import { type Cell, type Surface, surfaces } from './surfaces.ts'

/**
 * Makes the tables of docs/agents/README.md: `node test/agents/table/table.ts` writes them. Each promise names its
 * tests; test/infra/agents-table.test.ts fails if one is missing, or the page has another table.
 */

const page = join(root, 'docs/agents/README.md')
/** The versions of test/agents' packages. A Python package in both lists has the version of the first. */
const { dependencies } = JSON.parse(read('test/agents/package.json')) as { dependencies: { [name: string]: string } }
const inPython = ['requirements-mcp1.txt', 'requirements.txt'].flatMap((list) =>
  read(`test/agents/${list}`)
    .split('\n')
    .flatMap((line) => {
      const [, name, version] = /^(\S+)==(\S+)/.exec(line) ?? []
      return name && version ? [[name, version] as const] : []
    }),
)
const versions = new Map([...inPython, ...Object.entries(dependencies)])

/** The place of a table in the page: between these two lines. */
const between = (name: string) =>
  [`<!-- ${name}: by test/agents/table/table.ts -->`, `<!-- end of ${name} -->`] as const

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

const surfaceTable = () =>
  tableOf(
    ['your agent calls', 'tested with', 'waits how long', 'survives a restart', 'fails closed', 'what it cannot stop'],
    surfaces.map(({ where, page, tested, waits, restart, closed, cannotStop }) => [
      ...[`[${where}](${page})`, tested.map(withVersion).join(', ')],
      ...[waits, restart, closed].map(({ says }) => says),
      cannotStop,
    ]),
  )

function pairTable(): string {
  const under = Object.entries(hosts).map(([name, host]) => [name, `\`${host}\` ${versionOf(host)}`] as const)
  const isTested = (server: string, host: string) => pairs.some((pair) => pair[0] === server && pair[1] === host)
  const rows = Object.entries(servers).map(([name, server]) => [
    `\`${server}\` ${versionOf(server)}`,
    ...under.map(([host]) => (isTested(name, host) ? 'yes' : '')),
  ])
  return tableOf(['server', ...under.map(([, host]) => host)], rows)
}

/** A package of test/agents gets its version; other words stay. */
const withVersion = (tested: string) => [tested, versions.get(tested)].filter(Boolean).join(' ')

function versionOf(name: string): string {
  const found = versions.get(name)
  if (!found) throw new Error(`${name} is in no list of test/agents`)
  return found
}

/** The page as it should be. */
export function withTables(text: string): string {
  return [['surfaces', surfaceTable()] as const, ['servers', pairTable()] as const].reduce((page, [name, table]) => {
    const [begin, end] = between(name)
    const [from, to] = [page.indexOf(begin), page.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`docs/agents/README.md has no place for the table of ${name}`)
    return `${page.slice(0, from)}${begin}\n${table}\n${page.slice(to)}`
  }, text)
}

/** Tests that a promise names and that are missing. */
export const missingProofs = (): string[] => surfaces.flatMap(promisesOf).flatMap(missingOf)

const promisesOf = ({ waits, restart, closed }: Surface): Cell[] => [waits, restart, closed]
function missingOf({ says, proof }: Cell): string[] {
  const [file, ...tests] = proof
  const source = read(file)
  return tests.filter((test) => !source.includes(test)).map((test) => `${says}: ${file} has no test "${test}"`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, withTables(readFileSync(page, 'utf8')))
