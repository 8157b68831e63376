import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Started } from '../../client/support/agent-machine.ts'

export const program = process.env['HOTWORK_PROGRAM'] ?? join(__dirname, '../../../client/hotwork.ts')

/** The command line as a process of its own. */
export function startHotwork(
  words: readonly string[],
  env: { [name: string]: string },
): Started & { kill(signal: NodeJS.Signals): void } {
  const child = spawn(process.execPath, [program, ...words], { env: { PATH: process.env['PATH'] ?? '', ...env } })
  return Object.assign(new Started(child), { kill: (signal: NodeJS.Signals) => void child.kill(signal) })
}
