import { hostKinds, hostOf } from '../people/host-kinds.ts'
import type { Agent } from '../people/organisation.ts'
import type { Looked } from './agent-file.ts'

const seenOf = (runsOn: Agent['runsOn']) => hostKinds[hostOf(runsOn)[0]].seen

/** Why the last look found nothing new, or what Hotwork cannot see of this host; and what to do. */
export function hostNote({ runsOn }: Pick<Agent, 'runsOn'>, looked: Looked | undefined): string | undefined {
  const seen = seenOf(runsOn)
  return typeof seen === 'string' ? seen : looked?.failed && seen.failed[looked.failed.why]
}

/** The one who was asked about a host. */
export function askedAbout({ runsOn }: Pick<Agent, 'runsOn'>): string | undefined {
  const seen = seenOf(runsOn)
  return typeof seen === 'string' ? undefined : seen.asked
}

export const couldAlone = 'could do this without asking Hotwork: IAM allows it to the role on which the agent runs'
