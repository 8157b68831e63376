import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The releases that are tested against. */
export const versions = { cedar: '4.14.1', solver: '1.4.2' }

const cache = join(import.meta.dirname, '../../.hotwork/prove')

/** The two programs that `policy prove` asks, by the variables that name them. */
export type Programs = { HOTWORK_CEDAR: string; CVC5: string }

/**
 * The two programs, if `policy prove` accepts both: those that their variables name, else those in
 * `.hotwork/prove/bin`, else those on the PATH.
 */
export function findPrograms(
  env: NodeJS.ProcessEnv = process.env,
  installed = join(cache, 'bin'),
): Programs | undefined {
  const programs = {
    HOTWORK_CEDAR: env['HOTWORK_CEDAR'] ?? installedOr('cedar', installed),
    CVC5: env['CVC5'] ?? installedOr('cvc5', installed),
  }
  const judge = pathToFileURL(join(import.meta.dirname, '../../policy-tools/symcc/tools.ts')).href
  const script = `const { findTools } = await import('${judge}')
process.exitCode = typeof (await findTools(process.env)) === 'string' ? 1 : 0`
  const args = ['--input-type=module', '--eval', script]
  return spawnSync(process.execPath, args, { env: { ...env, ...programs } }).status === 0 ? programs : undefined
}

const installedOr = (program: string, installed: string): string =>
  existsSync(join(installed, program)) ? join(installed, program) : program

/**
 * Finds `cedar` and cvc5, or installs those that no variable names into `.hotwork/prove/bin`, once: Cedar's command
 * line from crates.io, which takes Rust and 3 to 10 minutes, and cvc5 from PyPI, a library that `solver.py` turns into
 * a program.
 *
 * @param say takes one line for each step
 */
export async function findOrInstall(say: (line: string) => void): Promise<Programs> {
  const found = findPrograms()
  if (found) {
    say(`${found.HOTWORK_CEDAR} and ${found.CVC5}`)
    return found
  }
  const programs = {
    HOTWORK_CEDAR: process.env['HOTWORK_CEDAR'] ?? join(cache, 'bin/cedar'),
    CVC5: process.env['CVC5'] ?? join(cache, 'bin/cvc5'),
  }
  mkdirSync(join(cache, 'bin'), { recursive: true })
  if (!existsSync(programs.HOTWORK_CEDAR)) {
    say(`building Cedar's command line ${versions.cedar}, once`)
    const crate = [`cedar-policy-cli@${versions.cedar}`, '--features', 'analyze', '--locked']
    await succeeds('cargo', ['install', ...crate, '--root', cache])
  }
  if (!existsSync(programs.CVC5)) {
    say(`installing cvc5 ${versions.solver} from PyPI`)
    const venv = join(cache, 'venv')
    const python = join(venv, 'bin/python3')
    execFileSync('python3', ['-m', 'venv', venv])
    await succeeds(python, ['-m', 'pip', 'install', '--quiet', `cvc5==${versions.solver}`])
    const program = join(import.meta.dirname, 'solver.py')
    writeFileSync(programs.CVC5, `#!/bin/sh\nexec '${python}' '${program}' "$@"\n`)
    chmodSync(programs.CVC5, 0o755)
  }
  say(`${programs.HOTWORK_CEDAR} and ${programs.CVC5}`)
  return programs
}

async function succeeds(program: string, args: readonly string[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  spawn(program, args, { stdio: 'inherit' }).on('error', reject).on('close', resolve)
  const code = await promise
  if (code !== 0) throw new Error(`\`${program} ${args.join(' ')}\` exited with ${code}`)
}
