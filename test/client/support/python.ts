import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ensurePythonEnvironment } from '../../../local/python-environment.ts'

const programs = join(import.meta.dirname, '../python')
const folder = join(import.meta.dirname, '../../../.hotwork')

/** A Python with the libraries of other authors. */
export const python = (): Promise<string> =>
  ensurePythonEnvironment({
    directory: join(folder, 'python-clients'),
    logFile: join(folder, 'python-clients.log'),
    requirements: join(programs, 'requirements.txt'),
    progress: (_name, work) => work(() => {}),
  })

/** Runs a program of `python/`, with JSON as its input and its output. */
export async function runPython(name: string, given: object) {
  const words = ['-W', 'ignore', join(programs, name)]
  const child = spawn(await python(), words, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(JSON.stringify(given))
  const [printed, trouble] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect(trouble).toBe('')
  return JSON.parse(printed)
}
