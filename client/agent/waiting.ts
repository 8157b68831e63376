// Rules: test/client/agent/permit.test.ts
import type { Task } from './ask.ts'

/** A request that people decide on. */
export type Waiting = {
  readonly request: string
  /** The web page on which people decide. */
  readonly page: string
  /** The unapproved stages, in their order: `owner (0 of 1), then sre (0 of 1)`. */
  readonly waitsFor: string
}

/** @internal The unapproved stages. */
export function waitedForOf({ hotwork: { stages, step } }: Pick<Task, 'hotwork'>): string {
  const left = stages.filter(({ quorum, decisions }) => decisions.approve < quorum)
  return left.length === 0 && step ? `its turn as step ${step.step} of ${step.plan}` : inTurn(left)
}

/** @internal */
export const inTurn = (stages: Task['hotwork']['stages']): string =>
  stages.map(({ name, quorum, decisions }) => `${name} (${decisions.approve} of ${quorum})`).join(', then ')

/** @internal A line for an agent's terminal, which otherwise shows nothing while people decide. */
export const waitingWords = ({ request, page, waitsFor }: Waiting): string =>
  `hotwork: ${request} waits for ${waitsFor}: ${page}`
