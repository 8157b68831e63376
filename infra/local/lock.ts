import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** What a lock file says of the process that holds it. */
interface Holder {
  pid: number
  /** When that process started, as the system tells it: a later process with the same number is another one. */
  born: string
}

/** A file that says which live process has something for itself. */
export interface Lock {
  release(): void
}

/**
 * Takes the lock at `path` unless a live process holds it. A file left by a process that has died does not block.
 * @returns The lock, or the number of the process that has it.
 */
export function takeLock(path: string): Lock | { heldBy: number } {
  mkdirSync(dirname(path), { recursive: true })
  const holder: Holder = { pid: process.pid, born: birthOf(process.pid) ?? '' }
  for (;;) {
    try {
      writeFileSync(path, JSON.stringify(holder), { flag: 'wx' })
      return { release: () => rmSync(path, { force: true }) }
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault
    }
    const heldBy = holderOf(path)
    if (heldBy !== undefined) return { heldBy }
    rmSync(path, { force: true })
  }
}

/** The number of the live process that has the lock, if one has it. */
export function holderOf(path: string): number | undefined {
  const holder = readHolder(path)
  return holder && isAlive(holder) ? holder.pid : undefined
}

function readHolder(path: string): Holder | undefined {
  try {
    const { pid, born } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>
    return Number.isSafeInteger(pid) && typeof born === 'string' ? { pid: pid as number, born } : undefined
  } catch {
    return undefined // Half written by a process that died, or just released.
  }
}

function isAlive({ pid, born }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (fault) {
    // EPERM: it lives, as another user.
    if ((fault as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const bornNow = birthOf(pid)
  return bornNow === undefined || born === '' || bornNow === born
}

/** The start time of a process in clock ticks since boot, where the system has /proc; else unknown. */
function birthOf(pid: number): string | undefined {
  try {
    // The name, in parentheses, may hold spaces and parentheses: count the fields after it (proc_pid_stat(5), field 22).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
