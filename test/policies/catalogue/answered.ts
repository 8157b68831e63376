import { checkCatalogue } from '../../../functions/adapters/policy-folder/check-catalogue.ts'
import { EntryFile } from '../../../functions/adapters/policy-folder/file-shapes.ts'
import { formatProblem, JsonDocument } from '../../../functions/adapters/policy-folder/json-document.ts'
import { placeEntry } from '../../../functions/adapters/policy-folder/place-entry.ts'
import type { Folder } from '../../../functions/adapters/policy-folder/read-folder.ts'
import type { CatalogueEntry } from '../../../functions/domain/policy/catalogue.ts'
import { kubernetes } from '../../../functions/targets/kubernetes/kind.ts'
import { checkAgainstIam } from '../../../policy-tools/catalogue/against-iam.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
type Json = any

export const account = {
  partition: 'aws',
  region: 'us-east-1',
  accountId: '111122223333',
  externalId: 'made-up',
} as const
const cluster = { kind: 'kubernetes', ...kubernetes.example, namespaces: ['payments'] }
const deployment = { accounts: { target: account }, targets: { cluster } }

/** The answers of an author who is in a hurry, by the last member of the path. */
const answers: { readonly [member: string]: unknown } = {
  account: 'target',
  target: 'cluster',
  group: 'remediation',
  minimum: 0,
  maximum: 100,
  maxItems: 10,
  maxProperties: 4,
  maxLength: 40,
  possible: false,
  how: 'by hand',
  type: 'aws:thing',
  id: 'arn:{partition}:thing:{region}:{account}:one',
}

/** The ARN that a question gives as an example. */
const exampleIn = (question: string): string | undefined =>
  /^TODO: .*such as (\S+);/.exec(question)?.[1]?.replaceAll('*', 'one')

/** An entry in which each `TODO` has an answer. */
export function answered(entry: object): Json {
  const visit = (value: Json, member: string): Json => {
    if (typeof value === 'string')
      // A key of a condition that no call may carry.
      return /^TODO\b/.test(value) ? (exampleIn(value) ?? answers[member] ?? 'true') : value
    if (Array.isArray(value)) {
      const left = value.filter((each) => !/^TODO: an ARN/.test(each))
      return (left.length > 0 ? left : value).map((each) => visit(each, member))
    }
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, visit(each, name)]))
  }
  return visit(entry, '')
}

/** The problems that the compiler, and `catalogue check`, find in one entry. */
export function problemsOf(entry: object): readonly string[] {
  const document = new JsonDocument('entry.json', JSON.stringify(entry, null, 2))
  const file = document.parse(EntryFile)
  const said = [...document.problems, ...document.todos()]
  const placed = file && placeEntry(file, deployment as never, (...told) => void said.push(document.report(...told)))
  if (placed) {
    const folder = {
      actions: [{ value: placed, document }],
      deployment: { value: deployment },
      tools: { value: { tools: [] } },
    }
    said.push(...checkCatalogue(folder as unknown as Folder))
    if (placed.tool === 'aws') checkAgainstIam(placed, (...told) => void said.push(document.report(...told)))
  }
  return said.map(formatProblem)
}

/** @throws if it does not compile */
export function compiled(entry: object): CatalogueEntry {
  const problems = problemsOf(entry)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return placeEntry(EntryFile.parse(entry), deployment as never, () => {}) as CatalogueEntry
}
