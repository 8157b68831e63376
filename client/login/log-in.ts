import * as client from 'openid-client'
import type { OwnNames } from '../audience.ts'
import { wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'
import { logInWithBrowser } from './browser-login.ts'
import { logInElsewhere } from './device-login.ts'
import { endOfToken } from './kept-login.ts'
import { discover, type LoggedIn, loginFault, notLoggedIn, type Strength } from './login.ts'
import type { LoginSettings } from './login-settings.ts'

/** The login flow: a browser here, a code typed on another device, or the pasted final address of another browser. */
export type Way = 'browser' | 'device' | 'paste'

/** Logs a person in; the token is only for the API of `names`. @throws Refusal, Fault */
export async function logIn(
  names: OwnNames,
  settings: LoginSettings,
  { strength = {}, way, how = 'log in' }: { strength?: Strength; way?: Way | undefined; how?: string },
  surroundings: Surroundings,
): Promise<LoggedIn> {
  const { issuer, client_id } = settings
  try {
    const provider = await discover(issuer, client_id, client.None())
    const chosen = way ?? usualWay(provider, surroundings)
    const withBrowser = (paste: boolean) => logInWithBrowser(provider, settings, strength, how, surroundings, paste)
    if (chosen === 'device') mustHaveCodes(provider, issuer)
    const withCode = () => logInElsewhere(provider, askedOf(settings, strength), how, surroundings)
    const tokens = await (chosen !== 'device'
      ? withBrowser(chosen === 'paste')
      : withCode().catch((cause: unknown) => {
          // The provider supports the device flow for other clients only.
          if (way === undefined && isNotForClient(cause)) return withBrowser(true)
          throw cause
        }))
    names.mustHaveLogin(tokens.access_token)
    surroundings.err('logged in\n')
    return { token: tokens.access_token, until: endOf(tokens, surroundings) }
  } catch (cause) {
    throw loginFault(issuer, cause)
  }
}

function usualWay(provider: client.Configuration, surroundings: Surroundings): Way {
  if (hasBrowser(surroundings)) return 'browser'
  if (!surroundings.ask)
    throw notLoggedIn(
      'there is no browser here, and no terminal at which a person could log in',
      'set `HOTWORK_TOKEN`, or run `npx --no-install hotwork login` at a terminal of this machine first; on the local stack say who you are with `--as`',
    )
  return hasCodes(provider) ? 'device' : 'paste'
}

function hasBrowser({ env, platform }: Surroundings): boolean {
  if (env['BROWSER']) return true
  if (env['SSH_CONNECTION']) return false
  return platform !== 'linux' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'])
}

const isNotForClient = (cause: unknown) =>
  cause instanceof client.ResponseBodyError &&
  ['unauthorized_client', 'invalid_client', 'unsupported_grant_type'].includes(cause.error)

const hasCodes = (provider: client.Configuration) =>
  provider.serverMetadata().device_authorization_endpoint !== undefined

function mustHaveCodes(provider: client.Configuration, issuer: string): void {
  if (hasCodes(provider)) return
  throw wrongUsage(
    `\`${issuer}\` does not support login by device code`,
    'use `--no-browser`, and paste the address that a browser elsewhere ends on',
  )
}

const askedOf = ({ scope, resource }: LoginSettings, { acr, maxAge }: Strength): { [parameter: string]: string } => ({
  scope,
  ...(resource === undefined ? {} : { resource }),
  ...(acr === undefined ? {} : { acr_values: acr }),
  ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
})

/** The token's lifetime counts from now, since the clocks of this machine and of the provider may differ. */
function endOf({ access_token, expires_in }: client.TokenEndpointResponse, { now }: Surroundings): number | undefined {
  if (expires_in !== undefined) return now().getTime() + expires_in * 1000
  return endOfToken(access_token)
}

/** @returns the outcome, in words for a person */
export async function revoke({ issuer, client_id }: LoginSettings, token: string): Promise<string> {
  try {
    const provider = await discover(issuer, client_id, client.None())
    if (provider.serverMetadata().revocation_endpoint === undefined)
      return 'the identity provider has no revocation endpoint'
    await client.tokenRevocation(provider, token)
    return 'the identity provider accepted the revocation'
  } catch (cause) {
    return `the revocation at the identity provider failed (${loginFault(issuer, cause).told.detail})`
  }
}
