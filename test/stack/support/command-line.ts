import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Local } from '../../../local/local-file.ts'
import { read, root } from '../../support/repository.ts'

const { bin } = JSON.parse(read('package.json')) as { bin: { hotwork: string } }

export type Ran = { exit: number; out: string; err: string }

/** Runs a program to its end. */
export const run = (program: string, words: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv }) =>
  new Promise<Ran>((resolve) =>
    // The record of all earlier tests is some megabytes.
    execFile(program, words, { ...options, maxBuffer: 2 ** 28 }, (fault, out, err) =>
      resolve({ exit: fault ? Number(fault.code ?? 1) : 0, out, err }),
    ),
  )

/** A folder with the deployment's `.hotwork/local.json`, as `npm start` writes it, in which a person types `hotwork`. */
export function useTerminal(local: Local) {
  const home = mkdtempSync(join(tmpdir(), 'hotwork-terminal-'))
  mkdirSync(join(home, '.hotwork'))
  writeFileSync(join(home, '.hotwork/local.json'), JSON.stringify(local), { mode: 0o600 })
  afterAll(() => rmSync(home, { recursive: true, force: true }))
  const type = (words: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> =>
    run(process.execPath, [join(root, bin.hotwork), ...words], { cwd: home, env: { ...env, XDG_STATE_HOME: home } })
  return { home, type }
}
