import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

interface RunOptions {
  cwd: string
  /** The whole environment: nothing is inherited. */
  env: Record<string, string>
  /** Where what it prints is written, after what is already there. */
  logFile: string
  /** Ends it, and all that it started, early. */
  signal?: AbortSignal | undefined
}

/**
 * Runs a program to its end in a process group of its own.
 * @throws When it fails, with the end of what it printed; when `signal` aborts, with the signal's reason.
 */
export async function run(command: string, args: string[], options: RunOptions): Promise<void> {
  options.signal?.throwIfAborted()
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = createWriteStream(options.logFile, { flags: 'a' })
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  child.stdout?.pipe(log, { end: false })
  child.stderr?.pipe(log, { end: false })
  const stop = () => killGroup(child, 'SIGKILL')
  options.signal?.addEventListener('abort', stop, { once: true })
  process.once('exit', stop)
  try {
    const [code, death] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (...end) => resolve(end))
    })
    options.signal?.throwIfAborted()
    await new Promise<void>((resolve) => log.end(() => resolve()))
    if (code !== 0) {
      throw new Error(
        `\`${[command, ...args].join(' ')}\` ended with ${code ?? death}; the end of ${options.logFile}:\n${readEnd(options.logFile)}`,
      )
    }
  } finally {
    options.signal?.removeEventListener('abort', stop)
    process.removeListener('exit', stop)
    log.end()
  }
}

/** Signals a child that leads a process group, and with it all that it started. Does nothing when they are gone. */
export function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'ESRCH') throw fault
  }
}

/** The last lines of a log, to show why something failed. */
export function readEnd(path: string, lines = 25): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
}

/** What a lock file says of the process that holds it. */
interface Holder {
  pid: number
  /** When that process started, as the system tells it: a later process with the same number is another one. */
  born: string
}

/** A file that says which live process has something for itself. */
interface Lock {
  release(): void
}

/**
 * Takes the lock at `path` unless a live process holds it. A file left by a process that has died does not block.
 * @returns The lock, or the number of the process that has it.
 */
export function takeLock(path: string): Lock | { heldBy: number } {
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

/** The number of the live process that has the lock, if one has it. */
export function holderOf(path: string): number | undefined {
  const holder = readHolder(path)
  return holder && isAlive(holder) ? holder.pid : undefined
}

function readHolder(path: string): Holder | undefined {
  try {
    const { pid, born } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>
    return Number.isSafeInteger(pid) && typeof born === 'string' ? { pid: pid as number, born } : undefined
  } catch {
    return undefined // Half written by a process that died, or just released.
  }
}

function isAlive({ pid, born }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (fault) {
    // EPERM: it lives, as another user.
    if ((fault as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const bornNow = birthOf(pid)
  return bornNow === undefined || born === '' || bornNow === born
}

/** The start time of a process in clock ticks since boot, where the system has /proc; else unknown. */
function birthOf(pid: number): string | undefined {
  try {
    // The name, in parentheses, may hold spaces and parentheses: count the fields after it (proc_pid_stat(5), field 22).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** Why everything is being ended: a person or another program asked for it. */
class AskedToEnd extends Error {
  override readonly name = 'AskedToEnd'
}

/**
 * Listens for Ctrl-C, SIGTERM and the closing of the terminal. The first ends in order, by the signal; a second one ends
 * the process at once, and what it started ends with it.
 */
export function untilAsked(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort(new AskedToEnd(`asked to end by ${name}`))
    })
  }
  return controller.signal
}

/** What the end of a local stack takes with it: the emulator, the identity provider and the desk keep all in memory. */
export const endingWords = (directory: string): string =>
  `\nending the local stack: its requests, its record and its keys are gone; its logs stay in ${directory}/log\n`

/** Waits until a signal aborts. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
