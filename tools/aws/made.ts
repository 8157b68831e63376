import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UnusableOptions } from './options.ts'

/** What a run makes in the account, written down before it is made: so another run can remove it. */
export interface Made {
  name: string
  accountId: string
  region: string
  /** In the order in which they are made. */
  stacks: readonly string[]
  /** Below which each SSM parameter is the run's. Nothing, once they are removed: the account may make its own there later. */
  paths: readonly string[]
  /** What its stacks keep when they go, as far as it was found: a stack that is gone tells of nothing any more. */
  kept?: readonly Kept[]
}
export type Kept = { type: 'table' | 'key' | 'bucket'; id: string }

/** CDK's, under a name of the run's own: a toolkit that is there is left alone. */
export const toolkitOf = (name: string): { stackName: string; qualifier: string } => ({
  stackName: `${name}Toolkit`,
  qualifier: name.toLowerCase(),
})

export const stacksOf = (name: string): readonly string[] => [`${name}Toolkit`, `${name}Relay`, name, `${name}Target`]

/** What checks make beside the stacks. */
export const probeOf = (name: string): string => `${name}-probe`
export const fairQueueOf = (name: string): string => `${name}-fair`

const fileIn = (directory: string) => join(directory, 'made.json')

export const writeMade = (directory: string, made: Made): void =>
  writeFileSync(fileIn(directory), `${JSON.stringify(made, null, 2)}\n`)

/** @throws UnusableOptions where no run is */
export function readMade(directory: string): Made {
  if (!existsSync(fileIn(directory))) throw new UnusableOptions(`there is no ${fileIn(directory)}: name a run's folder`)
  return JSON.parse(readFileSync(fileIn(directory), 'utf8')) as Made
}
