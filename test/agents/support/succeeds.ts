import { spawn } from 'node:child_process'

/** Runs a program to its end, its output in ours. */
export function succeeds(program: string, args: readonly string[], cwd: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
}
