import { spawn } from 'node:child_process'
import { dirname, join, relative } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'

export type Surroundings = {
  env: { readonly [name: string]: string | undefined }
  folder: string
  /** The absolute path of the running file, and the version of its program. */
  program: { file: string; version: string }
  /** Prints results; all other text goes to `err`. */
  out(text: string): void
  /** The width of the terminal for results; absent for a file or a pipe. */
  columns?: number | undefined
  err(text: string): void
  now(): Date
  pause(milliseconds: number, signal?: AbortSignal): Promise<void>
  openBrowser(address: string): void
  /** Asks the person at the terminal; absent without one. */
  ask?: ((question: string, signal?: AbortSignal) => Promise<string>) | undefined
  platform: NodeJS.Platform
}

/**
 * The part that a library needs. `tell` is present if its program's standard error is a terminal; `warn` replaces the
 * process's own warnings.
 */
export type Around = Pick<Surroundings, 'env' | 'folder' | 'now' | 'pause'> & {
  tell?: (line: string) => void
  warn?: (line: string) => void
}
export const thisProcess = (): Around => ({
  env: process.env,
  folder: process.cwd(),
  now: () => new Date(),
  pause,
  ...(process.stderr.isTTY ? { tell: (line: string) => void process.stderr.write(`${line}\n`) } : {}),
})

export const thisMachine = (program: Surroundings['program']): Surroundings => ({
  env: process.env,
  folder: process.cwd(),
  program,
  out: (text) => void process.stdout.write(text),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  err: (text) => void process.stderr.write(text),
  now: () => new Date(),
  pause,
  openBrowser,
  ...(process.stdin.isTTY && process.stderr.isTTY
    ? { ask: (question: string, signal?: AbortSignal) => ask(question, signal) }
    : {}),
  platform: process.platform,
})

/** The path of a file of this package, to type here: relative if it is below the working folder, else absolute. */
export function ownPath(path: string, { program, folder }: Pick<Surroundings, 'program' | 'folder'>): string {
  // `client/hotwork.ts` and `dist/command-line.js` are one folder below the package root.
  const whole = join(dirname(program.file), '..', path)
  const near = relative(folder, whole)
  return near.startsWith('..') ? whole : near
}

/** The typed line; empty after Ctrl-C, the end of the input, or the signal. */
export async function ask(
  question: string,
  signal?: AbortSignal,
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<string> {
  const lines = createInterface({ input, output })
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
  try {
    return await Promise.race([lines.question(question, signal ? { signal } : {}).catch(() => ''), closed])
  } finally {
    lines.close()
  }
}

/** @throws the reason of the signal */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, signal ? { signal } : {}).catch((fault: unknown) => {
    signal?.throwIfAborted()
    throw fault
  })
}

function openBrowser(address: string): void {
  const own = process.env['BROWSER']
  const windows = ['rundll32', 'url.dll,FileProtocolHandler']
  const usual = process.platform === 'win32' ? windows : [process.platform === 'darwin' ? 'open' : 'xdg-open']
  const [program = '', ...args] = own ? [own] : usual
  const child = spawn(program, [...args, address], { stdio: 'ignore', detached: true })
  child.once('error', () => {})
  child.unref()
}
