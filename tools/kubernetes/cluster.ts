import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, Agent as HttpsAgent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { findFreePort } from '../../local/loopback.ts'
import type { Binaries } from './binaries.ts'

const run = promisify(execFile)

/** The timeout of any one start, in seconds. */
const patience = 90

export type Answer = { status: number; body: { [member: string]: unknown; message?: string } }
export type Call = { method: string; path: string; token?: string; body?: unknown; type?: string }

/** Etcd, an issuer over HTTPS, and API servers that believe it. */
export interface Ground {
  issuer: string
  /** Signs claims with the issuer's key; `alg` and `key` as the issuer has them. */
  sign(claims: { readonly [name: string]: unknown }, by?: 'ES256' | 'RS256' | 'stranger'): Promise<string>
  /**
   * Starts an API server with its own data.
   * @param authentication the exported file
   */
  start(name: string, authentication: string): Promise<Server>
  close(): Promise<void>
}

export interface Server {
  url: string
  certificateAuthority: string
  call(call: Call): Promise<Answer>
  /** With the token of a cluster admin unless another is given. */
  kubectl(args: readonly string[], token?: string): Promise<string>
  apply(files: readonly string[]): Promise<void>
}

export const admin = 'admin-token'
/** A user of the cluster that Hotwork has nothing to do with, who may do anything in all namespaces. */
export const developer = 'developer-token'

export async function prepareGround(binaries: Binaries): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-kubernetes-'))
  const programs: Running[] = []
  const close = async () => {
    await Promise.all(programs.toReversed().map(end))
    issuer.close()
    rmSync(folder, { recursive: true, force: true })
  }
  const start = async (program: string, args: string[], isUp: () => Promise<boolean>) => {
    const running = spawnLogged(program, args)
    programs.push(running)
    await until(`${program} is up`, isUp, running)
  }
  const tls = certificate(folder)
  const keys = {
    ES256: await generateKeyPair('ES256'),
    RS256: await generateKeyPair('RS256'),
    stranger: await generateKeyPair('ES256'),
  }
  const issuer = createServer({ key: readFileSync(tls.key), cert: readFileSync(tls.cert) })
  await new Promise<void>((resolve) => {
    issuer.listen(0, '127.0.0.1', resolve)
  })
  const url = `https://127.0.0.1:${(issuer.address() as AddressInfo).port}`
  const jwks = {
    keys: await Promise.all((['ES256', 'RS256'] as const).map(async (alg) => jwkOf(alg, keys[alg].publicKey))),
  }
  issuer.on('request', ({ url: path }, response) => {
    const documents: { readonly [path: string]: unknown } = {
      '/.well-known/openid-configuration': {
        ...{ issuer: url, jwks_uri: `${url}/.well-known/openid-jwks.json` },
        ...{ response_types_supported: ['id_token'], subject_types_supported: ['public'] },
        id_token_signing_alg_values_supported: ['ES256', 'RS256'],
      },
      '/.well-known/openid-jwks.json': jwks,
    }
    const document = documents[path ?? '']
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document))
  })

  const etcd = `http://127.0.0.1:${await findFreePort()}`
  const peer = `http://127.0.0.1:${await findFreePort()}`
  try {
    const addresses = ['client-urls', 'peer-urls'].flatMap((kind, at) => {
      const address = at === 0 ? etcd : peer
      const advertise = at === 0 ? 'advertise-client-urls' : 'initial-advertise-peer-urls'
      return [`--listen-${kind}`, address, `--${advertise}`, address]
    })
    const data = ['--data-dir', join(folder, 'etcd'), '--initial-cluster', `default=${peer}`, '--unsafe-no-fsync']
    await start(binaries.etcd, [...data, ...addresses], () =>
      fetch(`${etcd}/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
  } catch (fault) {
    await close()
    throw fault
  }
  return {
    issuer: url,
    sign(claims, by = 'ES256') {
      const alg = by === 'RS256' ? by : 'ES256'
      return new SignJWT(claims)
        .setProtectedHeader({ alg, kid: alg, typ: 'hotwork-cluster+jwt' })
        .sign(keys[by].privateKey)
    },
    async start(name, authentication) {
      const own = join(folder, name)
      mkdirSync(own)
      const write = (file: string, text: string) => {
        writeFileSync(join(own, file), text)
        return join(own, file)
      }
      const pem = readFileSync(tls.cert, 'utf8')
      // The one difference from the exported file: this issuer's certificate is its own.
      const trusted = authentication.replace(
        /^( +)url: .*$/m,
        (line, indent) => `${line}\n${indent}certificateAuthority: ${JSON.stringify(pem)}`,
      )
      const port = await findFreePort()
      const server = serverAt(`https://127.0.0.1:${port}`, pem, tls.cert, binaries.kubectl)
      const args = {
        'etcd-servers': etcd,
        'etcd-prefix': `/${name}`,
        'bind-address': '127.0.0.1',
        'advertise-address': '192.0.2.1',
        'endpoint-reconciler-type': 'none',
        'secure-port': String(port),
        'tls-cert-file': tls.cert,
        'tls-private-key-file': tls.key,
        'authentication-config': write('authentication.yaml', trusted),
        'token-auth-file': write(
          'tokens.csv',
          `${admin},admin,admin,"system:masters"\n${developer},developer,developer,"developers"\n`,
        ),
        'authorization-mode': 'RBAC',
        'service-account-issuer': 'https://kubernetes.invalid',
        'service-account-key-file': tls.cert,
        'service-account-signing-key-file': tls.key,
        'service-cluster-ip-range': '10.0.0.0/24',
        'disable-admission-plugins': 'ServiceAccount',
        'cert-dir': own,
        v: '0',
      }
      const flags = Object.entries(args).map(([flag, value]) => `--${flag}=${value}`)
      await start(binaries.server, flags, () =>
        server.call({ method: 'GET', path: '/readyz', token: admin }).then(
          ({ status }) => status === 200,
          () => false,
        ),
      )
      return server
    },
    close,
  }
}

