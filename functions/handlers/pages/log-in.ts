// Rules: test/http/pages.test.ts
import { apiProblem } from '../../adapters/http/problem.ts'
import { messagePage } from '../../adapters/pages/layout.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { beginLogin, logOut } from '../../operations/people/log-in.ts'
import { byRoute } from '../doors.ts'
import type { Wiring } from '../environment.ts'
import { type LoginPagePorts, loginPorts } from '../wiring/login.ts'
import { factsOnly, sessionStore } from '../wiring/ports.ts'
import { cookieOf, endLogin, formOf, goTo, guestOf, pageDoor, setCookie, shown } from './page-door.ts'

/** The destination of a login: only Hotwork's own pages; any other address becomes the list. */
const destination =
  /^\/(decide(\/req_[0-9a-z]{26})?|link|groups|measures|ask|stand-ins|permits(\/give\/req_[0-9a-z]{26})?|requests(\?[\w%=&+.*-]{1,512})?|halts(\/hlt_[0-9a-z]{26})?|break-glass(\/bgl_[0-9a-z]{26}(\/drill)?)?|registry(\?[\w%=&+.:-]{1,128})?|agents(\/map|\/unknown|\/agent:[a-z0-9-]{1,63}(\/usage)?)?)$/

const answerByRoute = byRoute<[LoginPagePorts]>(
  {
    'GET /login': async (call, { issuer, login }) => {
      const asked = call.query('to') ?? ''
      const to = destination.test(asked) ? asked : '/decide'
      const ports = login()
      // A browser without a session gets an anonymous cookie, which only distinguishes it from other browsers.
      const cookie = cookieOf(call, issuer, 'session') ?? ports.secrets.secret()
      const address = await beginLogin({ purpose: { to }, cookie, redirect: `${issuer}/login/callback` }, ports)
      return goTo(issuer, address, setCookie(issuer, 'session', cookie))
    },
    'GET /login/callback': async (call, ports) => {
      const done = await endLogin(call, '/login/callback', ports)
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
        text: 'You are logged out of Hotwork. You may still be logged in at the identity provider in this browser.',
        next: { href: '/decide', text: 'Log in again' },
      })
      return shown(ports.issuer, body, 200, setCookie(ports.issuer, 'session', undefined))
    },
  },
  () => apiProblem(404, 'unknown_page'),
)

export const createHandler = (ports: LoginPagePorts) => pageDoor(ports, (call) => answerByRoute(call, ports))

export const wire: Wiring<typeof createHandler, 'ISSUER' | 'REQUESTS_TABLE'> = (told) => {
  const [policy, clock, log] = [factsOnly(), new SystemClock(), new PowertoolsLog()]
  const ports = { policy, clock, log, sessions: sessionStore(told), issuer: told.ISSUER }
  return { ...ports, login: loginPorts(ports) }
}
