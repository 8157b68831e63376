import { grantOf } from '../../../functions/domain/record/request.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { followRun } from '../../../functions/operations/uses/follow-run.ts'
import { makeCall } from '../../../functions/operations/uses/make-call.ts'
import { automation } from '../../support/runs.ts'
import { MemoryRuns } from '../../support/runs-world.ts'
import { agentKey, issuer } from '../../support/world.ts'
import type { Scene } from './scene.ts'

/** A claimed mediated request whose call starts a run. `end` has it ended, and seen. */
export async function startedRun(scene: Scene, id: RequestId) {
  const { world } = scene.api
  const { bundle } = world.policy
  const state = await world.state(id)
  const entry = bundle.actions[state.ask.action]
  if (entry) Object.assign(bundle.actions, { [state.ask.action]: { ...entry, follow: automation } })
  const runs = new MemoryRuns()
  const ports = { ...world.ports, targetRole: world.targetRole, reach: runs, follower: runs }
  const jti = grantOf(state)?.credentials.access_token?.id
  if (jti === undefined) throw new Error('the agent has not claimed it')
  const of = { request: id, agent: state.ask.agent.id, audience: `${issuer}/aws`, jkt: agentKey }
  const called = await makeCall({ jti, ...of, expiresAt: world.clock.now() + 900 }, world.proof(), ports)
  return {
    called,
    end: async (succeeded = true) => {
      for (const run of runs.started.keys()) runs.end(run, succeeded)
      await followRun(id, ports)
    },
  }
}
