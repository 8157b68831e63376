// Rules: test/local/demo-options.test.ts
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Local } from '../local-file.ts'

const program = join(import.meta.dirname, '../../client/hotwork.mjs')

export type Typed = { exit: number; out: string; err: string }
export type Type = (...words: readonly string[]) => Promise<Typed>

/** Runs `work` in a folder in which a person types `hotwork`, beside the stack. */
export async function withTerminal<T>(
  { local }: { local: Local },
  person: string,
  work: (type: Type, folder: string) => Promise<T>,
  more: { readonly [variable: string]: string } = {},
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-terminal-'))
  const env = { ...process.env, XDG_STATE_HOME: folder, HOTWORK_AS: person, ...more }
  const type: Type = (...words) => runIn(folder, env, process.execPath, [program, ...words])
  try {
    // As `npm start` writes it, for programs in this folder.
    mkdirSync(join(folder, '.hotwork'))
    writeFileSync(join(folder, '.hotwork/local.json'), JSON.stringify(local), { mode: 0o600 })
    return await work(type, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const runIn = (cwd: string, env: NodeJS.ProcessEnv, command: string, words: readonly string[]): Promise<Typed> =>
  new Promise((resolve) => {
    execFile(command, words, { cwd, env, maxBuffer: 256 * 2 ** 20 }, (fault, out, err) =>
      resolve({ exit: fault ? Number(fault.code ?? 1) : 0, out, err }),
    )
  })

/** @throws Error with the program's output */
export function mustWork({ exit, out, err }: Typed): string {
  if (exit === 0) return out
  throw new Error(`exit ${exit}: ${err}${out}`)
}
