// Rules: test/client/login/log-in.test.ts
import { OwnNames } from './audience.ts'
import { findIssuer, findLocal, type Local } from './local.ts'
import { KeptLogin, keptLogin } from './login/kept-login.ts'
import { logIn } from './login/log-in.ts'
import { type Login, localLogin, readyToken } from './login/login.ts'
import { readLoginSettings } from './login/login-settings.ts'
import { wrongUsage } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

export type Settings = {
  apiUrl: string
  as?: string | undefined
  login: Login
  /** The source of the login: an option, the environment, or the person's own login. */
  by: '--as' | 'HOTWORK_TOKEN' | 'own'
  localAws?: { endpointUrl: string; region: string }
}

type Typed = { api?: string | undefined; as?: string | undefined }

/** The settings of an agent's verbs. The identity is found later. */
export type AgentSettings = {
  apiUrl: string
  as?: string | undefined
  /** The local stack, if the API is its own. */
  local?: Local
}

/** @throws Refusal */
export function readAgentSettings({ api, as }: Typed, surroundings: Surroundings): AgentSettings {
  const found = findLocal(surroundings)
  const apiUrl = findIssuer(api, surroundings, '`--api https://...`')
  return { apiUrl, as, ...(found?.apiUrl === apiUrl ? { local: found } : {}) }
}

/** The settings of a person's verbs. @throws Refusal */
export function readSettings(typed: Typed, surroundings: Surroundings): Settings {
  const { env } = surroundings
  const { apiUrl, local } = readAgentSettings(typed, surroundings)
  const names = new OwnNames(apiUrl, surroundings)
  const as = typed.as ?? env['HOTWORK_AS']
  const token = env['HOTWORK_TOKEN']
  const by = as !== undefined ? '--as' : token ? 'HOTWORK_TOKEN' : 'own'
  const login =
    as !== undefined ? loginAs(as, apiUrl, local) : token ? givenLogin(token, names) : ownLogin(names, surroundings)
  return { apiUrl, as, login, by, ...(local ? { localAws: local.aws } : {}) }
}

function givenLogin(token: string, names: OwnNames): Login {
  const login = readyToken(token)
  return async (wanted) => {
    names.mustHaveToken(token)
    return login(wanted)
  }
}

function ownLogin(names: OwnNames, surroundings: Surroundings): Login {
  return keptLogin(
    new KeptLogin(names.api, surroundings),
    async (strength, again) => {
      const how = again ? 'this needs a stronger login: log in again' : 'log in'
      return logIn(names, await readLoginSettings(names), { strength, how }, surroundings)
    },
    async () => {
      const { acr_values: acr, max_age: maxAge } = (await readLoginSettings(names)).break_glass ?? {}
      return { acr, maxAge }
    },
    surroundings,
  )
}

function loginAs(as: string, apiUrl: string, local: Local | undefined): Login {
  if (!local)
    throw wrongUsage(
      '`--as` and `HOTWORK_AS` are for the local stack alone',
      `no \`.hotwork/local.json\` at or above this folder is of \`${apiUrl}\`: leave both out, and log in with a browser`,
    )
  const person = local.people.find(({ id }) => id === as)
  if (person) return localLogin(local.identityProviderUrl, person, apiUrl)
  const isWorkload = [...local.agents, ...local.newcomers, ...local.tools].some(({ id }) => id === as)
  throw wrongUsage(
    isWorkload ? `this is for a person, and \`${as}\` is not one` : `the local stack has no person \`${as}\``,
    `use \`--as\` with one of ${local.people.map(({ id }) => id).join(', ')}`,
  )
}
