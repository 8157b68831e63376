import { Gate } from '../../../client/gate.ts'
import { Hotwork } from '../../../client/index.ts'
import type { Scene } from './scene.ts'

type Pause = (milliseconds: number, signal?: AbortSignal) => Promise<void>

/** The surroundings of a client with a folder of its own, whose pauses take no time. */
export const aroundIn = (folder: string, pause: Pause = async () => {}) => ({
  ...{ env: {}, folder, now: () => new Date(), pause },
})

/** The client of an agent, with its state in the folder. */
export function hotworkIn(scene: Scene, folder: string, agent = 'agent-remediator', pause?: Pause): Hotwork {
  const identity = async () => scene.workload(agent)
  return new Hotwork({ issuer: scene.api.url, identity, stateFolder: folder }, aroundIn(folder, pause))
}

export const gateIn = (scene: Scene, folder: string, tool: string, pause?: Pause): Gate =>
  new Gate({ issuer: scene.api.url, identity: async () => scene.workload(tool) }, aroundIn(folder, pause))
