import { join } from 'node:path'
import { ensurePythonEnvironment } from '../../../local/python-environment.ts'
import { ran } from './ran.ts'

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
  const { out, err } = await ran(await python(), words, { input: JSON.stringify(given) })
  expect(err).toBe('')
  return JSON.parse(out)
}
