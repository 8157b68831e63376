import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { browserLogin, LoginSettings } from './login/browser-login.ts'
import { isSafe, type Login, localLogin, readyToken } from './login/login.ts'
import { Fault, wrongUsage } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * `.hotwork/local.json`, which `npm start` writes. Only an address of this machine counts: another person may have
 * written the folder.
 */
const Local = z.looseObject({
  apiUrl: z.string().refine((address) => address.startsWith('http:') && isSafe(address)),
  identityProviderUrl: z.string(),
  aws: z.looseObject({ endpointUrl: z.string(), region: z.string() }),
  people: z.array(
    z.looseObject({ id: z.string(), clientId: z.string(), privateJwk: z.record(z.string(), z.string()) }),
  ),
})
type Local = z.infer<typeof Local>

export type Settings = {
  apiUrl: string
  as?: string | undefined
  login: Login
  localAws?: { endpointUrl: string; region: string }
}

/** Options go before the environment, and both go before a running local stack. @throws Refusal */
export function readSettings(
  typed: { api?: string | undefined; as?: string | undefined },
  surroundings: Surroundings,
): Settings {
  const { env, folder } = surroundings
  const found = findLocal(folder)
  const apiUrl = (typed.api ?? env['HOTWORK_API'] ?? found?.apiUrl)?.replace(/\/+$/, '')
  if (!apiUrl)
    throw wrongUsage(
      'which Hotwork?',
      'name its address with `--api https://...` or in `HOTWORK_API`; `npm start` starts one on this machine',
    )
  if (!isSafe(apiUrl))
    throw wrongUsage(`\`${apiUrl}\` is no address to send a login to`, 'use https; http only on loopback')
  const local = found?.apiUrl === apiUrl ? found : undefined
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
      `no \`.hotwork/local.json\` here is of \`${apiUrl}\`: leave \`--as\` out, and log in with a browser`,
    )
  const person = local.people.find(({ id }) => id === as)
  if (person) return localLogin(local.identityProviderUrl, person, apiUrl)
  throw wrongUsage(`the local stack has no \`${as}\``, `use one of ${local.people.map(({ id }) => id).join(', ')}`)
}

function findLocal(folder: string): Local | undefined {
  for (const place of [folder, join(import.meta.dirname, '..')]) {
    try {
      return Local.parse(JSON.parse(readFileSync(join(place, '.hotwork/local.json'), 'utf8')))
    } catch {}
  }
  return undefined
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
