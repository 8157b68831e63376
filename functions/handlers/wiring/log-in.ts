import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, BadRequest } from '../../adapters/http/problem.ts'
import { messagePage } from '../../adapters/pages/layout.ts'
import { beginLogin, type LoginPorts, logOut } from '../../operations/people/log-in.ts'
import { cookieOf, type DoorPorts, endLogin, formOf, goTo, guestOf, setCookie, shown } from '../pages/page-door.ts'

export type LogInPorts = DoorPorts & { login: () => LoginPorts }

/** Pages of ours that somebody may be on their way to. Whatever else is asked for, they get the list. */
const destination = /^\/(decide(\/req_[0-9a-z]{26})?|link|break-glass(\/bgl_[0-9a-z]{26}(\/drill)?)?)$/

const routes: { [route: string]: (call: Call, ports: LogInPorts) => Promise<Answer> } = {
  'GET /login': async (call, { issuer, login }) => {
    const asked = call.query('to') ?? ''
    const to = destination.test(asked) ? asked : '/decide'
    const ports = login()
    // Whoever has none yet gets one that is nobody's: it only tells this browser from others.
    const cookie = cookieOf(call, issuer, 'session') ?? ports.secrets.secret()
    const address = await beginLogin({ purpose: { to }, cookie, redirect: `${issuer}/login/callback` }, ports)
    return goTo(issuer, address, setCookie(issuer, 'session', cookie))
  },
  'GET /login/callback': async (call, ports) => {
    const done = await endLogin(call, '/login/callback', { ...ports, login: ports.login() })
    if (!done.ok) return done.answer
    const { purpose, cookie } = done.loggedIn
    const to = 'to' in purpose ? purpose.to : '/decide'
    return goTo(ports.issuer, to, setCookie(ports.issuer, 'session', cookie))
  },
  'POST /logout': async (call, ports) => {
    const guest = await guestOf(call, ports)
    if (guest) {
      formOf(call, ports.issuer, guest.cookie)
      await logOut(guest, ports)
    }
    const body = messagePage({
      title: 'You are logged out',
      text: 'Here, that is: the identity provider may still know you in this browser.',
      next: { href: '/decide', text: 'Log in again' },
    })
    return shown(ports.issuer, body, 200, setCookie(ports.issuer, 'session', undefined))
  },
}

/** `GET /login`, `GET /login/callback`, `POST /logout`. It opens and ends sessions, and decides nothing. */
export const logInPages =
  (ports: LogInPorts) =>
  async (call: Call): Promise<Answer> => {
    const route = routes[call.route]
    if (route) return route(call, ports)
    throw new BadRequest({ status: 404, code: 'unknown_page', title: 'There is no such page' })
  }
