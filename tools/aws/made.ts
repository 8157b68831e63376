import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UnusableOptions } from './options.ts'

/** The things that a run makes in the account, recorded before they are made, so that a later run can remove them. */
export interface Made {
  name: string
  accountId: string
  region: string
  /** In the order in which they are made. */
  stacks: readonly string[]
  /** The paths of the run's SSM parameters. Empty once they are removed: the account may use the paths itself later. */
  paths: readonly string[]
  /** The resources that outlive their stacks, as far as they were found: a deleted stack lists none. */
  kept?: readonly Kept[]
}
export type Kept = { type: 'table' | 'key' | 'bucket'; id: string }

/** CDK's toolkit under the run's own name: the account's own toolkit stays as it is. */
export const toolkitOf = (name: string): { stackName: string; qualifier: string } => ({
  stackName: `${name}Toolkit`,
  qualifier: name.toLowerCase(),
})

/** The stack of one check, which deletes it. */
export const changesOf = (name: string): string => `${name}Changes`

export const stacksOf = (name: string): readonly string[] => [
  ...[`${name}Toolkit`, `${name}Relay`, name, `${name}Target`],
  changesOf(name),
]

/** The name of resources that checks make beside the stacks. */
export const probeOf = (name: string): string => `${name}-probe`
export const fairQueueOf = (name: string): string => `${name}-fair`
export const waitingDocumentOf = (name: string): string => `${name}-wait`

const fileIn = (directory: string) => join(directory, 'made.json')

export const writeMade = (directory: string, made: Made): void =>
  writeFileSync(fileIn(directory), `${JSON.stringify(made, null, 2)}\n`)

/** @throws UnusableOptions if the folder has no run */
export function readMade(directory: string): Made {
  if (!existsSync(fileIn(directory))) throw new UnusableOptions(`there is no ${fileIn(directory)}: name a run's folder`)
  return JSON.parse(readFileSync(fileIn(directory), 'utf8')) as Made
}
