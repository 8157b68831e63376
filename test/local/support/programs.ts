import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../support/repository.ts'

export { root }

const node = join(root, 'node_modules/.bin/node')

/** A new folder, which `removeFolders` deletes. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-local-'))
  folders.push(folder)
  return folder
}
const folders: string[] = []
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** A running program, and its output so far. */
export interface Program {
  child: ChildProcess
  printed: () => string
  /** Resolves when the program has printed this text; rejects when it ends before. */
  prints(text: string): Promise<void>
  /** The exit code, or the signal that ended it. */
  ends: Promise<number | NodeJS.Signals | null>
}

/**
 * Starts a program of the repository under the repository's own Node, in its own process group. Modules that are ESM only
 * are tested this way, since jest runs CommonJS, and so are processes and signals.
 */
export function startProgram(args: string[], env: Record<string, string> = {}): Program {
  const child = spawn(node, args, { cwd: root, env: { ...process.env, ...env }, detached: true })
  let text = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      for (const look of waiting) look()
    })
  }
  const ends = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
  programs.push({ child, ends })
  return {
    child,
    printed: () => text,
    ends,
    prints: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!text.includes(wanted)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        void ends.then((end) =>
          reject(new Error(`it ended with ${end} before it printed ${wanted}; it printed:\n${text}`)),
        )
        look()
      }),
  }
}
const programs: { child: ChildProcess; ends: Promise<unknown> }[] = []

/** Kills programs that a failed test has left running. */
export async function endPrograms(): Promise<void> {
  for (const { child, ends } of programs.splice(0)) {
    child.kill('SIGKILL')
    await ends
  }
}

/** Runs a module's text to its end, and parses its output as JSON. */
export function runModule<T>(text: string): T {
  return JSON.parse(execFileSync(node, ['--input-type=module', '-e', text], { cwd: root, encoding: 'utf8' })) as T
}

/** The processes whose command line or working directory has this text, such as those of a folder. */
export function processesOf(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text) || readlinkSync(`/proc/${pid}/cwd`).includes(text)
        )
      } catch {
        return false // The process has just ended.
      }
    })
    .map(Number)
}