const jwkOf = async (alg: string, key: Parameters<typeof exportJWK>[0]) => ({
  ...(await exportJWK(key)),
  alg,
  kid: alg,
  use: 'sig',
})

/** One certificate for the issuer and the API servers, which are all this machine's loopback. */
function certificate(folder: string): { key: string; cert: string } {
  const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
  return { key, cert }
}

function serverAt(url: string, ca: string, caFile: string, kubectl: string): Server {
  const agent = new HttpsAgent({ keepAlive: true, maxSockets: 8, ca })
  const server: Server = {
    url,
    certificateAuthority: ca,
    call: ({ method, path, token, body, type = 'application/json' }) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? '' : JSON.stringify(body)
        const headers = {
          ...{ 'content-type': type, 'content-length': Buffer.byteLength(text) },
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        }
        const asked = request(`${url}${path}`, { method, agent, headers }, (answered) => {
          const chunks: Buffer[] = []
          answered.on('data', (chunk) => chunks.push(chunk))
          answered.once('error', reject)
          answered.once('end', () => {
            const answer = Buffer.concat(chunks).toString('utf8')
            const isJson = answered.headers['content-type']?.startsWith('application/json')
            resolve({ status: answered.statusCode ?? 0, body: isJson ? JSON.parse(answer) : { message: answer } })
          })
        })
        asked.once('error', reject)
        asked.end(text)
      }),
    async kubectl(args, token = admin) {
      const where = ['--server', url, '--certificate-authority', caFile, '--token', token, '--kubeconfig', '/dev/null']
      const { stdout } = await run(kubectl, [...where, ...args], {
        timeout: patience * 1000,
        env: { ...process.env, HOME: '/nonexistent' },
      })
      return stdout
    },
    async apply(files) {
      for (const file of files) await server.kubectl(['apply', '--server-side=false', '-f', file])
    },
  }
  return server
}

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
  // No server outlives this program.
  process.once('exit', () => child.kill('SIGKILL'))
  return { child, log: () => text, ended }
}

async function end({ child, ended }: Running): Promise<void> {
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 3000)
  await ended
  clearTimeout(late)
}

/** Polls until the answer is yes: a policy is in force some time after it was written. */
export async function until(what: string, ask: () => Promise<boolean>, running?: Running): Promise<void> {
  const deadline = Date.now() + patience * 1000
  while (!(await ask())) {
    const died = running && running.child.exitCode !== null
    if (died || Date.now() > deadline)
      throw new Error(`${what}: not ${died ? 'before it ended' : `within ${patience} s`}\n${running?.log() ?? ''}`)
    await pause(200)
  }
}
