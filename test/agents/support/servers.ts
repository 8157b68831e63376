import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { TLSSocket } from 'node:tls'
import { python, pythonMcp1 } from '../install.ts'
import type { Started } from './mcp-hosts.ts'

type Args = { [name: string]: unknown }

/** An MCP server by other authors, unmodified, with a place to work on. */
export type TestedServer = {
  start: Started
  /** A tool that passes; AWS's server has none without a network. */
  pass?: { tool: string; args: Args }
  /** A gated tool. `label` is in its arguments. */
  gated: { tool: string; action: string; args(label: string): Args }
  /** How often the call had its effect in the world, if that can be counted. */
  effects(label: string): number
  close(): void | Promise<void>
}

const modules = join(__dirname, '../node_modules')
const folder = () => mkdtempSync(join(tmpdir(), 'hotwork-server-'))
const env = (more: { [name: string]: string } = {}) => ({ PATH: process.env['PATH'] ?? '', ...more })
const remove = (path: string) => rmSync(path, { recursive: true, force: true })

function filesystem(): TestedServer {
  const cwd = folder()
  mkdirSync(join(cwd, 'staging'))
  writeFileSync(join(cwd, 'staging/there.txt'), 'there before')
  const program = join(modules, '@modelcontextprotocol/server-filesystem/dist/index.js')
  const fileOf = (label: string) => join('staging', `${label}.txt`)
  return {
    start: { command: process.execPath, args: [program, cwd], env: env(), cwd },
    pass: { tool: 'read_text_file', args: { path: 'staging/there.txt' } },
    gated: {
      tool: 'write_file',
      action: 'files:WriteFile',
      args: (label) => ({ path: fileOf(label), content: `${label}\n` }),
    },
    effects: (label) => (read(join(cwd, fileOf(label))) === `${label}\n` ? 1 : 0),
    close: () => remove(cwd),
  }
}

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function git(): TestedServer {
  const cwd = folder()
  const run = (...args: string[]) =>
    execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  run('init', '--quiet', '--initial-branch=main')
  run('config', 'user.name', 'builder')
  run('config', 'user.email', 'builder@example.org')
  run('commit', '--quiet', '--allow-empty', '--message=first')
  return {
    start: { command: python('mcp-server-git'), args: ['--repository', cwd], env: env(), cwd },
    pass: { tool: 'git_status', args: { repo_path: cwd } },
    gated: {
      tool: 'git_commit',
      action: 'git:Commit',
      args(label) {
        // It commits only a staged file.
        writeFileSync(join(cwd, label), label)
        run('add', label)
        return { repo_path: cwd, message: label }
      },
    },
    effects: (label) =>
      run('log', '--format=%s')
        .split('\n')
        .filter((subject) => subject === label).length,
    close: () => remove(cwd),
  }
}

function sqlite(): TestedServer {
  const cwd = folder()
  const file = join(cwd, 'orders.db')
  const database = new DatabaseSync(file)
  database.exec('CREATE TABLE orders (label TEXT)')
  return {
    start: { command: pythonMcp1('mcp-server-sqlite'), args: ['--db-path', file], env: env(), cwd },
    pass: { tool: 'list_tables', args: {} },
    gated: {
      tool: 'write_query',
      action: 'sqlite:WriteQuery',
      args: (label) => ({ query: `INSERT INTO orders VALUES ('${label}')` }),
    },
    effects: (label) =>
      Number(database.prepare('SELECT count(*) AS n FROM orders WHERE label = ?').get(label)?.['n'] ?? 0),
    close: () => {
      database.close()
      remove(cwd)
    },
  }
}

function everything(): TestedServer {
  const cwd = folder()
  const program = join(modules, '@modelcontextprotocol/server-everything/dist/index.js')
  return {
    start: { command: process.execPath, args: [program, 'stdio'], env: env(), cwd },
    pass: { tool: 'get-tiny-image', args: {} },
    gated: { tool: 'echo', action: 'everything:Echo', args: (message) => ({ message }) },
    effects: () => Number.NaN,
    close: () => remove(cwd),
  }
}

/** It asks the internet which operations only read, and then AWS: both are played at loopback. */
async function awsApi(): Promise<TestedServer> {
  const cwd = folder()
  const host = 'servicereference.us-east-1.amazonaws.com'
  const [key, cert] = [join(cwd, 'key.pem'), join(cwd, 'cert.pem')]
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync(
    'openssl',
    [...made, '-keyout', key, '-out', cert, '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`],
    { stdio: 'ignore' },
  )
  const reference = createServer((_, response) => response.end('[]'))
  const proxy = createServer().on('connect', (_, socket: Socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    const inner = new TLSSocket(socket, { isServer: true, key: readFileSync(key), cert: readFileSync(cert) })
    inner.on('error', () => {})
    socket.on('error', () => {})
    reference.emit('connection', inner)
  })
  const called: string[] = []
  const aws = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    called.push(`${request.headers['x-amz-target']} ${body}`)
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end('{"Version":1,"Tier":"Standard"}')
  })
  const [proxyUrl, awsUrl] = await Promise.all([listen(proxy), listen(aws)])
  return {
    start: {
      command: pythonMcp1('awslabs.aws-api-mcp-server'),
      args: [],
      env: env({
        HOME: cwd,
        TMPDIR: cwd,
        HTTPS_PROXY: proxyUrl,
        NO_PROXY: '127.0.0.1',
        REQUESTS_CA_BUNDLE: cert,
        AWS_ENDPOINT_URL: awsUrl,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'sample',
        AWS_SECRET_ACCESS_KEY: 'sample',
        AWS_API_MCP_TELEMETRY: 'false',
        FASTMCP_CHECK_FOR_UPDATES: 'off',
        FASTMCP_SHOW_SERVER_BANNER: 'false',
      }),
      cwd,
    },
    gated: {
      tool: 'call_aws',
      action: 'awsapi:CallAws',
      args: (label) => ({ cli_command: `aws ssm put-parameter --name /staging/${label} --value b --overwrite` }),
    },
    effects: (label) =>
      called.filter((call) => call.startsWith('AmazonSSM.PutParameter') && call.includes(`/staging/${label}"`)).length,
    async close() {
      await Promise.all([proxy, aws].map(end))
      remove(cwd)
    },
  }
}

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  )
const end = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.closeAllConnections()
    server.close(() => resolve())
  })

export const servers = { filesystem, git, sqlite, everything, awsApi }
