import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { AwsAccess } from '../../local/emulator.ts'
import { findFreePort } from '../../local/loopback.ts'
import { readEnd, startProgram } from '../../local/processes.ts'
import { startFront } from './front.ts'

/** The release that is tested against. */
export const version = '0.51.0'

/** The account that the examples and tests name. */
const account = '000000000000'

const cache = join(import.meta.dirname, '../../.hotwork/fakecloud')

/**
 * Finds the program by `HOTWORK_FAKECLOUD` or in `.hotwork/fakecloud/bin`, or else builds it from crates.io, once: some
 * twenty minutes on two cores.
 *
 * @param say takes one line for each step
 */
export async function findOrInstall(say: (line: string) => void): Promise<string> {
  const asked = process.env['HOTWORK_FAKECLOUD']
  if (asked !== undefined && !existsSync(asked))
    throw new Error(`HOTWORK_FAKECLOUD is \`${asked}\`: there is no such file`)
  const program = asked ?? join(cache, 'bin/fakecloud')
  if (!existsSync(program)) {
    say(`building fakecloud ${version} with cargo, once`)
    const crate = [`fakecloud@${version}`, '--locked', '--root', cache]
    // An unoptimised build is enough; an optimised one takes an hour.
    const env = { ...process.env, CARGO_PROFILE_RELEASE_OPT_LEVEL: '0', CARGO_PROFILE_RELEASE_LTO: 'off' }
    const { promise, resolve, reject } = Promise.withResolvers<number | null>()
    spawn('cargo', ['install', ...crate], { stdio: 'inherit', env })
      .on('error', reject)
      .on('close', resolve)
    const code = await promise
    if (code !== 0) throw new Error(`cargo ended with ${code}: fakecloud needs Rust (https://rustup.rs) and cmake`)
  }
  say(program)
  return program
}

export interface Places {
  /** The folder, which is emptied first. */
  directory: string
  logFile: string
  lambdaLogFile: string
  nodeDirectory: string
}

/** Starts it with IAM enforced, and waits until it answers. Lambdas are processes of Node (container.ts). */
export async function startFakecloud(program: string, { directory, logFile, lambdaLogFile, nodeDirectory }: Places) {
  rmSync(directory, { recursive: true, force: true })
  for (const name of ['home', 'containers', 'tmp']) mkdirSync(join(directory, name), { recursive: true })
  // Lambdas run below this folder: our package.json would make them ESM.
  writeFileSync(join(directory, 'package.json'), '{ "type": "commonjs" }\n')
  const containers = join(directory, 'containers')
  const port = await findFreePort()
  const target = `http://127.0.0.1:${port}`
  // The administrator's key, which no policy judges.
  const keys = { region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test' }
  const front = await startFront({ endpointUrl: target, ...keys }, account, containers)
  const endpointUrl = front.url
  const env = {
    PATH: [nodeDirectory, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    ...{ HOME: join(directory, 'home'), TMPDIR: join(directory, 'tmp'), LANG: 'C.UTF-8', TZ: 'UTC' },
    ...{ HOTWORK_CONTAINERS: containers, HOTWORK_LAMBDA_LOG: lambdaLogFile },
    HOTWORK_AWS: endpointUrl,
    FAKECLOUD_CONTAINER_CLI: containerCommand(directory),
  }
  const args = ['--addr', `127.0.0.1:${port}`, '--iam', 'strict', '--account-id', account, '--log-level', 'warn']
  const { ended, kill } = startProgram(program, args, { cwd: directory, env, logFile })
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })
  const close = async () => {
    kill()
    await ended
    await front.close()
    rmSync(directory, { recursive: true, force: true })
  }
  const isUp = () =>
    fetch(target, { signal: AbortSignal.timeout(2000) }).then(
      () => true,
      () => false,
    )
  for (const deadline = Date.now() + 60_000; !hasEnded && Date.now() < deadline; await delay(100)) {
    const access: AwsAccess = { endpointUrl, ...keys }
    if (await isUp()) return { access, close }
  }
  await close()
  throw new Error(`fakecloud did not start; ${readEnd(logFile)}`)
}

/**
 * A command named podman, so that fakecloud asks no daemon for the address of this machine. There is no engine and no
 * image: `info`, `pull`, `image` and `ps` succeed at once.
 */
function containerCommand(directory: string): string {
  const file = join(directory, 'podman')
  const program = `'${process.execPath}' '${join(import.meta.dirname, 'container.ts')}'`
  writeFileSync(file, `#!/bin/sh\ncase $1 in create|cp|start|port|rm|logs) exec ${program} "$@" ;; esac\n`)
  chmodSync(file, 0o755)
  return file
}
