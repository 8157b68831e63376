import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import * as z from 'zod'
import { defined } from '../http.ts'
import { type Journal, type Kind, remembered } from './journal.ts'

/** Which process does the work of a request, and what became of it. */
const Run = z.looseObject({
  pid: z.number(),
  /** Where its `pid` means anything. */
  host: z.string(),
  /** Tells a process from a later one with the same id, where the system says it. */
  born: z.string().optional(),
  became: z.string().optional(),
  /** The Hotwork, request and agent that a command is run for. */
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

  /** Before it is told to Hotwork: if that fails, a later process can tell it. A full disk does not keep it from being told. */
  end(request: string, became: string): void {
    const { pid } = process
    try {
      this.#journal.put(runs, request, { ...(this.of(request) ?? { pid, host: here() }), became })
    } catch {}
  }

  forget(request: string): void {
    this.#journal.remove(runs, request)
  }

  /** Those whose process has died, before or after it knew what became of them. */
  abandoned(): Run[] {
    this.#journal.tidy(runs)
    return this.#journal.all(runs).flatMap(({ row }) => (isAlive(row) === false ? [row] : []))
  }
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
function here(): string {
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
