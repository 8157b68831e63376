import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, BadRequest } from '../../adapters/http/problem.ts'
import type { Notice } from '../../adapters/pages/layout.ts'
import { linkPage, linkRefusalWords } from '../../adapters/pages/link-page.ts'
import { findOffer, type LinkPorts, linkAccount, unlinkAccount } from '../../operations/people/chat-accounts.ts'
import {
  cookieOf,
  type DoorPorts,
  formOf,
  type Guest,
  goTo,
  guestOf,
  loggedOut,
  setCookie,
  shown,
  toLogin,
} from '../pages/page-door.ts'

export type LinkPagePorts = DoorPorts & LinkPorts

const code = /^[A-Za-z0-9_-]{43}$/

const routes: { [route: string]: (call: Call, ports: LinkPagePorts) => Promise<Answer> } = {
  'GET /link': async (call, ports) => {
    const { issuer } = ports
    const offered = call.query('code')
    // Out of the address at once: it would stand in the history, and in what is sent along from page to page.
    if (offered !== undefined)
      return goTo(issuer, '/link', setCookie(issuer, 'link', code.test(offered) ? offered : undefined))
    if (call.query('not') !== undefined) return goTo(issuer, '/link', setCookie(issuer, 'link', undefined))
    const guest = await guestOf(call, ports)
    if (!guest) return toLogin(issuer, '/link')
    const held = cookieOf(call, issuer, 'link')
    const offer = held === undefined ? undefined : await findOffer(held, ports)
    const gone = held !== undefined && !offer
    return answer(guest, ports, {
      offer,
      ...(gone ? { notice: { text: linkRefusalWords.unknown_code }, status: 410, forget: true } : {}),
    })
  },
  'POST /link': async (call, ports) => {
    const guest = await sender(call, ports)
    const held = cookieOf(call, ports.issuer, 'link') ?? ''
    const linked = await linkAccount({ code: held, person: guest.person }, ports)
    if (linked.ok)
      return answer(guest, ports, {
        notice: { good: true, text: 'Linked: what that account clicks in Slack counts as yours from now on.' },
        forget: true,
      })
    const status = linked.code === 'unknown_code' ? 410 : 403
    return answer(guest, ports, { notice: { text: linkRefusalWords[linked.code] }, status, forget: true })
  },
  'POST /link/unlink': async (call, ports) => {
    const guest = await sender(call, ports)
    const unlinked = await unlinkAccount(guest.person, ports)
    return answer(guest, ports, {
      notice: unlinked.ok
        ? { good: true, text: 'Unlinked: what that account clicks in Slack decides nothing from now on.' }
        : { text: linkRefusalWords[unlinked.code] },
      status: unlinked.ok ? 200 : 409,
    })
  },
}

/** `GET /link`, `POST /link`, `POST /link/unlink`: whose a Slack account is. It decides no request. */
export const linkPages =
  (ports: LinkPagePorts) =>
  async (call: Call): Promise<Answer> => {
    const route = routes[call.route]
    if (route) return route(call, ports)
    throw new BadRequest({ status: 404, code: 'unknown_page', title: 'There is no such page' })
  }

/** Whoever sent a form of ours while logged in. @throws BadRequest */
async function sender(call: Call, ports: LinkPagePorts): Promise<Guest> {
  const guest = await guestOf(call, ports)
  if (!guest) throw loggedOut(`${ports.issuer}/link`)
  formOf(call, ports.issuer, guest.cookie)
  return guest
}

type Told = {
  offer?: Awaited<ReturnType<typeof findOffer>>
  notice?: Notice
  status?: number
  /** The code is of no more use, so the browser need not hold it. */
  forget?: boolean
}

async function answer({ person, reader }: Guest, ports: LinkPagePorts, told: Told): Promise<Answer> {
  const { issuer, links } = ports
  const body = linkPage({
    reader: { ...reader, id: person.id },
    offer: told.offer,
    linked: await links.ofPerson(person.id),
    given: person.chatUser,
    notice: told.notice,
  })
  return shown(issuer, body, told.status ?? 200, told.forget ? setCookie(issuer, 'link', undefined) : {})
}
