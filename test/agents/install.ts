import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentProgress } from '../../local/progress.ts'
import { ensurePythonEnvironment } from '../../local/python-environment.ts'
import { succeeds } from './support/succeeds.ts'

const here = import.meta.dirname
const stored = join(here, '../../.hotwork')

/** Programs of this folder's Python, once it is installed; `mcp1` has those that need MCP's first SDK. */
export const python = (program: string) => join(stored, 'python-agents/bin', program)
export const pythonMcp1 = (program: string) => join(stored, 'python-agents-mcp1/bin', program)

/**
 * Installs the dependencies of this folder's tests: once, and again when one of its lists changes.
 *
 * @returns false if npm failed
 */
export async function install(): Promise<boolean> {
  const [installed] = await Promise.all([
    installFrameworks(),
    installPython('python-agents', 'requirements.txt'),
    installPython('python-agents-mcp1', 'requirements-mcp1.txt'),
  ])
  return installed
}

async function installFrameworks(): Promise<boolean> {
  // Written last, into a folder that `npm ci` deletes first: it proves that the rest is complete.
  const stamp = join(here, 'node_modules/.hotwork-installed')
  const wanted = createHash('sha256')
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) wanted.update(readFileSync(join(here, file)))
  const digest = wanted.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return true
  if (!(await succeeds('npm', ['ci', '--loglevel=error'], here))) return false
  writeFileSync(stamp, digest)
  return true
}

async function installPython(folder: string, list: string): Promise<void> {
  const directory = join(stored, folder)
  const requirements = join(here, list)
  await ensurePythonEnvironment({ directory, logFile: `${directory}.log`, requirements, progress: silentProgress })
}
