import type { Bundle } from '../../domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../domain/policy/catalogue.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { Problem } from './problem.ts'
import type { Source } from './read-folder.ts'

/** What compiling a folder needs of the language that its policies are written in. */
export interface PolicyLanguage {
  /** The schema with its generated part as the catalogue says it should be. */
  withActions(schema: string, catalogue: readonly CatalogueEntry[]): string
  compile(schema: Source, policies: readonly Source[], catalogue: readonly CatalogueEntry[]): CompiledPolicies
  /** Asks a bundle just as it will be asked when it is deployed. */
  open(bundle: Bundle): Policy
}

export type CompiledPolicies = {
  /** For each action, the policies that can bear on it, by id. */
  policies: Bundle['policies']
  /** Where each policy stands, what it does, and about which actions it is asked. */
  index: {
    [id: string]: {
      file: string
      line: number
      effect: 'permit' | 'forbid'
      actions: readonly string[]
      /** What it reads of the arguments, and whether it asks which of them the credential leaves open. */
      reads: { arguments: readonly string[] | 'all'; unpinned: boolean }
    }
  }
  problems: Problem[]
}
