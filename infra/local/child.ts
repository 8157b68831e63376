import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

export interface RunOptions {
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
