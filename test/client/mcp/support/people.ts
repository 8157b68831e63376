import type { Scene } from '../../support/scene.ts'
import { until } from '../../support/until.ts'

/** Calls of the gated tool: policy alone decides the first, and people the second. */
export const staging = { path: 'staging/checkout.yaml', content: 'retries: 3' }
export const prod = { path: 'prod/checkout.yaml', content: 'retries: 3' }

export const untilPending = (scene: Scene): Promise<void> =>
  until(async () => (await scene.requests('pending')).length > 0)

/** Decides all pending requests, as soon as there is one. */
export async function decideNext(scene: Scene, verdict?: 'approve' | 'deny'): Promise<void> {
  await untilPending(scene)
  await scene.decideAll(verdict)
}
