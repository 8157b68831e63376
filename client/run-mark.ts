import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import * as z from 'zod'
import { defined } from './http.ts'

/** That a request's work was begun, so that it is not begun again. */
export const Run = z.looseObject({
  pid: z.number(),
  /** Where its `pid` means anything. */
  host: z.string(),
  /** Tells a process from a later one with the same id, where the system says it. */
  born: z.string().optional(),
  became: z.string().optional(),
})
export type Run = z.infer<typeof Run>

export function thisRun(): { pid: number; host: string; born?: string } {
  const { pid } = process
  return { pid, host: here(), ...defined({ born: birthOf(pid) }) }
}

/** Undefined where it cannot be told from here. */
export function isAlive({ pid, host, born }: Run): boolean | undefined {
  if (host !== here()) return undefined
  try {
    process.kill(pid, 0)
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code !== 'ESRCH'
  }
  const now = birthOf(pid)
  return born === undefined || now === undefined || born === now
}

/** Two containers may have one name and share a folder, and each has its own processes. */
export function here(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

/** When a process began, in the system's own ticks: another process with the same id has another. */
function birthOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // The name of the program, in parentheses, may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
    return fields?.[19] === undefined ? undefined : `${boot} ${fields[19]}`
  } catch {
    return undefined
  }
}
