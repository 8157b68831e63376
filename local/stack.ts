// Rules: test/local/start.test.ts
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { bootstrap, hotworkApp, nodeDirectory, root } from './cdk.ts'
import { deployPrepared, prepareDeployment, type Surroundings } from './deployment.ts'
import { type AwsAccess, type Between, clientSettings, type Meter, startEmulator } from './emulator.ts'
import { startIdentityProvider } from './identity-provider.ts'
import { type Local, readLocalFile, removeLocalFile, writeLocalFile } from './local-file.ts'
import { FaultForPeople, holderOf, takeLock } from './processes.ts'
import { createProgress, type Progress } from './progress.ts'
import { ensurePythonEnvironment } from './python-environment.ts'
import { createSampleTarget } from './sample-target.ts'

interface DeploymentChoice {
  stackName?: string
  policies?: string | undefined
  /** The other workspaces of Slack by alias, each with its channels of the policies. */
  workspaces?: { readonly [chat: string]: readonly string[] }
  /** The address of its API for programs that want one over TLS. It is its issuer then. */
  front?: Between
  /** Members of `targets` in the deployment file. */
  targets?: { readonly [alias: string]: object }
}

interface StackOptions extends DeploymentChoice {
  /** By default `.hotwork` in the repository. One local stack can run in one such folder. */
  stateDirectory?: string | undefined
  progress?: Progress
  /** Another CDK app than Hotwork's, for tests. */
  app?: string | undefined
  /** A proxy between the Lambdas and the emulator, which records invocations. A given emulator has none. */
  meter?: Meter
  /** A proxy between the Lambdas and the desk of the first deployment. */
  slack?: Between
  signal?: AbortSignal
}

export interface LocalStack {
  local: Local
  /** Aborts when the caller ends the stack, or its emulator has ended by itself (EmulatorEnded). */
  signal: AbortSignal
  /** Deploys a second Hotwork with its own address, desk and tables, and the same people, agents and emulator. */
  deploy(choice: DeploymentChoice & { stackName: string }): Promise<Local>
  /** Ends everything that was started, and waits for that. */
  close(): Promise<void>
}

class StackIsRunning extends FaultForPeople {
  override readonly name = 'StackIsRunning'
}

/**
 * Starts an AWS emulator, an identity provider, a desk for Slack, a reverse proxy, and deploys the unchanged CDK app
 * into the emulator, all on free ports of 127.0.0.1. It uses the emulator in `AWS_ENDPOINT_URL`, if any.
 * @throws StackIsRunning if one runs in this state directory, MissingPrerequisite without Python, EmulatorEnded if the
 * emulator ends by itself
 */
export async function startStack(options: StackOptions = {}): Promise<LocalStack> {
  const directory = resolve(options.stateDirectory ?? join(root, '.hotwork'))
  const progress = options.progress ?? createProgress()
  await using resources = new AsyncDisposableStack()
  lockDirectory(directory, resources)

  const logDirectory = join(directory, 'log')
  rmSync(logDirectory, { recursive: true, force: true })
  mkdirSync(logDirectory, { recursive: true })
  const failure = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, failure.signal]) : failure.signal

  const identityProvider = await startIdentityProvider()
  resources.defer(() => identityProvider.close())
  const given = readGivenEmulator(process.env)
  const accountId = given ? await readAccountId(given) : '000000000000' // MiniStack's default account.
  const region = given?.region ?? 'us-east-1'
  const app = options.app ?? hotworkApp
  const around: Surroundings = { directory, logDirectory, app, identityProvider, accountId, region, progress, signal }

  const [aws, prepared] = await together(failure, [
    prepareAws(around, given, options.meter, resources, failure),
    prepareDeployment(around, { ...choose(options), slack: options.slack }, resources),
  ])
  const local = await deployPrepared(around, prepared, aws)
  signal.throwIfAborted()
  const localFile = join(directory, 'local.json')
  writeLocalFile(localFile, local)
  resources.defer(() => removeLocalFile(localFile))

  const running = resources.move()
  return {
    local,
    signal,
    async deploy(choice) {
      return deployPrepared(around, await prepareDeployment(around, choose(choice), running), aws)
    },
    close: () => running.disposeAsync(),
  }
}

