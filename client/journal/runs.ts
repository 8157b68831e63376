// Rules: test/client/agent/processes.test.ts
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import * as z from 'zod'
import { defined } from '../http.ts'
import { type Journal, type Kind, remembered } from './journal.ts'

/** The process that does the work of a request, and its end. */
const Run = z.looseObject({
  pid: z.number(),
  /** The machine on which the `pid` is valid. */
  host: z.string(),
  /**
   * The start of the process, if the system gives it: it distinguishes the process from a later one with the same
   * `pid`.
   */
  born: z.string().optional(),
  became: z.string().optional(),
  /** The Hotwork, request and agent of the command. */
  api: z.string().optional(),
  id: z.string().optional(),
  agent: z.string().optional(),
})
export type Run = z.infer<typeof Run>

export const runs: Kind<Run> = { prefix: 'run-', shape: Run, stays: remembered }

/** Marks of requests whose work was begun, so that it is begun once. */
export class Runs {
  readonly #journal: Journal

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** @returns the run that was begun before, by this or another process @throws Fault */
  begin(request: string, about: Pick<Run, 'api' | 'id' | 'agent'> = {}): Run | undefined {
    const { pid } = process
    const made = { pid, host: here(), ...defined({ born: birthOf(pid) }), ...about }
    if (this.#journal.create(runs, request, made)) return undefined
    return this.of(request) ?? { pid: 0, host: '', became: 'outcome unknown' }
  }

  of(request: string): Run | undefined {
    return this.#journal.find(runs, request)
  }

  /**
   * Stored before the report to Hotwork, so that a later process can report it. A full disk does not stop the report.
   */
  end(request: string, became: string): void {
    const { pid } = process
    try {
      this.#journal.put(runs, request, { ...(this.of(request) ?? { pid, host: here() }), became })
    } catch {}
  }

  forget(request: string): void {
    this.#journal.remove(runs, request)
  }

  /** The runs whose process has died, with or without a stored end. */
  abandoned(): Run[] {
    this.#journal.tidy(runs)
    return this.#journal.all(runs).flatMap(({ row }) => (isAlive(row) === false ? [row] : []))
  }
}

/** Undefined if this machine does not give it. */
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

/**
 * The identity of this machine or container: two containers may share a name and a folder, and have separate processes.
 */
function here(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

/** The start of a process in the system's ticks, which differs from that of a later process with the same `pid`. */
function birthOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // The parentheses around the program's name may contain spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
    return fields?.[19] === undefined ? undefined : `${boot} ${fields[19]}`
  } catch {
    return undefined
  }
}
