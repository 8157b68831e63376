// Rules: test/policies/bad-folder.test.ts
import { noRecord } from '../../domain/people/host.ts'
import { cedarMembersOf } from '../../domain/policy/arguments.ts'
import type { CatalogueEntry } from '../../domain/policy/catalogue.ts'

const begins =
  '  // Generated from actions/*.json by `hotwork policy check --write-schema`. Do not edit below this line.'

/** The schema file with its generated part made from the catalogue; the author's text above it stays. */
export function withActions(schema: string, catalogue: readonly CatalogueEntry[]): string {
  const [written = ''] = schema.includes(begins) ? schema.split(begins) : [schema.trimEnd().replace(/\}$/, '')]
  return `${written.trimEnd()}\n\n${begins}\n\n${actionsPart(catalogue)}`
}

/** The rest of the namespace, to its closing brace: Cedar takes a namespace in one piece only. */
function actionsPart(catalogue: readonly CatalogueEntry[]): string {
  const entries = catalogue.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const groups = [...new Set(entries.flatMap(groupsOf))].toSorted()
  return [
    ...groups.map((group) => `  action "${group}";`),
    ...entries.flatMap((entry) => ['', ...actionLines(entry)]),
    '}',
    '',
  ].join('\n')
}

/** Cedar's action groups: the catalogue's own, and `mutating` for all that change something. */
export const groupsOf = ({ group, mutates }: CatalogueEntry) => (mutates ? [group, 'mutating'] : [group])

const actionLines = (entry: CatalogueEntry) => [
  `  action "${entry.name}" in [${groupsOf(entry)
    .map((group) => `"${group}"`)
    .join(', ')}] appliesTo {`,
  '    principal: [Agent],',
  '    resource: [Resource],',
  '    context: {',
  '      agent: AgentFacts,',
  '      resource: ResourceFacts,',
  '      arguments: {',
  ...cedarMembersOf([entry.arguments]).map((member) => `        ${member},`),
  '      },',
  '      purpose: String,',
  '      moment: String,',
  '      approval: { tier: Long, breakGlass: Bool },',
  '      credential: String,',
  '      unpinned: Set<String>,',
  '      recent: Long,',
  '      ambient: String,',
  `      record: { ${Object.keys(noRecord)
    .map((name) => `${name}: Long`)
    .join(', ')} },`,
  '      justified: Bool,',
  '      task: String,',
  '      task_source: String,',
  '      delegationDepth: Long,',
  '      preview: String,',
  '      now: datetime,',
  '      windows: Set<String>,',
  '    },',
  '  };',
]
