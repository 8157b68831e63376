// Rules: test/local/emulator-guard.test.ts
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from './loopback.ts'
import { FaultForPeople, readEnd, startProgram } from './processes.ts'

/** The settings of an SDK client for the given administrator, without this machine's own AWS settings. */
export const clientSettings = ({ endpointUrl, region, accessKeyId, secretAccessKey, sessionToken }: AwsAccess) => ({
  ...(endpointUrl !== '' && { endpoint: endpointUrl }),
  region,
  credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
})

export interface AwsAccess {
  /** Empty for AWS itself (tools/aws). */
  endpointUrl: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string | undefined
}

export type Emulator = Awaited<ReturnType<typeof startEmulator>>

/** The emulator has ended, with everything deployed in it. */
class EmulatorEnded extends FaultForPeople {
  override readonly name = 'EmulatorEnded'
}

const emulator = join(import.meta.dirname, 'emulator.py')
const readyWithinMilliseconds = 30_000

/** A transparent proxy before a service. */
export type Between = { url: string; forwardTo(target: string): void }

/** The proxy between Lambdas and the emulator, and the file with a line for each invocation. */
export type Meter = Between & {
  invocationsFile: string
  /**
   * The share of batches of streams and queues that a function gets twice, which AWS permits; `file` has a line for
   * each.
   */
  repeats?: { share: number; seed: number; file: string }
  /** The delay of a record in a table's stream. Milliseconds. */
  streamDelay?: number
}

interface EmulatorOptions {
  python: string
  directory: string
  logFile: string
  lambdaLogFile: string
  nodeDirectory: string
  meter?: Meter | undefined
  signal?: AbortSignal | undefined
}

/**
 * Starts MiniStack with IAM enforced, and waits until it answers. `directory` is emptied first. It accepts only calls
 * signed with its own keys, or with keys that it issued (emulator_guard.py).
 */
export async function startEmulator(options: EmulatorOptions) {
  const { python, directory, logFile, signal } = options
  signal?.throwIfAborted()
  rmSync(directory, { recursive: true, force: true })
  for (const name of ['tmp', 's3', 'state', 'home']) mkdirSync(join(directory, name), { recursive: true })
  // Lambdas run below this folder; by our package.json they would be ESM.
  writeFileSync(join(directory, 'package.json'), '{ "type": "commonjs" }\n')
  const endpointUrl = `http://127.0.0.1:${await findFreePort()}`
  const access: AwsAccess = { endpointUrl, region: 'us-east-1', ...randomKeys() }
  const env = describeEnvironment(options, access)
  // The program ends with its standard input, so even if this process is killed.
  const program = startProgram(python, [emulator], { cwd: directory, logFile, stdin: 'pipe', env })
  let isClosing = false
  let hasEnded = false
  /** Resolves if the program ends without `close`. */
  const endedItself = new Promise<EmulatorEnded>((resolve) => {
    void program.ended.then((how) => {
      hasEnded = true
      if (isClosing) return
      const why = `the local AWS emulator has ended by itself (${how}), and nothing here works without it`
      resolve(new EmulatorEnded(`${why}; ${readEnd(logFile)}`))
    })
  })
  const close = async () => {
    isClosing = true
    program.kill()
    await program.ended
    rmSync(directory, { recursive: true, force: true })
  }

  const deadline = Date.now() + readyWithinMilliseconds
  while (!hasEnded && !signal?.aborted && Date.now() < deadline) {
    if (await isHealthy(endpointUrl)) return { ...access, endedItself, close }
    await delay(50)
  }
  await close()
  signal?.throwIfAborted()
  throw new Error(`the local AWS emulator did not start; ${readEnd(logFile)}`)
}

/** The complete environment. Lambdas inherit it, and must not find this machine's AWS credentials or proxies. */
const describeEnvironment = (
  { directory, lambdaLogFile, nodeDirectory, meter }: EmulatorOptions,
  access: AwsAccess,
) => ({
  PATH: `${nodeDirectory}:/usr/local/bin:/usr/bin:/bin`,
  HOME: join(directory, 'home'),
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  PYTHONDONTWRITEBYTECODE: '1',
  TMPDIR: join(directory, 'tmp'),
  S3_DATA_DIR: join(directory, 's3'),
  STATE_DIR: join(directory, 'state'),
  GATEWAY_PORT: new URL(access.endpointUrl).port,
  BIND_HOST: '127.0.0.1',
  MINISTACK_HOST: '127.0.0.1',
  MINISTACK_REGION: access.region,
  // emulator_guard.py refuses the engine's default key.
  AWS_ACCESS_KEY_ID: access.accessKeyId,
  AWS_SECRET_ACCESS_KEY: access.secretAccessKey,
  AUTH: 'true',
  CLOUDTRAIL_RECORDING: '1',
  CLOUDTRAIL_MAX_EVENTS: '5000',
  HOTWORK_LAMBDA_LOG: lambdaLogFile,
  SFTP_ENABLED: '0',
  IOT_MTLS_ENABLED: '0',
  // So that a click after an hour still finds a warm Lambda.
  LAMBDA_WARM_TTL_SECONDS: '3600',
  ...(meter && { AWS_ENDPOINT_URL: meter.url, HOTWORK_INVOCATIONS: meter.invocationsFile }),
  ...(meter?.repeats && { HOTWORK_REPEATS: JSON.stringify(meter.repeats) }),
  ...(meter?.streamDelay !== undefined && { HOTWORK_STREAM_DELAY: String(meter.streamDelay) }),
})

/** Keys in AWS's form. The key id must be secret too, since MiniStack does not check its administrator's signature. */
function randomKeys(): { accessKeyId: string; secretAccessKey: string } {
  const letters = Array.from(randomBytes(16), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32])
  return { accessKeyId: `AKIA${letters.join('')}`, secretAccessKey: randomBytes(30).toString('base64url') }
}

const isHealthy = (endpointUrl: string) =>
  fetch(`${endpointUrl}/_ministack/health`, { signal: AbortSignal.timeout(2000) }).then(
    ({ ok }) => ok,
    () => false,
  )
