import {
  changedAt,
  type GovernedRegistry,
  nothingGoverned,
  withGoverned,
} from '../../../functions/domain/agents/governed-registry.ts'
import type { Agent } from '../../../functions/domain/people/organisation.ts'
import { agentOf } from '../../../functions/domain/policy/bundle.ts'
import { AgentId } from '../../../functions/domain/values.ts'
import { sampleBundle } from '../../support/world.ts'

const files = sampleBundle()
const [known] = files.agents as [Agent]
const fresh: Agent = { ...known, id: AgentId.parse('agent:fresh') }
const registry: GovernedRegistry = {
  ...nothingGoverned,
  version: 3,
  agents: [fresh, { ...known, owner: fresh.owner, autonomy: 'orchestrator' }],
  retired: [{ id: AgentId.parse('agent:planner'), at: 5 }],
  changed: { [fresh.id]: 7 },
}

describe('the bundle with the registry', () => {
  const merged = withGoverned(files, registry)

  it('the bundle has an agent that only the registry names', () => {
    expect(agentOf(merged, 'agent:fresh')).toEqual(fresh)
  })

  it('an agent of the files stays as the files have it, no matter what the registry says', () => {
    expect(agentOf(merged, known.id)).toEqual(known)
  })

  it('an agent of the files that was retired at run time is retired', () => {
    expect(agentOf(merged, 'agent:planner')?.status).toBe('retired')
  })

  it('a name that was retired in the registry stays retired, though a later folder has it', () => {
    const retired: GovernedRegistry = { ...registry, agents: [{ ...known, status: 'retired' }] }
    expect(agentOf(withGoverned(files, retired), known.id)).toEqual({ ...known, status: 'retired' })
  })

  it('the bundle names the version and the last change of an agent', () => {
    expect([merged.registry?.version, changedAt(merged, 'agent:fresh'), changedAt(merged, known.id)]).toEqual([
      3,
      7,
      undefined,
    ])
  })

  it('the bundle is that of the files while nothing was changed at run time', () => {
    expect(withGoverned(files, nothingGoverned)).toBe(files)
  })
})
