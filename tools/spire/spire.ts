import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findFreePort, listenOnLoopback } from '../../local/loopback.ts'
import type { Binaries } from './binaries.ts'

const run = promisify(execFile)

/** The timeout of any one step of SPIRE, such as its start or the sync of its agent. */
const patienceSeconds = 60

/** A SPIRE server with one agent on this machine's loopback, and the acts of a test. */
export interface Spire {
  /** The address of the server's bundle, as of its bundle endpoint. */
  bundleEndpoint: string
  /** The address of the agent's Workload API, in the form of `SPIFFE_ENDPOINT_SOCKET`. */
  workloadApi: string
  /** Registers every process under this user's id as a workload. */
  register(spiffeId: string): Promise<void>
  /** A JWT-SVID for this process, from the agent's Workload API, polled until `wanted`. */
  fetchSvid(audience: string, wanted?: (svid: string) => boolean): Promise<string>
  /** A JWT-SVID straight from the server, which signs with its newest key at once. */
  mintSvid(spiffeId: string, audience: string): Promise<string>
  /** Has the server sign with a new key from now on. @returns the ids of both */
  rotateKey(): Promise<{ old: string; now: string }>
  /** Taints an old key, so that agents give out no more SVIDs that it signed. */
  taint(keyId: string): Promise<void>
  /** Takes a tainted key out of the bundle. */
  revoke(keyId: string): Promise<void>
  close(): Promise<void>
}

/** Starts a server and an agent that has joined it. @throws with the end of their logs when they do not come up */
export async function startSpire(binaries: Binaries, trustDomain: string): Promise<Spire> {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-spire-'))
  const programs: Running[] = []
  const endpoint = await listenOnLoopback()
  const ask = async (program: string, socket: string, args: string[]) =>
    (await run(program, [...args, '-socketPath', join(folder, socket)], { timeout: patienceSeconds * 1000 })).stdout
  const server = (...args: string[]) => ask(binaries.server, 'server.sock', args)
  const agent = (...args: string[]) => ask(binaries.agent, 'agent.sock', args)

  const close = async () => {
    await Promise.all(programs.map(end))
    await endpoint.close()
    rmSync(folder, { recursive: true, force: true })
  }
  const start = async (program: string, args: string[], isUp: () => Promise<unknown>) => {
    const running = spawnLogged(program, args)
    programs.push(running)
    await until(`${program} is up`, () => succeeds(isUp), running)
  }

  try {
    const port = await findFreePort()
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const serverFile = write('server.conf', serverConfig(trustDomain, port, folder))
    await start(binaries.server, ['run', '-config', serverFile], () => server('healthcheck'))

    const joinToken = only(/Token: (\S+)/, await server('token', 'generate'))
    const rootsFile = write('roots.pem', await server('bundle', 'show'))
    const agentFile = write('agent.conf', agentConfig(trustDomain, port, folder, rootsFile))
    await start(binaries.agent, ['run', '-config', agentFile, '-joinToken', joinToken], () => agent('healthcheck'))

    endpoint.handle((_request, response) => {
      server('bundle', 'show', '-format', 'spiffe').then(
        (bundle) => response.writeHead(200, { 'content-type': 'application/json' }).end(bundle),
        () => response.writeHead(503).end(),
      )
    })
    const authority = (...args: string[]) => server('localauthority', 'jwt', ...args, '-output', 'json')
    const authorityIn = (json: string) => only(/"authority_id"\s*:\s*"([^"]+)"/, json)

    return {
      bundleEndpoint: endpoint.url,
      workloadApi: `unix://${folder}/agent.sock`,
      async register(spiffeId) {
        const parent = `spiffe://${trustDomain}/spire/agent/join_token/${joinToken}`
        const selector = `unix:uid:${process.getuid?.()}`
        await server('entry', 'create', '-parentID', parent, '-spiffeID', spiffeId, '-selector', selector)
      },
      async fetchSvid(audience, wanted = () => true) {
        let svid = ''
        await until('the agent has the SVID that is wanted', async () => {
          const answer = await agent('api', 'fetch', 'jwt', '-audience', audience).catch(() => '')
          svid = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(answer)?.[0] ?? ''
          return svid !== '' && wanted(svid)
        })
        return svid
      },
      async mintSvid(spiffeId, audience) {
        return (await server('jwt', 'mint', '-spiffeID', spiffeId, '-audience', audience)).trim()
      },
      async rotateKey() {
        const old = authorityIn(await authority('show'))
        const now = authorityIn(await authority('prepare'))
        await authority('activate', '-authorityID', now)
        return { old, now }
      },
      async taint(keyId) {
        await authority('taint', '-authorityID', keyId)
      },
      async revoke(keyId) {
        await authority('revoke', '-authorityID', keyId)
      },
      close,
    }
  } catch (fault) {
    await close()
    throw fault
  }
}

const serverConfig = (trustDomain: string, port: number, folder: string) => `
server {
  bind_address = "127.0.0.1"
  bind_port = ${port}
  socket_path = "${folder}/server.sock"
  trust_domain = "${trustDomain}"
  data_dir = "${folder}"
  log_level = "WARN"
  experimental { cache_reload_interval = "500ms" }
}
plugins {
  DataStore "sql" { plugin_data { database_type = "sqlite3", connection_string = "${folder}/server.sqlite3" } }
  NodeAttestor "join_token" { plugin_data {} }
  KeyManager "memory" { plugin_data {} }
}
`

const agentConfig = (trustDomain: string, port: number, folder: string, rootsFile: string) => `
agent {
  data_dir = "${folder}/agent"
  log_level = "WARN"
  server_address = "127.0.0.1"
  server_port = ${port}
  socket_path = "${folder}/agent.sock"
  trust_bundle_path = "${rootsFile}"
  trust_domain = "${trustDomain}"
  experimental { sync_interval = "500ms" }
}
plugins {
  NodeAttestor "join_token" { plugin_data {} }
  KeyManager "memory" { plugin_data {} }
  WorkloadAttestor "unix" { plugin_data {} }
}
`

type Running = { child: ChildProcess; log: () => string; ended: Promise<void> }

function spawnLogged(program: string, args: string[]): Running {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-4000)
    })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  // SPIRE never outlives this program.
  process.once('exit', () => child.kill('SIGKILL'))
  return { child, log: () => text, ended }
}

async function end({ child, ended }: Running): Promise<void> {
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(late)
}

const succeeds = (attempt: () => Promise<unknown>): Promise<boolean> =>
  attempt().then(
    () => true,
    () => false,
  )

/** Polls until the answer is yes: SPIRE has no event for it. */
async function until(what: string, ask: () => Promise<boolean>, running?: Running): Promise<void> {
  const deadline = Date.now() + patienceSeconds * 1000
  while (!(await ask())) {
    const died = running && running.child.exitCode !== null
    if (died || Date.now() > deadline)
      throw new Error(
        `${what}: not ${died ? 'before it ended' : `within ${patienceSeconds} s`}\n${running?.log() ?? ''}`,
      )
    await pause(200)
  }
}

function only(pattern: RegExp, text: string): string {
  const [, found] = pattern.exec(text) ?? []
  if (found === undefined) throw new Error(`SPIRE answered what this test does not understand: ${text.slice(0, 200)}`)
  return found
}
