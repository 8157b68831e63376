// Rules: test/policies/bad-folder.test.ts
import { noRecord } from '../../domain/people/host.ts'
import { cedarMembersOf } from '../../domain/policy/arguments.ts'
import { type CatalogueEntry, isOfRegistry, tellsChange } from '../../domain/policy/catalogue.ts'
import { ChangeSummary } from '../../domain/policy/change-summary.ts'

const begins =
  '  // Generated from actions/*.json by `hotwork policy check --write-schema`. Do not edit below this line.'

/** The schema file with its generated part made from the catalogue; the author's text above it stays. */
export function withActions(schema: string, catalogue: readonly CatalogueEntry[]): string {
  const [written = ''] = schema.includes(begins) ? schema.split(begins) : [schema.trimEnd().replace(/\}$/, '')]
  return `${written.trimEnd()}\n\n${begins}\n\n${actionsPart(catalogue)}`
}

/** The rest of the namespace, to its closing brace: Cedar takes a namespace only in one piece. */
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

/** Cedar's action groups: the catalogue's own, and `mutating` for all that agents change. */
export const groupsOf = (entry: CatalogueEntry) =>
  entry.mutates && !isOfRegistry(entry) ? [entry.group, 'mutating'] : [entry.group]

const actionLines = (entry: CatalogueEntry) => [
  `  action "${entry.name}" in [${groupsOf(entry)
    .map((group) => `"${group}"`)
    .join(', ')}] appliesTo {`,
  `    principal: [${isOfRegistry(entry) ? 'Person' : 'Agent'}],`,
  '    resource: [Resource],',
  '    context: {',
  ...(isOfRegistry(entry) ? [] : ['      agent: AgentFacts,']),
  '      resource: ResourceFacts,',
  '      arguments: {',
  ...cedarMembersOf([entry.arguments]).map((member) => `        ${member},`),
  '      },',
  ...(isOfRegistry(entry) ? changeLines : askLines),
  ...(tellsChange(entry) ? [changeSetLine] : []),
  '      now: datetime,',
  '      windows: Set<String>,',
  '    },',
  '  };',
]

/** `before`: the autonomy before the change, unless the agent is new. */
const changeLines = [
  '      change: {',
  '        members: Set<String>,',
  '        autonomy: String,',
  '        before?: String,',
  '        widens: Bool,',
  '        newOwner: Bool,',
  '        answersForIt: Bool,',
  '      },',
  '      moment: String,',
  '      approval: { tier: Long },',
]

/** Known once the change set was read, at no evaluation. */
const changeSetLine = `      change?: { ${Object.keys(ChangeSummary.shape)
  .map((name) => `${name}: ${name === 'types' ? 'Set<String>' : 'Long'}`)
  .join(', ')} },`

const askLines = [
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
]
