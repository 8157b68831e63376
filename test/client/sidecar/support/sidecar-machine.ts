import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Journal } from '../../../../client/journal/journal.ts'
import { KeptRequests } from '../../../../client/requests/kept-requests.ts'
import { openSidecar, type SidecarTyped } from '../../../../client/sidecar/sidecar.ts'
import { thisMachine } from '../../../../client/surroundings.ts'
import { HostMachine, map } from '../../hooks/support/host-machine.ts'
import type { Scene } from '../../support/scene.ts'

// biome-ignore lint/suspicious/noExplicitAny: an answer has no type until a test has looked at it
export type Said = { status: number; body: any; headers: { [name: string]: unknown } }
type Asked = { method?: string; body?: unknown; headers?: { [name: string]: string }; signal?: AbortSignal }

/** A machine with a sidecar of one agent, which may be ended and started again. */
export class SidecarMachine extends HostMachine {
  url = ''
  token = ''
  /** The subject of its agent. */
  subject = 'agent-remediator'
  maps: object[] = [map]
  /** The journal that the sidecar writes with; by default a living one. */
  writes: Journal | undefined
  readonly #world: Scene
  #stop: () => Promise<void> = async () => {}

  constructor(scene: Scene) {
    super(scene)
    this.#world = scene
  }

  async start(changes: Partial<SidecarTyped> = {}, env: { [name: string]: string } = {}): Promise<this> {
    await this.#stop()
    const apiUrl = this.#world.api.url
    const file = join(this.folder, 'workload-token')
    writeFileSync(file, this.#world.workload(this.subject))
    const surroundings = {
      ...thisMachine({ file: '', version: '' }),
      env: { XDG_STATE_HOME: this.folder, HOTWORK_WORKLOAD_TOKEN_FILE: file, ...env },
      folder: this.folder,
      err: (words: string) => void this.told.push(words),
      pause: async () => void (await this.waiting()),
    }
    const names = this.maps.map((each, count) => {
      writeFileSync(join(this.folder, `map-${count}.json`), JSON.stringify(each))
      return `map-${count}.json`
    })
    const typed: SidecarTyped = { map: names, mapInProject: true, port: 0, wait: 0, pending: 'deny', ...changes }
    const context = {
      settings: { apiUrl },
      kept: new KeptRequests(this.writes ?? this.journal, apiUrl),
      surroundings,
      json: false,
    }
    const { server, token } = await openSidecar(typed, context)
    this.url = server.url
    this.token = token
    this.#stop = server.close
    return this
  }

  stop(): Promise<void> {
    const stop = this.#stop
    this.#stop = async () => {}
    return stop()
  }

  /** Sent without `fetch`, which writes `Host` itself. */
  ask(path: string, { method = 'GET', body, headers = {}, signal }: Asked = {}): Promise<Said> {
    return new Promise((resolve, reject) => {
      const { protocol, hostname, port, pathname } = new URL(this.url)
      const authorization = `Bearer ${this.token}`
      const options = {
        ...(protocol === 'unix:' ? { socketPath: pathname } : { hostname, port }),
        path,
        method,
        headers: { authorization, ...headers },
        ...(signal ? { signal } : {}),
      }
      const sent = request(options, async (response) => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, body: JSON.parse(await text(response)) })
      })
      sent.once('error', reject)
      const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
      sent.end(isRaw ? body : JSON.stringify(body))
    })
  }

  override async close(): Promise<void> {
    await this.stop()
    super.close()
  }
}
