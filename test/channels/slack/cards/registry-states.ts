import type { Bundle } from '../../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { type JsonObject, type PersonId, RequestId } from '../../../../functions/domain/values.ts'
import { agent, person, start } from '../../../support/world.ts'

/** Changes of the registry of agents, in states that differ for people. */
export function registryStates(
  { agents }: Bundle,
  known: ReadonlyMap<string, ApprovalRequest>,
): ReadonlyMap<string, ApprovalRequest> {
  const before = agents.find(({ id }) => id === agent('builder'))
  const stateOf = (name: string) => {
    const found = known.get(name)
    if (!found) throw new Error(`no state is called ${name}`)
    return found
  }
  /** The change in a state of another request. */
  const as = <S extends ApprovalRequest>(state: S, action: string, args: JsonObject, accepts?: PersonId): S => {
    const { preview: _, drifts: __, ...rest } = state
    const { ambient: _1, record: _2, ...ask } = state.ask as typeof state.ask & { [member: string]: unknown }
    const own = {
      agent: { id: person('dan'), issuer: 'people', subject: 'person-dan' },
      ...{ id: RequestId.parse(`req_${'7'.repeat(26)}`), owner: person('dan'), action },
      ...{ arguments: { id: 'agent:builder', ...args }, resource: { type: 'agent', id: 'agent:builder' } },
      ...{ environment: 'governance', unpinned: [], purpose: 'registry', parentTask: { id: 'agent:builder' } },
      barred: [person('dan'), ...(accepts === undefined ? [] : [accepts])],
      change: { ...(before ? { before } : {}), ...(accepts === undefined ? {} : { accepts }) },
    }
    return { ...rest, ask: { ...ask, ...own } } as unknown as S
  }
  const waiting = stateOf('waiting for the first stage')
  const completed = stateOf('completed: succeeded')
  const transfer = as(waiting, 'hotwork:TransferAgent', { owner: 'person:ben' }, person('ben'))
  const change = { description: 'builds "all" of it', recertifyEvery: 'P90D' }
  return new Map<string, ApprovalRequest>([
    ['a change of the registry', as(waiting, 'hotwork:ChangeAgent', change)],
    ['a retirement', as(waiting, 'hotwork:RetireAgent', {})],
    ['a transfer', transfer],
    ['an accepted transfer', { ...transfer, accepted: { at: start + 30 } }],
    ['a change that was written', as(completed, 'hotwork:ChangeAgent', change)],
    [
      'a change that was not written',
      { ...as(completed, 'hotwork:ChangeAgent', change), outcome: 'failed', code: 'registry_moved' } as ApprovalRequest,
    ],
  ])
}
