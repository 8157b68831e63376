// Rules: test/policies/bad-folder.test.ts
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type * as z from 'zod'
import type { GovernedRegistry } from '../../domain/agents/governed-registry.ts'
import type { BreakGlassPolicy } from '../../domain/break-glass/break-glass.ts'
import type { Agent, Directory, ResourceRule, Tool } from '../../domain/people/organisation.ts'
import type { Bundle, Deployment } from '../../domain/policy/bundle.ts'
import type { Calendar } from '../../domain/policy/calendar.ts'
import type { CatalogueEntry } from '../../domain/policy/catalogue.ts'
import type { Ladder } from '../../domain/policy/ladder.ts'
import type { PolicyCase } from '../../domain/policy/policy-case.ts'
import { defined } from '../../domain/values.ts'
import { withSpiffeBundles } from './check-identities.ts'
import {
  AgentsFile,
  BreakGlassFile,
  CalendarFile,
  CasesFile,
  DeploymentFile,
  DirectoryFile,
  EntryFile,
  LadderFile,
  RegistryFile,
  ResourcesFile,
  ToolsFile,
} from './file-shapes.ts'
import { JsonDocument, type Problem, problemsIn } from './json-document.ts'
import { placeEntry } from './place-entry.ts'

export type Sourced<T> = { value: T; document: JsonDocument }
export type Source = { file: string; text: string }

export type ReadFile = <T extends z.ZodType>(file: string, schema: T) => Sourced<z.infer<T>> | undefined

/** A policy folder as written, each file well formed in itself. */
export type Folder = {
  deployment: Sourced<Deployment>
  ladder: Sourced<Ladder>
  directory: Sourced<Directory>
  agents: Sourced<{ agents: Agent[]; tell?: Bundle['agentsTell']; recertifyAtMost?: number | undefined }>
  tools: Sourced<{ tools: Tool[] }>
  /** The registry of agents at the last `policy pull`, which no bundle has: Lambdas read it at run time. */
  registry?: Sourced<GovernedRegistry>
  resources: Sourced<{ resources: ResourceRule[]; show?: Bundle['show'] }>
  breakGlass?: Sourced<BreakGlassPolicy>
  calendar?: Sourced<Calendar>
  actions: Sourced<CatalogueEntry>[]
  cases: Sourced<{ cases: PolicyCase[] }>[]
  schema: Source
  policies: Source[]
}

/** Reads the files. The deployment is a file, or made up. */
export function readFolder(
  folder: string,
  from: string | Sourced<DeploymentFile>,
): { folder?: Folder; problems: Problem[] } {
  const problems: Problem[] = []

  const isThere = (file: string, fix: string): boolean => {
    if (existsSync(file)) return true
    problems.push({ file, line: 1, message: 'there is no such file', fix })
    return false
  }
  const read: ReadFile = (file, schema) => {
    if (!isThere(file, 'add it; docs/policies.md says what it is')) return undefined
    const document = new JsonDocument(file)
    const todos = document.todos()
    // A schema would only complain about the type of `TODO`.
    const value = todos.length > 0 ? undefined : document.parse(schema)
    problems.push(...todos, ...document.problems)
    return value === undefined ? undefined : { value, document }
  }
  const readAll = <T extends z.ZodType>(under: string, schema: T): Sourced<z.infer<T>>[] =>
    filesIn(join(folder, under), '.json').flatMap((file) => read(file, schema) ?? [])

  const deployed = typeof from === 'string' ? read(from, DeploymentFile) : from
  const deployment = deployed && withSpiffeBundles(deployed, read, problems)
  const ladder = read(join(folder, 'ladder.json'), LadderFile)
  const directory = read(join(folder, 'directory.json'), DirectoryFile)
  const agents = read(join(folder, 'agents.json'), AgentsFile)
  const tools = read(join(folder, 'tools.json'), ToolsFile)
  const resources = read(join(folder, 'resources.json'), ResourcesFile)
  const readOptional: ReadFile = (file, schema) => (existsSync(file) ? read(file, schema) : undefined)
  const breakGlass = readOptional(join(folder, 'break-glass.json'), BreakGlassFile)
  const calendar = readOptional(join(folder, 'calendar.json'), CalendarFile)
  const registry = readOptional(join(folder, 'registry.json'), RegistryFile)
  const entries = readAll('actions', EntryFile)
  const actions = entries.flatMap(({ value, document }) => {
    let placed: CatalogueEntry | undefined
    const wrong = problemsIn(document, (say) => {
      placed = deployment && placeEntry(value, deployment.value, say)
    })
    problems.push(...wrong)
    return placed ? [{ value: placed, document }] : []
  })
  const cases = readAll('cases', CasesFile)
  const schemaFile = join(folder, 'hotwork.cedarschema')
  isThere(schemaFile, 'copy the one of examples/cdk-app/policies, which is in the package too')
  if (problems.length > 0 || !deployment || !ladder || !directory || !agents || !tools || !resources)
    return { problems }

  const sourceOf = (file: string): Source => ({ file, text: readFileSync(file, 'utf8') })
  const [schema, policies] = [sourceOf(schemaFile), filesIn(folder, '.cedar').map(sourceOf)]
  const parts = { deployment, ladder, directory, agents, tools, resources, actions, cases, schema, policies }
  return { folder: { ...parts, ...defined({ breakGlass, calendar, registry }) }, problems }
}

const filesIn = (folder: string, extension: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(extension))
        .toSorted()
        .map((name) => join(folder, name))
    : []