/** The stack that a process runs in this state directory. */
export const findStack = (directory: string): Local | undefined =>
  holderOf(join(directory, 'stack.lock')) === undefined ? undefined : readLocalFile(join(directory, 'local.json'))

const choose = ({ stackName, policies, workspaces = {}, front, targets }: DeploymentChoice) => ({
  ...{ front, targets },
  stackName: stackName ?? 'Hotwork',
  workspaces,
  policies: resolve(policies ?? join(root, 'policies')),
})

function lockDirectory(directory: string, resources: AsyncDisposableStack): void {
  const lock = takeLock(join(directory, 'stack.lock'))
  if ('release' in lock) {
    // The file of a killed process, whose addresses are dead.
    removeLocalFile(join(directory, 'local.json'))
    resources.defer(() => lock.release())
    return
  }
  const running = readLocalFile(join(directory, 'local.json'))
  throw new StackIsRunning(
    running
      ? `a local stack is running already: ${running.apiUrl} (process ${lock.heldBy}); end it first, or use it`
      : `a local stack is being started by process ${lock.heldBy}; wait for it, or end it`,
  )
}

/** The emulator in the environment, with the environment's keys. */
function readGivenEmulator(env: NodeJS.ProcessEnv): AwsAccess | undefined {
  const endpointUrl = env['AWS_ENDPOINT_URL']
  if (!endpointUrl) return undefined
  return {
    endpointUrl: endpointUrl.replace(/\/$/, ''),
    region: env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? 'test',
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? 'test',
  }
}

async function readAccountId(aws: AwsAccess): Promise<string> {
  const sts = new STSClient(clientSettings(aws))
  const { Account } = await sts.send(new GetCallerIdentityCommand({})).catch((cause: unknown) => {
    throw new Error(`the emulator at ${aws.endpointUrl} (AWS_ENDPOINT_URL) does not say which account it is`, { cause })
  })
  sts.destroy()
  return Account as string
}

async function prepareAws(
  around: Surroundings,
  given: AwsAccess | undefined,
  meter: Meter | undefined,
  resources: AsyncDisposableStack,
  failure: AbortController,
): Promise<AwsAccess> {
  const { accountId, directory, logDirectory, progress, signal } = around
  const aws = given ?? (await startOwnEmulator(around, meter, resources, failure))
  await progress('prepare it for the CDK, and make the sample target', async () => {
    const logFile = join(logDirectory, 'bootstrap.log')
    await Promise.all([bootstrap({ aws, accountId, directory, logFile, signal }), createSampleTarget(aws, accountId)])
  })
  return aws
}

async function startOwnEmulator(
  { directory, logDirectory, progress, signal }: Surroundings,
  meter: Meter | undefined,
  resources: AsyncDisposableStack,
  failure: AbortController,
): Promise<AwsAccess> {
  // Shared by tests with their own state directory, since making it takes a minute.
  const venv = join(root, '.hotwork/venv')
  const logFile = join(logDirectory, 'python.log')
  const python = await ensurePythonEnvironment({ directory: venv, logFile, progress, signal })
  const emulator = await progress('start the local AWS emulator', () =>
    startEmulator({
      python,
      directory: join(directory, 'emulator'),
      logFile: join(logDirectory, 'ministack.log'),
      lambdaLogFile: join(logDirectory, 'lambda.log'),
      nodeDirectory,
      meter,
      signal,
    }),
  )
  resources.defer(() => emulator.close())
  void emulator.endedItself.then((fault) => failure.abort(fault))
  meter?.forwardTo(emulator.endpointUrl)
  return emulator
}

/** Runs both works at once. The first failure aborts the other, and both have ended when this rejects. */
async function together<A, B>(failure: AbortController, works: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  for (const work of works) work.catch((fault: unknown) => failure.abort(fault))
  await Promise.allSettled(works)
  failure.signal.throwIfAborted()
  return Promise.all(works)
}
