// Rules: test/client/mcp/mcp-gate.test.ts
import type { McpTool } from '../agent/mcp-tool.ts'
import type { TaskTerms } from '../gated/call-task.ts'
import { spelledOut } from '../screen.ts'
import { type ToolMap, termsOf } from './tool-map.ts'

/** A tool of a server, as the catalogue has it. */
export type Catalogued = McpTool & { action: string }
/** A tool that is an action; `server` and `schema` are its expected ones, if they are known. */
export type Rule = { action: string; server?: McpTool['server'] | undefined; schema?: string | undefined }
export type Changed = { reason: 'tool_changed'; detail: string }

/** The tools that pass, and the action of each gated tool, from a map or the catalogue. Any other tool is refused. */
export class ToolRules {
  readonly terms: TaskTerms
  readonly #rules: ReadonlyMap<string, 'pass' | readonly Rule[]>

  constructor(terms: TaskTerms, rules: ReadonlyMap<string, 'pass' | readonly Rule[]>) {
    this.terms = terms
    this.#rules = rules
  }

  static ofMap(map: ToolMap): ToolRules {
    const { server, tools } = map
    const rules = Object.entries(tools).map(
      ([name, rule]) => [name, rule === 'pass' ? rule : [{ ...rule, server }]] as const,
    )
    return new ToolRules(termsOf(map), new Map(rules))
  }

  static ofCatalogue(entries: readonly Catalogued[], terms: TaskTerms): ToolRules {
    const rules = new Map<string, Rule[]>()
    for (const { tool, ...rule } of entries) rules.set(tool, [...(rules.get(tool) ?? []), rule])
    return new ToolRules(terms, rules)
  }

  of(name: string): 'pass' | readonly Rule[] | undefined {
    return this.#rules.get(name)
  }

  names(): string[] {
    return [...this.#rules.keys()]
  }
}

/** The rule that the live tool matches, or its difference from the expected tool. */
export function ruleFor(rules: readonly Rule[], live: McpTool): Rule | Changed {
  const found = rules.find(({ server, schema }) => isServer(server, live) && (schema ?? live.schema) === live.schema)
  if (found) return found
  if (rules.some(({ server }) => isServer(server, live)))
    return { reason: 'tool_changed', detail: 'its input schema differs from the catalogued one' }
  const known = rules.flatMap(({ server }) => (server ? [`\`${server.name}\` ${server.version}`] : []))
  const { name, version } = live.server
  const detail = `the server is \`${name}\` ${version}, but was catalogued as ${known.join(' and ')}`
  return { reason: 'tool_changed', detail: spelledOut(detail) }
}

const isServer = (server: McpTool['server'] | undefined, live: McpTool): boolean =>
  server === undefined || (server.name === live.server.name && server.version === live.server.version)
