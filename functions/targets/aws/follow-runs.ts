// Rules: test/operations/uses/follow-run.test.ts, test/targets/aws/runs/follower.test.ts
import * as z from 'zod'
import { JmesPathExpressions } from '../../adapters/jmespath/expressions.ts'
import { RequestId } from '../../domain/values.ts'
import type { Stores, Wiring } from '../../handlers/environment.ts'
import { decidingPorts, factsOnly } from '../../handlers/wiring/ports.ts'
import { type FollowPorts, followRun } from '../../operations/uses/follow-run.ts'
import { SdkModelCaller } from './reads/sdk-model-caller.ts'
import { followerOf } from './runs/follower.ts'
import { StsBroker } from './sts/broker.ts'

/** The state machine sends its last pause back. */
const Asked = z.object({ requestId: RequestId })

/** Looks at one run, ends or cancels it, and tells the state machine when to look again. */
export const createHandler =
  (ports: FollowPorts) =>
  async (event: unknown): Promise<{ requestId: RequestId; seconds?: number }> => {
    const { requestId } = Asked.parse(event)
    return { requestId, ...(await followRun(requestId, ports)) }
  }

export const wire: Wiring<typeof createHandler, Stores | 'TARGET_ROLE' | 'FOLLOWER_ROLE'> = (told) => {
  const policy = factsOnly()
  const ports = decidingPorts(told, policy)
  const follower = followerOf({
    ...{ policy, clock: ports.clock, log: ports.log, followerRole: told.FOLLOWER_ROLE },
    broker: new StsBroker(ports.log),
    models: new SdkModelCaller(),
    expressions: new JmesPathExpressions(),
  })
  return { ...ports, targetRole: told.TARGET_ROLE, follower }
}
