// Rules: test/policies/changes/prove-tools.test.ts
import { spawn } from 'node:child_process'

type Ran =
  | { ended: true; code: number | null; out: string; err: string }
  | { ended: false; why: 'missing' | 'late' | 'stopped' | 'its output is too long' }

const mostText = 4 * 1024 * 1024

/** Runs a program to its end, or kills it with its children. It gets only the environment variables that it needs. */
export async function run(
  program: string,
  args: readonly string[],
  { env, milliseconds, signal }: { env: NodeJS.ProcessEnv; milliseconds: number; signal?: AbortSignal | undefined },
): Promise<Ran> {
  if (signal?.aborted) return { ended: false, why: 'stopped' }
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const { promise, resolve } = Promise.withResolvers<Ran>()
  const text = { out: '', err: '' }
  const end = (ran: Ran) => {
    // A separate process group, since the solver is a grandchild.
    if (!ran.ended && child.pid !== undefined) kill(child.pid)
    resolve(ran)
  }
  const hear = (name: keyof typeof text) => (part: string) => {
    text[name] += part
    if (text[name].length > mostText) end({ ended: false, why: 'its output is too long' })
  }
  child.stdout.setEncoding('utf8').on('data', hear('out'))
  child.stderr.setEncoding('utf8').on('data', hear('err'))
  child.on('error', () => end({ ended: false, why: 'missing' }))
  child.on('close', (code) => end({ ended: true, code, ...text }))
  const stop = () => end({ ended: false, why: 'stopped' })
  signal?.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(() => end({ ended: false, why: 'late' }), milliseconds)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

function kill(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // The process has ended already.
  }
}
