import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { Socket } from 'node:net'
import { Writable } from 'node:stream'

/**
 * Loaded into the gate before its own code. Others see of a process only its writes, to files, sockets and pipes:
 * killing it before and after each write covers every point. `KILLS_AT` names the point by its number; each passed
 * point is a line of `KILLS_POINTS`.
 */

const killAt = Number(process.env['KILLS_AT'] ?? 0)
const passedFile = process.env['KILLS_POINTS'] ?? ''
const stateFolder = process.env['XDG_STATE_HOME'] ?? ''
const { appendFileSync } = fs
let passed = 0
let isPassing = false

function pass(point: string): void {
  if (isPassing) return
  isPassing = true
  passed += 1
  appendFileSync(passedFile, `${point}\n`)
  if (passed === killAt) process.kill(process.pid, 'SIGKILL')
  isPassing = false
}

/** Runs a write between two points. */
function between<T>(name: string, write: () => T): T {
  pass(`before ${name}`)
  const done = write()
  pass(`after ${name}`)
  return done
}

const writes = ['writeFileSync', 'appendFileSync', 'linkSync', 'renameSync', 'rmSync', 'unlinkSync', 'mkdirSync']
const all = fs as unknown as { [name: string]: (...given: unknown[]) => unknown }
for (const name of writes) {
  const original = all[name] as (...given: unknown[]) => unknown
  all[name] = (...given) => {
    // The last path is the one that a link or a rename makes.
    const path = given.slice(0, 2).findLast((each) => typeof each === 'string' && each.startsWith(stateFolder))
    const changes = typeof path === 'string' && !(name === 'mkdirSync' && fs.existsSync(path))
    return changes ? between(`${name} ${nameOf(path)}`, () => original(...given)) : original(...given)
  }
}
syncBuiltinESMExports()

const ofStream = Writable.prototype.write
Socket.prototype.write = function write(this: Socket, ...given: unknown[]) {
  const send = () => Reflect.apply(ofStream, this, given) as boolean
  if ((this as unknown) === process.stderr) return send()
  return between(`send ${nameOfMessage(`${given[0]}`, (this as unknown) === process.stdout)}`, send)
} as Socket['write']

/** A file's name without the parts that differ from run to run. */
function nameOf(path: string): string {
  const file = path.slice(stateFolder.length)
  return file.replaceAll(/[0-9a-f]{8}-[\w-]{27}|[0-9a-f]{40}|[0-9a-z]{26}|(?<=-)\d+(?=\.)/g, '*')
}

function nameOfMessage(text: string, isToHost: boolean): string {
  const call = /^(?:GET|POST) (\S+)/.exec(text)
  if (call) return `Hotwork ${call[0].replaceAll(/_[0-9a-z]{26}/g, '_*')}`
  if (!text.startsWith('{"')) return 'bytes'
  if (!text.includes('"jsonrpc"')) return 'Hotwork, the body'
  const message = /"method":"([^"]+)"/.exec(text)?.[1] ?? (text.includes('"result"') ? 'result' : 'other')
  return `${isToHost ? 'host' : 'server'} ${message}`
}
