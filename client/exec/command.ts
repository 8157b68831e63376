import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants, devNull } from 'node:os'
import { dirname, join } from 'node:path'

/** Every credential variable that AWS SDKs and tools read, older and future versions included. */
const awsCredential =
  /^AWS_(?!ENDPOINT_URL)(?:.*(?:ACCESS_KEY|SECRET_KEY|TOKEN|CREDENTIAL|PROFILE|ROLE_ARN|ROLE_SESSION|CONFIG_FILE)|CONTAINER_|EC2_METADATA)/i

/**
 * The identity of the agent or person. CMD does not get it: it has the approved rights, and must not ask in that name.
 */
const identity =
  /^(?:HOTWORK_(?:AS|TOKEN|SIDECAR_TOKEN|WORKLOAD_TOKEN_FILE|TOOL_TOKEN_FILE)|ACTIONS_ID_TOKEN_REQUEST_(?:URL|TOKEN)|SPIFFE_ENDPOINT_SOCKET)$/i

/** The variables by which clients of Kubernetes find a cluster or a credential of one. */
const clusterVariable = /^(?:KUBECONFIG$|KUBERNETES_|KUBE_|HELM_KUBE|K8S_AUTH_)/i

type Environment = { readonly [name: string]: string | undefined }

/** The environment without a credential. Region, `AWS_ENDPOINT_URL*` and `AWS_CA_BUNDLE` stay. */
export const withoutCredentials = (env: Environment): { [name: string]: string } =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || awsCredential.test(name) || identity.test(name) ? [] : [[name, value]],
    ),
  )

/**
 * Makes every client of Kubernetes use only the proxy's kubeconfig, in place of the files of ~/.kube too. `kubectl` keeps
 * what it learns of a server by its address, and the proxy's is another's tomorrow.
 */
export const withCluster = (env: { [name: string]: string }, file: string): { [name: string]: string } => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !clusterVariable.test(name))),
  KUBECONFIG: file,
  KUBECACHEDIR: join(dirname(file), 'cache'),
})

/** The environment without the right to ask as this agent or tool. The program's own credentials stay. */
export const withoutIdentity = (env: Environment): { [name: string]: string } =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined || identity.test(name) ? [] : [[name, value]])),
  )

/** Makes every AWS tool use only the endpoint's credentials: SDKs prefer the files of ~/.aws, so those are hidden. */
export const endpointVariables = ({ url, authorization }: { url: string; authorization: string }) => ({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
  AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization,
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  BOTO_CONFIG: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
})

/** The approved Region and the local stack's AWS, unless the environment names others. */
export function whereVariables(
  env: Environment,
  { region, endpointUrl }: { region?: string | undefined; endpointUrl?: string | undefined },
): { [name: string]: string } {
  const ownRegion = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || region
  return {
    ...(ownRegion ? { AWS_REGION: ownRegion, AWS_DEFAULT_REGION: env['AWS_DEFAULT_REGION'] || ownRegion } : {}),
    ...(endpointUrl && !env['AWS_ENDPOINT_URL'] ? { AWS_ENDPOINT_URL: endpointUrl } : {}),
  }
}

export type Ended = {
  /** A shell's exit code: 128 + the signal, 127 for a missing program, 126 for one that cannot be run. */
  exit: number
  /** The reason why it did not start. */
  fault?: string
  signal?: NodeJS.Signals
}

/** Runs a program to its end, with this process's terminal. `onStart` gets it as soon as it runs. */
export function runCommand(
  [program = '', ...args]: readonly string[],
  options: { env: { [name: string]: string }; folder: string; stdio: StdioOptions },
  onStart: (child: ChildProcess) => void,
): Promise<Ended> {
  return new Promise((resolve) => {
    const { env, folder: cwd, stdio } = options
    const notStarted = ({ code = 'unknown' }: NodeJS.ErrnoException) =>
      resolve({ exit: code === 'ENOENT' ? 127 : 126, fault: code })
    try {
      const child = spawn(program, args, { env, cwd, stdio })
      child.once('error', (fault: NodeJS.ErrnoException) => {
        // Node reports a signal that could not be sent by the same event; the program then still runs.
        if (child.pid === undefined) notStarted(fault)
      })
      child.once('exit', (code, signal) =>
        resolve(signal === null ? { exit: code ?? 1 } : { exit: exitOfSignal(signal), signal }),
      )
      if (child.pid !== undefined) onStart(child)
    } catch (fault) {
      notStarted(fault as NodeJS.ErrnoException)
    }
  })
}

export const exitOfSignal = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** The signals that this process gets while it runs a command. The first decides how it ends. */
export class Signals {
  readonly #stop = new AbortController()
  readonly #handlers: readonly (readonly [NodeJS.Signals, () => void])[]
  /** Settles at the first signal. */
  readonly stopped = new Promise<void>((resolve) => {
    this.stop.addEventListener('abort', () => resolve(), { once: true })
  })
  first: NodeJS.Signals | undefined
  child: ChildProcess | undefined

  constructor() {
    this.#handlers = passedOn.map((signal) => [signal, () => this.#take(signal)] as const)
    for (const [signal, take] of this.#handlers) process.on(signal, take)
  }

  /** Aborted by the first signal. */
  get stop(): AbortSignal {
    return this.#stop.signal
  }

  close(): void {
    for (const [signal, take] of this.#handlers) process.removeListener(signal, take)
  }

  #take(signal: NodeJS.Signals): void {
    this.first ??= signal
    // A terminal sends Ctrl-C to both processes. The signal is not sent twice, since many programs stop at once on the
    // second.
    if (!isOfTerminal(signal)) this.child?.kill(signal)
    this.#stop.abort(new Interrupted(this.first))
  }
}

export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly signal: NodeJS.Signals
  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }
}

/** A terminal sends these to all processes in its foreground. */
function isOfTerminal(signal: NodeJS.Signals): boolean {
  if (signal === 'SIGTERM') return false
  if (![process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY)) return false
  try {
    // proc(5): behind the name come state, parent, group, session, terminal, and the terminal's foreground group.
    const [, , group, , , foreground] = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return group === foreground
  } catch {
    return true
  }
}
