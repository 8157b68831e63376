// Rules: test/local/kubernetes.test.ts
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { makeCertificate } from '../../client/exec/certificate.ts'
import { kubeConfigOf } from '../../client/exec/kube-config.ts'
import { findFreePort } from '../loopback.ts'

/** The programs of a cluster without nodes, and its client. */
export type Binaries = { etcd: string; server: string; kubectl: string }

const built = join(import.meta.dirname, '../../.hotwork/kubernetes/bin')

/** The programs in `KUBERNETES_BIN`, in `.hotwork/kubernetes/bin` or on `PATH`. */
export function findKubernetes(env: NodeJS.ProcessEnv = process.env): Binaries | undefined {
  const { KUBERNETES_BIN, PATH = '' } = env
  const folders = KUBERNETES_BIN === undefined ? [built, ...PATH.split(delimiter)] : [KUBERNETES_BIN]
  return folders.map(binariesIn).find((found) => found !== undefined)
}

export function binariesIn(folder: string): Binaries | undefined {
  const [etcd = '', server = '', kubectl = ''] = ['etcd', 'kube-apiserver', 'kubectl'].map((name) => join(folder, name))
  return folder !== '' && [etcd, server, kubectl].every((file) => existsSync(file))
    ? { etcd, server, kubectl }
    : undefined
}

/** The place of a cluster that will be started: its address and certificate, which Hotwork must know before the cluster knows Hotwork. */
export type Place = { port: number; url: string; key: string; cert: string }

export async function placeOfCluster(): Promise<Place> {
  const port = await findFreePort()
  return { port, url: `https://127.0.0.1:${port}`, ...makeCertificate() }
}

export type Cluster = {
  /** Runs `kubectl` as a cluster admin. @throws with its output */
  kubectl(...words: readonly string[]): Promise<string>
  close(): Promise<void>
}

/** The timeout of a start. Seconds. */
const patience = 90

/**
 * Starts etcd and an API server, which is a cluster without nodes.
 * @param folder a new one, for their data
 * @param authentication the text of `--authentication-config`
 */
export async function startCluster(
  { etcd, server, kubectl }: Binaries,
  { port, url, key, cert }: Place,
  { folder, authentication }: { folder: string; authentication: string },
): Promise<Cluster> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const admin = randomUUID()
  const [data, peer] = [await findFreePort(), await findFreePort()].map((each) => `http://127.0.0.1:${each}`)
  const tls = { key: write('tls.key', key), cert: write('tls.crt', cert) }
  const config = write(
    'admin.json',
    kubeConfigOf({ server: url, certificateAuthority: cert }, { admin: { token: admin } }),
  )
  const programs: Running[] = []
  const close = async () => {
    await Promise.all(programs.toReversed().map(end))
  }
  try {
    programs.push(
      start(etcd, {
        ...{ 'data-dir': join(folder, 'etcd'), 'initial-cluster': `default=${peer}`, 'unsafe-no-fsync': 'true' },
        ...{ 'listen-client-urls': data, 'advertise-client-urls': data },
        ...{ 'listen-peer-urls': peer, 'initial-advertise-peer-urls': peer },
      }),
      start(server, {
        ...{ 'etcd-servers': data, 'bind-address': '127.0.0.1', 'secure-port': String(port) },
        ...{ 'advertise-address': '192.0.2.1', 'endpoint-reconciler-type': 'none' },
        ...{ 'tls-cert-file': tls.cert, 'tls-private-key-file': tls.key, 'cert-dir': folder },
        'authentication-config': write('authentication.yaml', authentication),
        'token-auth-file': write('tokens.csv', `${admin},admin,admin,"system:masters"\n`),
        ...{ 'authorization-mode': 'RBAC', 'service-account-issuer': 'https://kubernetes.invalid' },
        ...{ 'service-account-key-file': tls.cert, 'service-account-signing-key-file': tls.key },
        ...{ 'service-cluster-ip-range': '10.0.0.0/24', 'disable-admission-plugins': 'ServiceAccount' },
      }),
    )
    await untilReady(url, cert, programs)
  } catch (fault) {
    await close()
    throw fault
  }
  return {
    async kubectl(...words) {
      const { stdout } = await run(kubectl, ['--kubeconfig', config, ...words], { timeout: patience * 1000 })
      return stdout
    },
    close,
  }
}

const run = promisify(execFile)

type Running = { program: string; child: ChildProcess; log: () => string; ended: Promise<void> }

function start(program: string, flags: { readonly [flag: string]: string | undefined }): Running {
  const words = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-4000)
    })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  // No server outlives this program.
  process.once('exit', () => child.kill('SIGKILL'))
  return { program, child, log: () => text, ended }
}

async function end({ child, ended }: Running): Promise<void> {
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 3000)
  await ended
  clearTimeout(late)
}

async function untilReady(url: string, ca: string, programs: readonly Running[]): Promise<void> {
  for (const deadline = Date.now() + patience * 1000; !(await isReady(url, ca)); await pause(200)) {
    const died = programs.find(({ child }) => child.exitCode !== null)
    if (died) throw new Error(`${died.program} ended with ${died.child.exitCode}\n${died.log()}`)
    if (Date.now() > deadline)
      throw new Error(`the API server is not ready after ${patience} s\n${programs.map(({ log }) => log()).join('\n')}`)
  }
}

const isReady = (url: string, ca: string): Promise<boolean> =>
  new Promise((resolve) => {
    request(`${url}/readyz`, { ca, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
      .once('error', () => resolve(false))
      .end()
  })
