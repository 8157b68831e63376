import type { Call } from '../../adapters/http/endpoint.ts'
import type { Answer } from '../../adapters/http/problem.ts'
import { messagePage } from '../../adapters/pages/layout.ts'
import { finishLogin, type LoggedIn, type LoginPorts, type LoginRefusal } from '../../operations/people/log-in.ts'
import { cookieOf } from './browser.ts'
import { type DoorPorts, shown } from './page-door.ts'

/** Why nobody is logged in, in a sentence that says what to do. */
const refusals: { readonly [code in LoginRefusal]: readonly [status: number, title: string, text: string] } = {
  login_unknown: [
    400,
    'This login cannot be ended here',
    'It took longer than ten minutes, was ended already, or was begun in another browser. Nothing was recorded; begin again.',
  ],
  login_failed: [
    403,
    'Nobody was logged in',
    'The identity provider did not log you in as was asked. Nothing was recorded; begin again, and do not turn back there.',
  ],
  nobody: [
    403,
    'You are not in the directory',
    'The identity provider knows you and Hotwork does not. Whoever keeps the directory can add you.',
  ],
  inactive: [
    403,
    'Your entry in the directory is not active',
    'Whoever keeps the directory can say why. Nothing was recorded.',
  ],
}

/**
 * Ends a login at the address that the provider sent the browser to: built from our own issuer, never from `Host`, since
 * what comes back is compared with what was sent.
 */
export async function endLogin(
  call: Call,
  path: string,
  ports: DoorPorts & { login: LoginPorts },
): Promise<{ ok: true; loggedIn: LoggedIn } | { ok: false; answer: Answer }> {
  const answer = new URL(path, ports.issuer)
  for (const name of ['code', 'state', 'iss', 'error', 'error_description']) {
    const value = call.query(name)
    if (value !== undefined) answer.searchParams.set(name, value)
  }
  const cookie = cookieOf(call, ports.issuer, 'session') ?? ''
  const done = await finishLogin({ answer, cookie }, ports.login)
  if (done.ok) return { ok: true, loggedIn: done.value }
  ports.log.info('login refused', { code: done.code, detail: done.detail })
  const [status, title, text] = refusals[done.code]
  const next = { href: '/decide', text: 'Log in again' }
  return { ok: false, answer: shown(ports.issuer, messagePage({ title, text, next }), status) }
}
