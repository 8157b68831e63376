// Rules: test/http/agents-page.test.ts
import { hostKinds, hostOf } from '../people/host-kinds.ts'
import type { Agent } from '../people/organisation.ts'
import type { Looked } from './agent-file.ts'

const seenOf = (runsOn: Agent['runsOn']) => hostKinds[hostOf(runsOn)[0]].seen

/** A note on a failed or impossible look at the host, with the next step. */
export function hostNote({ runsOn }: Pick<Agent, 'runsOn'>, looked: Looked | undefined): string | undefined {
  const seen = seenOf(runsOn)
  if (typeof seen === 'string') return seen
  if (looked?.failed) return seen.failed[looked.failed.why]
  return looked?.partial && `Part of the answer is unknown: ${looked.partial.join('; ')}`
}

/**
 * The delay until Hotwork sees a change of a host's rights. `silent`: the places that send no events; undefined before
 * the first look.
 */
export const changesSeen = (silent: readonly string[] | undefined): string =>
  silent?.length === 0
    ? 'changes at AWS are seen within minutes'
    : `changes at AWS are seen within a day, because no CloudTrail trail sends them${silent ? ` (${silent.join(', ')})` : ''}`

/** The service that was asked about a host. */
export function askedAbout({ runsOn }: Pick<Agent, 'runsOn'>): string | undefined {
  const seen = seenOf(runsOn)
  return typeof seen === 'string' ? undefined : seen.asked
}
