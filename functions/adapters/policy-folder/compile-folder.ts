// Rules: test/policies/bad-folder.test.ts
import { type Bundle, hashOfBundle } from '../../domain/policy/bundle.ts'
import { type CatalogueEntry, isOfRegistry } from '../../domain/policy/catalogue.ts'
import { defined, type Json } from '../../domain/values.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import { modelsOf } from '../../targets/checks.ts'
import { checkAgentTerms, checkRegistry } from './check-agents.ts'
import { checkBreakGlass } from './check-break-glass.ts'
import { checkCalendar, checkWindowsRead } from './check-calendar.ts'
import { checkCatalogue, checkUnpinned } from './check-catalogue.ts'
import { checkDeployment } from './check-deployment.ts'
import { checkIdentities } from './check-identities.ts'
import { checkPreviews } from './check-previews.ts'
import { checkReferences } from './check-references.ts'
import { checkRuns, withRunPreview } from './check-runs.ts'
import { checkCases } from './check-stages.ts'
import type { Problem } from './json-document.ts'
import { type Folder, readFolder, type Source } from './read-folder.ts'

type From = Parameters<typeof readFolder>[1]
type Opened =
  | { ok: true; bundle: Bundle; folder: Folder; index: CompiledPolicies['index']; failing: Problem[] }
  | { ok: false; problems: Problem[] }

/**
 * Compiles a policy folder, with the deployment that gives its aliases a meaning, into one bundle; or lists every problem.
 * Failing cases and missing terms of an older folder still give a bundle: `failing`.
 */
export function openFolder(path: string, deployment: From, language: PolicyLanguage, now = Date.now() / 1000): Opened {
  const { folder, problems } = readFolder(path, deployment)
  if (!folder) return { ok: false, problems }
  const catalogue = folder.actions.map(({ value }) => value)

  // Each step builds on the one before: its findings after a broken start are noise.
  const names = [
    ...checkReferences(folder),
    ...checkDeployment(folder),
    ...checkIdentities(folder),
    ...checkCatalogue(folder),
    ...checkPreviews(folder),
    ...checkRuns(folder),
    ...checkBreakGlass(folder),
    ...checkCalendar(folder),
  ]
  if (names.length > 0) return { ok: false, problems: names }
  const stale = checkSchemaIsCurrent(folder.schema, language.withActions(folder.schema.text, catalogue))
  if (stale.length > 0) return { ok: false, problems: stale }
  const { policies, observed, index, problems: wrong } = language.compile(folder.schema, folder.policies, catalogue)
  if (wrong.length > 0) return { ok: false, problems: wrong }
  const unheld = [...checkUnpinned(folder, index), ...checkWindowsRead(folder, index)]
  if (unheld.length > 0) return { ok: false, problems: unheld }

  const bundle = withHash({
    schema: folder.schema.text,
    ...byAsker(catalogue.map(withRunPreview)),
    models: modelsOf(catalogue),
    policies,
    ...defined({ observed }),
    ladder: folder.ladder.value,
    directory: folder.directory.value,
    agents: folder.agents.value.agents,
    tools: folder.tools.value.tools,
    resources: folder.resources.value.resources,
    ...defined({
      agentsTell: folder.agents.value.tell ?? onlyChannelOf(folder),
      recertifyAtMost: folder.agents.value.recertifyAtMost,
      show: folder.resources.value.show,
      breakGlass: folder.breakGlass?.value,
      calendar: folder.calendar?.value,
    }),
    deployment: folder.deployment.value,
  })
  const policy = language.open(bundle)
  const cases = checkCases(folder, bundle, (question) => policy.ask(question), index)
  const failing = [...checkAgentTerms(folder, now), ...checkRegistry(folder, bundle, now), ...cases]
  return { ok: true, bundle, folder, index, failing }
}

/** Agents' endpoints never read `changes`. */
function byAsker(catalogue: readonly CatalogueEntry[]): Pick<Bundle, 'actions' | 'changes'> {
  const named = (of: readonly CatalogueEntry[]) => Object.fromEntries(of.map((entry) => [entry.name, entry]))
  const changes = catalogue.filter(isOfRegistry)
  const actions = named(catalogue.filter((entry) => !isOfRegistry(entry)))
  return changes.length === 0 ? { actions } : { actions, changes: named(changes) }
}

function onlyChannelOf({ deployment }: Folder): Bundle['agentsTell'] {
  const [channel, ...others] = Object.keys(deployment.value.channels)
  return channel !== undefined && others.length === 0 ? { channel } : undefined
}

export const withHash = (content: Omit<Bundle, 'hash'>): Bundle => ({
  hash: hashOfBundle(content as unknown as Json),
  ...content,
})

function checkSchemaIsCurrent({ file, text }: Source, current: string): Problem[] {
  if (text === current) return []
  const lines = text.split('\n')
  const line = current.split('\n').findIndex((wanted, at) => wanted !== lines[at]) + 1
  const fix = 'run `npx --no-install hotwork policy check --write-schema` with the folder'
  return [{ file, line, message: 'the part that is generated from actions/*.json is not current', fix }]
}

/** Updates the generated part of the schema; or lists the folder's problems. */
export function currentSchema(path: string, deployment: From, language: PolicyLanguage): Source | Problem[] {
  const { folder, problems } = readFolder(path, deployment)
  if (!folder) return problems
  const catalogue = folder.actions.map(({ value }) => value)
  return { file: folder.schema.file, text: language.withActions(folder.schema.text, catalogue) }
}

/** The policy language's part in compiling a folder. */
interface PolicyLanguage {
  withActions(schema: string, catalogue: readonly CatalogueEntry[]): string
  compile(schema: Source, policies: readonly Source[], catalogue: readonly CatalogueEntry[]): CompiledPolicies
  open(bundle: Bundle): Policy
}

/** The windows and freezes that a policy names, each with its line; and whether it also reads the set as a whole. */
type WindowsRead = { named: readonly { name: string; line: number }[]; whole: boolean }

export type CompiledPolicies = {
  policies: Bundle['policies']
  observed?: Bundle['policies']
  /** The place of each policy, its effect, and its actions. */
  index: {
    [id: string]: {
      file: string
      line: number
      effect: 'permit' | 'forbid'
      /** True if it is observed: asked, but never counted. */
      observes: boolean
      actions: readonly string[]
      /** The arguments that it reads, and whether it reads `context.unpinned`. */
      reads: { arguments: readonly string[] | 'all'; unpinned: boolean; windows: WindowsRead }
    }
  }
  problems: Problem[]
}
