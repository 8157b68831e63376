import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import type { Scene } from '../../support/scene.ts'
import { until } from '../../support/until.ts'

/** Calls of the gated tool: policy alone decides the first, and people the second. */
export const staging = { path: 'staging/checkout.yaml', content: 'retries: 3' }
export const prod = { path: 'prod/checkout.yaml', content: 'retries: 3' }

export async function requestsIn({ api }: Scene, status?: 'pending'): Promise<ApprovalRequest[]> {
  const { items } = await api.world.requests.list(status ? { status } : {}, { limit: 100 })
  return items.map(({ state }) => state)
}

export const untilPending = (scene: Scene): Promise<void> =>
  until(async () => (await requestsIn(scene, 'pending')).length > 0)

/** Decides all pending requests, as soon as there is one. */
export async function decideNext(scene: Scene, verdict: 'approve' | 'deny' = 'approve'): Promise<void> {
  await untilPending(scene)
  const { world } = scene.api
  for (const { ask } of await requestsIn(scene, 'pending'))
    for (const who of verdict === 'deny' ? ['ana'] : ['ana', 'eve'])
      await world.decide(await world.state(ask.id), who, verdict)
}
