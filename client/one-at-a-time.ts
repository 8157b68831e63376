import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Surroundings } from './surroundings.ts'

/** Longer than anybody holds it: a login may be waited for. Milliseconds. */
const longest = 360_000

/**
 * Runs `work` while no other process of this machine does, by a file that only one can make. One that was killed has left
 * its file behind: it is nobody's once that process is gone. Two who take it over at once cost no more than a credential
 * that is replaced a moment later.
 */
export async function oneAtATime<T>(
  file: string,
  { pause }: Pick<Surroundings, 'pause'>,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  while (!take(file)) {
    if (isAbandoned(file)) rmSync(file, { force: true })
    else await pause(200)
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid} ${Date.now()}`, { flag: 'wx', mode: 0o600 })
    return true
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw fault
  }
}

function isAbandoned(file: string): boolean {
  try {
    const [holder = 0, since = 0] = readFileSync(file, 'utf8').split(' ').map(Number)
    // Without a word in it, it was just made; or its process died at that very moment.
    if (!holder) return Date.now() - statSync(file).mtimeMs > longest
    return Date.now() - since > longest || !isRunning(holder)
  } catch {
    // Given back meanwhile.
    return false
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
