// Rules: test/local/lock.test.ts
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A fault whose message tells a person everything. */
export class FaultForPeople extends Error {}

interface Program {
  cwd: string
  /** The complete environment: nothing is inherited. */
  env: Record<string, string>
  logFile: string
  stdin?: 'ignore' | 'pipe'
}

/**
 * Starts a program in its own process group, which ends with this process. `ended`: the exit code, signal, or the
 * reason why it did not start.
 */
export function startProgram(command: string, args: string[], { cwd, env, logFile, stdin }: Program) {
  mkdirSync(dirname(logFile), { recursive: true })
  const log = openSync(logFile, 'a')
  const child = spawn(command, args, { cwd, env, stdio: [stdin ?? 'ignore', log, log], detached: true })
  closeSync(log)
  const kill = () => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'ESRCH') throw fault
    }
  }
  process.once('exit', kill)
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message))
    child.once('exit', (code, death) => resolve(String(code ?? death)))
  }).finally(() => process.removeListener('exit', kill))
  return { ended, kill }
}

/** @throws if the program fails, with the end of its output; if `signal` aborts, with the signal's reason */
export async function run(
  command: string,
  args: string[],
  { signal, ...program }: Program & { signal?: AbortSignal | undefined },
): Promise<void> {
  signal?.throwIfAborted()
  const { ended, kill } = startProgram(command, args, program)
  signal?.addEventListener('abort', kill, { once: true })
  const how = await ended
  signal?.removeEventListener('abort', kill)
  signal?.throwIfAborted()
  if (how !== '0') throw new Error(`\`${[command, ...args].join(' ')}\` ended with ${how}; ${readEnd(program.logFile)}`)
}

export const readEnd = (path: string): string =>
  `the end of ${path}:\n${readFileSync(path, 'utf8').trimEnd().split('\n').slice(-25).join('\n')}`

/** Takes a lock unless a live process has it. A dead process's file does not block. */
export function takeLock(path: string): { release(): void } | { heldBy: number } {
  mkdirSync(dirname(path), { recursive: true })
  const holder: Holder = { pid: process.pid, born: birthOf(process.pid) ?? '' }
  for (;;) {
    try {
      writeFileSync(path, JSON.stringify(holder), { flag: 'wx' })
      return { release: () => rmSync(path, { force: true }) }
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault
    }
    const heldBy = holderOf(path)
    if (heldBy !== undefined) return { heldBy }
    rmSync(path, { force: true })
  }
}

/** `born` distinguishes the holder from a later process with the same number. */
interface Holder {
  pid: number
  born: string
}

export function holderOf(path: string): number | undefined {
  try {
    const { pid, born } = JSON.parse(readFileSync(path, 'utf8')) as Holder
    return isAlive(pid) && (born === '' || [undefined, born].includes(birthOf(pid))) ? pid : undefined
  } catch {
    return undefined // A dead process wrote it partly, or it was just released.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM' // The process lives, as another user's.
  }
}

/** The start of a process in clock ticks since boot, on systems with /proc. */
function birthOf(pid: number): string | undefined {
  try {
    // The name, in parentheses, may contain spaces and parentheses, so fields are counted after it (proc_pid_stat(5),
    // field 22).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

class AskedToEnd extends Error {
  override readonly name = 'AskedToEnd'
}

/** The time in which one Ctrl-C may come twice: from the terminal, and from `npm run`. Milliseconds. */
const oneCtrlC = 1000

/** Aborts on Ctrl-C, SIGTERM and the closing of the terminal. A second signal ends the process at once. */
export function untilAsked(now: () => number = () => performance.now()): AbortSignal {
  const controller = new AbortController()
  let askedAt = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        askedAt = now()
        controller.abort(new AskedToEnd(`asked to end by ${name}`))
      } else if (now() - askedAt > oneCtrlC) process.exit(130)
    })
  }
  return controller.signal
}

/** The emulator, the identity provider and the desk keep everything in memory. */
export const endingWords = (directory: string): string =>
  `\nending the local stack: its requests, its record and its keys are gone; its logs stay in ${directory}/log\n`

export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}
