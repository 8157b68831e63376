import * as z from 'zod'
import { findLocal, isSafe, type Local } from './local.ts'
import { browserLogin, LoginSettings } from './login/browser-login.ts'
import { type Login, localLogin, readyToken } from './login/login.ts'
import { Fault, wrongUsage } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

export type Settings = {
  apiUrl: string
  as?: string | undefined
  login: Login
  localAws?: { endpointUrl: string; region: string }
}

type Typed = { api?: string | undefined; as?: string | undefined }

/** What an agent's verbs need: who the agent is, is found out by its identity. */
export type AgentSettings = {
  apiUrl: string
  as?: string | undefined
  /** The local stack, where the API is its. */
  local?: Local
}

/** Options go before the environment, and both go before a running local stack. @throws Refusal */
export function readAgentSettings({ api, as }: Typed, surroundings: Surroundings): AgentSettings {
  const { env } = surroundings
  const found = findLocal(surroundings)
  const apiUrl = (api ?? env['HOTWORK_API'] ?? found?.apiUrl)?.replace(/\/+$/, '')
  if (!apiUrl)
    throw wrongUsage(
      'which Hotwork?',
      'name its address with `--api https://...` or in `HOTWORK_API`; `npm start` starts one on this machine',
    )
  if (!isSafe(apiUrl))
    throw wrongUsage(`\`${apiUrl}\` is no address to send a login to`, 'use https; http only on loopback')
  return { apiUrl, as, ...(found?.apiUrl === apiUrl ? { local: found } : {}) }
}

/** For a person. @throws Refusal */
export function readSettings(typed: Typed, surroundings: Surroundings): Settings {
  const { env } = surroundings
  const { apiUrl, local } = readAgentSettings(typed, surroundings)
  const as = typed.as ?? env['HOTWORK_AS']
  const token = env['HOTWORK_TOKEN']
  const ownLogin = () => (token ? readyToken(token) : browserLogin(() => readLoginSettings(apiUrl), surroundings))
  const login = as === undefined ? ownLogin() : loginAs(as, apiUrl, local)
  return { apiUrl, as, login, ...(local ? { localAws: local.aws } : {}) }
}

function loginAs(as: string, apiUrl: string, local: Local | undefined): Login {
  if (!local)
    throw wrongUsage(
      '`--as` is for the local stack alone',
      `no \`.hotwork/local.json\` at or above this folder is of \`${apiUrl}\`: leave \`--as\` out, and log in with a browser`,
    )
  const person = local.people.find(({ id }) => id === as)
  if (person) return localLogin(local.identityProviderUrl, person, apiUrl)
  throw wrongUsage(`the local stack has no \`${as}\``, `use one of ${local.people.map(({ id }) => id).join(', ')}`)
}

/** RFC 9728. */
async function readLoginSettings(apiUrl: string): Promise<LoginSettings> {
  const address = `${apiUrl}/.well-known/oauth-protected-resource`
  const fault = (code: string, title: string, detail: string, options?: ErrorOptions) =>
    new Fault({ code, title: `\`${apiUrl}\` ${title}`, detail: `\`${address}\` ${detail}` }, options)
  const metadata = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(30_000) })
    .then((response) => response.json() as Promise<{ [member: string]: unknown }>)
    .catch((cause: unknown) => {
      throw fault('no_answer', 'does not answer', 'is no metadata', { cause })
    })
  const name = metadata['resource']
  if (typeof name !== 'string') throw fault('no_metadata', 'does not say who it is', 'should')
  if (name !== apiUrl)
    throw wrongUsage(
      `this Hotwork is not called \`${apiUrl}\``,
      `use the address that it was deployed as: \`--api ${name.slice(0, 200)}\``,
    )
  const own = z.looseObject({ login: LoginSettings }).safeParse(metadata[`${apiUrl}/ns/hotwork`])
  if (own.success) return own.data.login
  throw wrongUsage(
    'this Hotwork does not say where people log in from a command line',
    'put your token into `HOTWORK_TOKEN`; the operator of Hotwork adds `login.commandLine` to the deployment file (docs/command-line.md)',
  )
}
