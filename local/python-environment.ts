import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { FaultForPeople, run, takeLock } from './processes.ts'
import type { Progress } from './progress.ts'

const emulatorRequirements = join(import.meta.dirname, 'requirements.txt')
const candidates = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']
const execute = promisify(execFile)

class MissingPrerequisite extends FaultForPeople {
  override readonly name = 'MissingPrerequisite'
}

/**
 * Makes a virtual environment once: a complete one with the same requirements is reused. Concurrent processes wait for
 * each other.
 */
export async function ensurePythonEnvironment(options: {
  directory: string
  logFile: string
  progress: Progress
  requirements?: string
  signal?: AbortSignal | undefined
}): Promise<string> {
  const { directory, logFile, progress, requirements = emulatorRequirements, signal } = options
  const python = join(directory, 'bin', 'python')
  // Written last, so that it marks a complete environment.
  const stamp = join(directory, 'hotwork-requirements.txt')
  const isMade = () => existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  const wanted = readFileSync(requirements, 'utf8')
  if (isMade()) return python

  return progress('install the local AWS emulator (once)', async (note) => {
    const lock = await waitForLock(`${directory}.lock`, note, signal)
    try {
      if (isMade()) return python
      const system = await findPython()
      rmSync(directory, { recursive: true, force: true })
      // pip needs the machine's own settings of proxies and indexes.
      const env = { ...process.env, PYTHONNOUSERSITE: '1' } as Record<string, string>
      const options = { cwd: import.meta.dirname, env, logFile, signal }
      note('making the environment')
      await run(system, ['-m', 'venv', directory], options)
      note('downloading')
      // Python compiles imported modules later: compiling all takes a third of the time.
      const install = ['--no-compile', '--disable-pip-version-check', '--no-input', '--require-hashes']
      await run(python, ['-m', 'pip', 'install', ...install, '-r', requirements], options)
      writeFileSync(stamp, wanted)
      note('done')
      return python
    } finally {
      lock.release()
    }
  })
}

async function findPython(): Promise<string> {
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'
  for (const candidate of candidates) {
    const works = await execute(candidate, ['-c', check]).then(
      () => true,
      () => false,
    )
    if (works) return candidate
  }
  throw new MissingPrerequisite(
    'the local stack needs Python 3.10 or later with venv: install the package `python3-venv` (Debian, Ubuntu: `apt-get install python3-venv`) and run this again',
  )
}

async function waitForLock(path: string, note: (text: string) => void, signal: AbortSignal | undefined) {
  for (;;) {
    const lock = takeLock(path)
    if ('release' in lock) return lock
    note(`waiting for process ${lock.heldBy}, which is making it`)
    await delay(500, undefined, signal ? { signal } : {})
  }
}
