import { type SpawnOptions, spawn } from 'node:child_process'
import { Started } from './agent-machine.ts'

type How = Omit<SpawnOptions, 'stdio'> & { input?: string }

/** Runs a program to its end, with its input. @returns its exit code or signal, and its output */
export async function ran(program: string, words: readonly string[], { input = '', ...how }: How = {}) {
  const started = new Started(spawn(program, words, how))
  started.child.stdin?.on('error', () => {}).end(input)
  return { exit: await started.ends, out: started.out, err: started.err }
}
