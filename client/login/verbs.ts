// Rules: test/client/login/kept-login.test.ts
import { Me } from '../../functions/domain/cards/wire/people.ts'
import { Api } from '../api.ts'
import { OwnNames } from '../audience.ts'
import { type Context, show } from '../context.ts'
import { exits, Fault, Refusal, wrongUsage } from '../outcome.ts'
import { timeAndSpan } from '../screen.ts'
import { endOfToken, KeptLogin } from './kept-login.ts'
import { logIn, revoke, type Way } from './log-in.ts'
import { readyToken } from './login.ts'
import { readLoginSettings } from './login-settings.ts'

const askWhoIAm = (api: Api): Promise<Me> => api.call(Me, { method: 'GET', path: '/v1/me' })

/** Keeps the login after Hotwork has confirmed the person. */
export async function login(typed: { device: boolean; browser: boolean }, context: Context): Promise<number> {
  const { settings, surroundings } = context
  const { apiUrl } = settings
  if (settings.by !== 'own')
    throw wrongUsage(
      `\`${settings.by}\` says who you are: there is nothing to log in to`,
      'leave it out (`HOTWORK_AS` and `HOTWORK_TOKEN` unset) to keep a login of your own',
    )
  const way: Way | undefined = typed.device ? 'device' : typed.browser ? undefined : 'paste'
  const names = new OwnNames(apiUrl, surroundings)
  const made = await logIn(names, await readLoginSettings(names), { way }, surroundings)
  const me = await askWhoIAm(new Api(apiUrl, readyToken(made.token), surroundings))
  const why = new KeptLogin(apiUrl, surroundings).keep(made)
  if (why !== undefined)
    throw new Fault({ code: 'login_not_kept', title: `you are ${me.person}, and the login is not kept`, detail: why })
  return showMe({ ...me, until: made.until, by: 'kept login' }, context)
}

export async function logout(_typed: unknown, context: Context): Promise<number> {
  const { settings, surroundings } = context
  const { apiUrl } = settings
  const kept = new KeptLogin(apiUrl, surroundings)
  const before = kept.read()
  kept.forget()
  const body = { api: apiUrl, logged_out: before?.lives === true }
  if (!before?.lives) return show(context, body, () => [`no login at ${apiUrl} is kept here`])
  // The file is deleted, even if the revocation fails.
  const told = await readLoginSettings(new OwnNames(apiUrl, surroundings)).then(
    (found) => revoke(found, before.token),
    () => 'the revocation at the identity provider failed',
  )
  const until = timeAndSpan(new Date(before.until).toISOString(), surroundings)
  return show(context, { ...body, provider: told }, () => [
    `logged out at ${apiUrl}`,
    `${told}; a copy of the token would be good until ${until}`,
  ])
}

/** Prints the person. It opens no browser: without a login it is an error. */
export async function whoami(_typed: unknown, context: Context): Promise<number> {
  const { api, settings, surroundings } = context
  if (settings.by !== 'own') {
    const me = await askWhoIAm(api)
    return showMe({ ...me, until: endOfToken(await api.token()), by: settings.by }, context)
  }
  const kept = new KeptLogin(settings.apiUrl, surroundings).read()
  if (!kept?.lives) throw notKept(settings.apiUrl, kept !== undefined)
  const me = await askWhoIAm(new Api(settings.apiUrl, readyToken(kept.token), surroundings))
  return showMe({ ...me, until: kept.until, by: 'kept login' }, context)
}

const notKept = (apiUrl: string, ended: boolean): Refusal =>
  new Refusal(exits.denied, {
    code: 'not_logged_in',
    title: ended ? `your login at \`${apiUrl}\` has ended` : `you are not logged in at \`${apiUrl}\``,
    detail: 'log in with `npx --no-install hotwork login`',
  })

function showMe({ until, ...me }: Me & { until: number | undefined; by: string }, context: Context): number {
  const { settings, surroundings } = context
  const instant = until === undefined ? undefined : new Date(until).toISOString()
  const body = { ...me, api: settings.apiUrl, ...(instant === undefined ? {} : { until: instant }) }
  return show(context, body, () => [
    `${me.person} at ${settings.apiUrl}`,
    ...(me.groups.length === 0 ? [] : [`groups   ${me.groups.join(', ')}`]),
    `by       ${me.by}${me.acr === undefined ? '' : `, as strong as \`${me.acr}\``}`,
    ...(instant === undefined ? [] : [`until    ${timeAndSpan(instant, surroundings)}`]),
  ])
}
