import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { withoutCredentials } from '../exec/command.ts'
import { Fault, systemCodeOf, wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'

/** The typed options, as `policy-tools/policy.ts` reads them. Paths are relative to the working folder. */
export type Asked = { verb: string; json: boolean; [option: string]: unknown }

/**
 * Runs the policy program to its end, since the client has no policy code. The program prints the result itself: as
 * words, or with `json` as one document. Its standard input is `input`, or this process's own.
 *
 * @returns its exit code
 * @throws Refusal under a Node that is too old
 */
export async function runPolicyProgram(
  asked: Asked,
  surroundings: Surroundings,
  input?: AsyncIterable<string> | Iterable<string>,
): Promise<number> {
  mustBeNode(process.versions.node)
  const { folder: cwd, env, program } = surroundings
  const child = spawn(process.execPath, [programBeside(program.file), JSON.stringify(asked)], {
    cwd,
    env: withoutCredentials(env),
    stdio: [input === undefined ? 'inherit' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdout?.setEncoding('utf8').on('data', surroundings.out)
  child.stderr?.setEncoding('utf8').on('data', surroundings.err)
  const ended = new Promise<number>((resolve, reject) => {
    const broken = (why: string) =>
      reject(new Fault({ code: 'fault', title: `the program for policies failed (${why})` }))
    child.once('error', (fault) => broken(systemCodeOf(fault) ?? fault.message))
    child.once('close', (code, signal) => (code === null ? broken(`${signal}`) : resolve(code)))
  })
  const given = input !== undefined && child.stdin ? pipeline(Readable.from(input), child.stdin) : undefined
  // The program may end before it has read everything: its exit code has the reason.
  const [exit] = await Promise.all([ended, given?.catch(ignoreClosed)])
  return exit
}

/** Cedar's WebAssembly aborts under Node 20. */
function mustBeNode(version: string): void {
  if (Number(version.split('.')[0]) >= 22) return
  throw wrongUsage(
    `the verbs of policy authors need Node 22 or later, and this is ${version}`,
    "Cedar's WebAssembly aborts under an older one: install a newer Node, or run them on a machine that has one",
  )
}

/** In a checkout the client runs its source; in the package both are built. */
const programBeside = (file: string): string =>
  file.endsWith('.ts')
    ? join(dirname(file), '../policy-tools/policy.ts')
    : join(dirname(file), 'functions/policy/index.cjs')

function ignoreClosed(fault: unknown): void {
  if (!['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(systemCodeOf(fault) ?? '')) throw fault
}
