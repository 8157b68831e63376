import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InMemoryTransport, type JSONRPCMessage } from '@modelcontextprotocol/server'
import { Gate } from '../../../../client/gate.ts'
import { GatedCalls } from '../../../../client/gated/gated-calls.ts'
import { Hotwork } from '../../../../client/index.ts'
import { Journal } from '../../../../client/journal/journal.ts'
import { type GateOpened, openGate } from '../../../../client/mcp/open-gate.ts'
import { ToolRules } from '../../../../client/mcp/tool-rules.ts'
import { thisProcess } from '../../../../client/surroundings.ts'
import { useRealTime } from '../../support/agent-machine.ts'
import type { Scene } from '../../support/scene.ts'
import { sampleMap } from './gate-machine.ts'

export type Message = {
  id?: string | number
  method?: string
  params?: { [name: string]: unknown }
  result?: { [name: string]: unknown }
  error?: { code: number; message: string }
}

const program = join(import.meta.dirname, 'files-server.mjs')
const version2026 = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'host', version: '1' },
}

/** A folder for the state of gates of this process, before a server in a process of its own. */
export class GateRoom {
  home = ''
  readonly #scene: Scene
  readonly #hosts: RawHost[] = []
  readonly #calls: GatedCalls[] = []

  constructor(scene: Scene) {
    this.#scene = scene
  }

  begin(): void {
    this.home = mkdtempSync(join(tmpdir(), 'hotwork-mcp-gate-'))
    mkdirSync(this.served)
  }

  get served(): string {
    return join(this.home, 'files')
  }

  /** Scripts the server's behaviour from now on. */
  script(what: object): void {
    writeFileSync(join(this.served, 'script.json'), JSON.stringify(what))
  }

  get calls(): string[] {
    try {
      return readFileSync(join(this.served, 'calls'), 'utf8').split('\n').filter(Boolean)
    } catch {
      return []
    }
  }

  gatedCalls(): GatedCalls {
    const around = { ...thisProcess(), env: {}, folder: this.home }
    const [issuer, stateFolder] = [this.#scene.api.url, join(this.home, 'state')]
    const identity = async () => this.#scene.workload('agent-remediator')
    const calls = new GatedCalls({
      hotwork: new Hotwork({ issuer, identity, stateFolder }, around),
      gate: new Gate({ issuer, identity: async () => this.#scene.workload('tool-files-gate') }, around),
      journal: new Journal(around, stateFolder),
      agent: 'remediator',
    })
    this.#calls.push(calls)
    return calls
  }

  async host(how: { map?: object; hold?: number; env?: { [name: string]: string } } = {}): Promise<RawHost> {
    const [own, other] = InMemoryTransport.createLinkedPair()
    const host = new RawHost(own)
    const rules = ToolRules.ofMap({ ...sampleMap, ...how.map } as never)
    const parts = { calls: this.gatedCalls(), rules, hold: how.hold, log: (line: string) => void host.log.push(line) }
    const around = { env: { ...process.env, ...how.env }, folder: this.home }
    host.gate = await openGate(other, [process.execPath, program, this.served], parts, around)
    await own.start()
    this.#hosts.push(host)
    return host
  }

  /** A host that has begun as the versions of 2025 do. */
  async begun(how?: Parameters<GateRoom['host']>[0]): Promise<RawHost> {
    const host = await this.host(how)
    await host.begin()
    return host
  }

  async close(): Promise<void> {
    this.script({})
    await Promise.all(this.#hosts.splice(0).map(({ gate }) => gate.end()))
    await Promise.all(this.#calls.splice(0).map((calls) => calls.idle()))
    rmSync(this.home, { recursive: true, force: true })
  }
}

/** A new folder for each test of the file, in the real time. */
export function useGateRoom(scene: Scene): GateRoom {
  const room = new GateRoom(scene)
  beforeEach(() => {
    useRealTime(scene)
    room.begin()
  })
  afterEach(() => room.close())
  return room
}

/** An MCP host that sends exactly the messages of a test. */
export class RawHost {
  readonly #transport: InMemoryTransport
  readonly #waiting = new Map<unknown, (message: Message) => void>()
  #count = 0
  readonly log: string[] = []
  /** The messages that are no answers. */
  readonly told: Message[] = []
  readonly #looks = new Set<() => void>()
  gate!: GateOpened

  constructor(transport: InMemoryTransport) {
    this.#transport = transport
    transport.onmessage = (message) => {
      const { id, method } = message as Message
      if (method === undefined) this.#waiting.get(id)?.(message as Message)
      else this.told.push(message as Message)
      for (const look of this.#looks) look()
    }
  }

  /** Begins as the versions of 2025 do. */
  async begin(capabilities: object = {}): Promise<Message> {
    const clientInfo = { name: 'host', version: '1' }
    const answer = await this.ask('initialize', { protocolVersion: '2025-11-25', capabilities, clientInfo })
    this.say({ method: 'notifications/initialized' })
    return answer
  }

  say(message: Message): void {
    void this.#transport.send({ jsonrpc: '2.0', ...message } as JSONRPCMessage)
  }

  ask(method: string, params: object = {}, id: string | number = ++this.#count): Promise<Message> {
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.say({ id, method, params: params as never })
    })
  }

  call(args: object, more: object = {}, id?: string | number): Promise<Message> {
    return this.ask('tools/call', { name: 'write_file', arguments: args, ...more }, id)
  }

  /** Asks as since 2026-07-28, with the client and its capabilities in each request. */
  askNow(method: string, params: object, capabilities: object = {}): Promise<Message> {
    const _meta = { ...version2026, 'io.modelcontextprotocol/clientCapabilities': capabilities }
    return this.ask(method, { ...params, _meta })
  }

  /** The first message of this method, now or later. */
  tells(method: string): Promise<Message> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.told.find((each) => each.method === method)
        if (!found) return
        this.#looks.delete(look)
        resolve(found)
      }
      this.#looks.add(look)
      look()
    })
  }
}

export const permitIn = ({ result }: Message) =>
  (result?.['_meta'] as { 'hotwork/permit'?: { [name: string]: string } } | undefined)?.['hotwork/permit']
export const textIn = ({ result }: Message) =>
  (result?.['content'] as { text: string }[] | undefined)?.map(({ text }) => text).join('\n')
