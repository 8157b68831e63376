import { findLocal } from '../local.ts'
import { localLogin } from '../login/login.ts'
import { type Refusal, wrongUsage } from '../outcome.ts'
import type { Around } from '../surroundings.ts'
import { fileSource } from './file.ts'
import { githubSource } from './github.ts'
import { type Identity, rememberTokens, type Source } from './workload-token.ts'

export type { Identity } from './workload-token.ts'

/** `as` is an agent or a tool of the local stack. */
export type IdentityOption = (() => Promise<string>) | Named | { as: string }
type Named = 'file' | 'github' | 'spiffe' | 'aws'

/**
 * @internal The identity of this program: the given one, or the first source that is set up. A wrong setting throws at
 * the first use.
 */
export function resolveIdentity(option: IdentityOption | undefined, surroundings: Around): Identity {
  let identity: Identity | undefined
  return async (audience, signal) => {
    identity ??= rememberTokens(sourceOf(option, surroundings), surroundings)
    return identity(audience, signal)
  }
}

/**
 * Whether the environment names an identity. AWS credentials do not count, since many machines have them for other
 * purposes.
 */
export const isIdentified = (env: Around['env']): boolean => agentIn(env) !== undefined || sourceIn(env) !== undefined

export const agentIn = ({ HOTWORK_AS: as }: Around['env']): string | undefined =>
  as !== undefined && /^(agent|tool):/.test(as) ? as : undefined
const sourceIn = (env: Around['env']) => named.find((name) => variables[name].some((variable) => env[variable]))

function sourceOf(option: IdentityOption | undefined, surroundings: Around): Source {
  if (typeof option === 'function') return ownSource(option)
  if (typeof option === 'object') return localSource(option.as, surroundings)
  if (option !== undefined) return namedSource(option, surroundings, false)
  const { env } = surroundings
  const as = agentIn(env)
  if (as !== undefined) return localSource(as, surroundings)
  const found = sourceIn(env)
  return namedSource(found ?? 'aws', surroundings, found === undefined)
}

/** The named sources, in search order. AWS comes last, since only a use shows whether a role exists. */
const named = ['file', 'github', 'spiffe'] as const satisfies Named[]
const variables = {
  file: ['HOTWORK_WORKLOAD_TOKEN_FILE'],
  github: ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'],
  spiffe: ['SPIFFE_ENDPOINT_SOCKET'],
} as const
const hints = {
  file: 'it names a file with a workload token',
  github: 'GitHub sets it for a job with `permissions: id-token: write`',
  spiffe: 'it is the address of the Workload API, such as unix:///run/spire/agent/public/api.sock',
}

function namedSource(name: Named, { env, now }: Around, isLast: boolean): Source {
  if (name === 'aws') return awsSource(isLast ? noIdentity : undefined)
  const missing = variables[name].find((variable) => !env[variable])
  if (missing !== undefined) throw wrongUsage(`\`${missing}\` is not set`, hints[name])
  const [first = '', second = ''] = variables[name].map((variable) => env[variable])
  if (name === 'file') return fileSource(first, now)
  return name === 'github' ? githubSource(first, second) : spiffeSource(first)
}

// Loaded when used: both modules are large, and most agents have another source. Each is a module of ours, since a
// bundler gives the names of a CommonJS module only to `import` statements.
const awsSource = (noRole?: () => Refusal): Source => ({
  name: 'AWS STS',
  ask: async (audience, signal) => (await import('./aws.ts')).fetchWebIdentityToken(audience, signal, noRole),
})
const spiffeSource = (address: string): Source => ({
  name: 'the SPIFFE Workload API',
  ask: async (audience, signal) => (await import('./spiffe.ts')).fetchSvid(address, audience, signal),
})

const noIdentity = (): Refusal =>
  wrongUsage(
    "the agent's identity is missing",
    'set up one of these: an agent of the local stack (`HOTWORK_AS`, `--as`, or `identity: { as }` of the client), `HOTWORK_WORKLOAD_TOKEN_FILE`, GitHub Actions with `permissions: id-token: write` (`ACTIONS_ID_TOKEN_REQUEST_URL`), the SPIFFE Workload API (`SPIFFE_ENDPOINT_SOCKET`), an AWS role (docs/identity.md)',
  )

const ownSource = (ask: () => Promise<string>): Source => ({ name: 'the `identity` function', ask })

/** An agent or a tool of the local stack, by its key in `local.json`. */
function localSource(as: string, surroundings: Around): Source {
  return {
    name: 'the local identity provider',
    async ask(audience) {
      const local = findLocal(surroundings)
      if (local?.apiUrl !== audience)
        throw wrongUsage(
          '`HOTWORK_AS`, `--as` and `identity: { as }` are for the local stack alone',
          `no \`.hotwork/local.json\` at or above this folder is of \`${audience}\`: start it with \`npm start\`, or name its file in \`HOTWORK_LOCAL\``,
        )
      const workloads = [...local.agents, ...local.newcomers, ...local.tools]
      const found = workloads.find(({ id }) => id === as)
      if (found) return localLogin(local.identityProviderUrl, found, audience)({})
      throw wrongUsage(
        local.people.some(({ id }) => id === as)
          ? `this is for an agent, and \`${as}\` is a person`
          : `the local stack has no agent \`${as}\``,
        `use one of ${workloads.map(({ id }) => id).join(', ')}`,
      )
    },
  }
}
