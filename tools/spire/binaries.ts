import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { delimiter, join } from 'node:path'

/** The release that is tested against. */
export const version = 'v1.13.3'

/** The programs of a SPIRE installation. */
export type Binaries = { server: string; agent: string }

const names = { server: 'spire-server', agent: 'spire-agent' }
const cache = join(import.meta.dirname, '../../.hotwork/spire')

/**
 * Finds SPIRE in `SPIRE_BIN`, in `.hotwork/spire/bin` or on `PATH`, or builds it once from the Go module proxy, which
 * takes 8 to 20 minutes.
 *
 * @param say takes one line for each step
 * @throws an error that says what to install
 */
export async function findOrBuildSpire(say: (line: string) => void): Promise<Binaries> {
  const asked = process.env['SPIRE_BIN']
  if (asked !== undefined) {
    const found = binariesIn(asked)
    if (!found) throw new Error(`SPIRE_BIN is \`${asked}\`, and there is no spire-server and spire-agent there`)
    return found
  }
  const built = join(cache, 'bin')
  const found = [built, ...(process.env['PATH'] ?? '').split(delimiter)].map(binariesIn).find((it) => it !== undefined)
  if (found) {
    say(`found ${found.server}`)
    return found
  }
  await build(built, say)
  const now = binariesIn(built)
  if (!now) throw new Error(`SPIRE was built, and yet ${built} does not have it: remove ${cache} and run this again`)
  return now
}

function binariesIn(folder: string): Binaries | undefined {
  const [server, agent] = [join(folder, names.server), join(folder, names.agent)]
  return folder !== '' && existsSync(server) && existsSync(agent) ? { server, agent } : undefined
}

async function build(into: string, say: (line: string) => void): Promise<void> {
  say(`building SPIRE ${version} with ${goVersion()}, once: 8 to 20 minutes on two cores`)
  const module = join(cache, 'module')
  mkdirSync(module, { recursive: true })
  if (!existsSync(join(module, 'go.mod')))
    writeFileSync(join(module, 'go.mod'), 'module hotwork.invalid/spire\n\ngo 1.25\n')
  const packages = Object.values(names).map((name) => `github.com/spiffe/spire/cmd/${name}`)
  say('asking the Go module proxy for its sources')
  await go(module, ['get', '-tool', ...packages.map((path) => `${path}@${version}`)], into)
  say('compiling')
  const parallel = String(Math.min(2, cpus().length))
  await go(module, ['install', '-p', parallel, ...packages], into)
}

function goVersion(): string {
  try {
    return execFileSync('go', ['version'], { encoding: 'utf8' }).trim()
  } catch {
    throw new Error(
      'SPIRE is not here, and without Go it cannot be built: install Go 1.25 or later from https://go.dev/dl, or set SPIRE_BIN to the folder of spire-server and spire-agent',
    )
  }
}

function go(cwd: string, args: string[], bin: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, {
      cwd,
      env: { ...process.env, GOBIN: bin, GOFLAGS: '-buildvcs=false' },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`\`go ${args[0]}\` ended with ${code}: what it said is above`)),
    )
  })
}
