import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * The program that fakecloud calls in place of podman. A Lambda is a Node process of this machine in place of a
 * container of AWS's image: `create` keeps its environment, `cp` its code, `start` starts lambda.ts, `port` prints its
 * port.
 */

const containers = process.env['HOTWORK_CONTAINERS'] ?? ''
/** fakecloud writes this host in place of each 127.0.0.1 in a Lambda's environment. */
const host = /host\.(?:containers|docker)\.internal/g

type Container = { env: { [name: string]: string }; handler: string }

const folderOf = (id: string): string => {
  if (!/^[0-9a-f-]{36}$/.test(id)) throw new Error(`no container ${id}`)
  return join(containers, id)
}

function create(args: readonly string[]): void {
  const env: Container['env'] = {}
  const rest = [...args]
  const words: string[] = []
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('-')) words.push(word)
    else if (word === '-e') Object.assign(env, variable(rest.shift() ?? ''))
    else rest.shift()
  }
  const [, handler = ''] = words
  const id = randomUUID()
  mkdirSync(folderOf(id), { recursive: true })
  const container: Container = { env, handler }
  writeFileSync(join(folderOf(id), 'container.json'), JSON.stringify(container), { mode: 0o600 })
  process.stdout.write(`${id}\n`)
}

/** `NAME=VALUE`, or the name alone of a variable of this process's environment: credentials come this way. */
function variable(said: string): Container['env'] {
  const at = said.indexOf('=')
  const [name, value] = at < 0 ? [said, process.env[said] ?? ''] : [said.slice(0, at), said.slice(at + 1)]
  return { [name]: value.replace(host, '127.0.0.1') }
}

function copy([from = '', to = '']: readonly string[]): void {
  const [id = '', path] = to.split(':')
  if (path === '/var/task') cpSync(from.replace(/\/\.$/, ''), join(folderOf(id), 'task'), { recursive: true })
}

function start([id = '']: readonly string[]): void {
  const folder = folderOf(id)
  const { env, handler } = JSON.parse(readFileSync(join(folder, 'container.json'), 'utf8')) as Container
  const log = openSync(join(folder, 'log'), 'a')
  const program = join(import.meta.dirname, 'lambda.ts')
  // The process is in fakecloud's process group, which ends with the run.
  const child = spawn(process.execPath, ['--enable-source-maps', program, folder, handler], {
    cwd: folder,
    env: { ...env, ...passedOn, AWS_ENDPOINT_URL: process.env['HOTWORK_AWS'], LAMBDA_TASK_ROOT: join(folder, 'task') },
    stdio: ['ignore', log, log],
  })
  child.unref()
  writeFileSync(join(folder, 'pid'), String(child.pid))
}

/** Variables of this process that a Lambda inherits. */
const passedOn = Object.fromEntries(['PATH', 'HOTWORK_LAMBDA_LOG'].map((name) => [name, process.env[name] ?? '']))

async function port([id = '']: readonly string[]): Promise<void> {
  const file = join(folderOf(id), 'port')
  for (let tries = 0; tries < 400 && !existsSync(file); tries += 1) await delay(25)
  process.stdout.write(`127.0.0.1:${readFileSync(file, 'utf8')}\n`)
}

function remove(args: readonly string[]): void {
  const folder = folderOf(args.at(-1) ?? '')
  try {
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')))
  } catch {
    // The process has ended, or never started.
  }
  rmSync(folder, { recursive: true, force: true })
}

const logs = (args: readonly string[]) =>
  process.stdout.write(readFileSync(join(folderOf(args.at(-1) ?? ''), 'log'), 'utf8'))

const verbs: { readonly [verb: string]: (args: readonly string[]) => unknown } = {
  ...{ create, cp: copy, start, port, rm: remove, logs },
}

const [verb = '', ...args] = process.argv.slice(2)
try {
  await verbs[verb]?.(args)
} catch (fault) {
  appendFileSync(join(containers, 'faults.log'), `${verb} ${args.at(-1)}: ${fault}\n`)
  process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}
