import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { type Answer, apiProblem } from '../../adapters/http/problem.ts'
import type { Notice } from '../../adapters/pages/layout.ts'
import { linkPage, linkRefusalWords } from '../../adapters/pages/link-page.ts'
import { SlackAccounts } from '../../adapters/slack/edge/client.ts'
import { findOffer, type LinkPorts, linkAccount, unlinkAccount } from '../../operations/people/chat-accounts.ts'
import { byRoute } from '../doors.ts'
import { bind, tablesOf } from '../environments.ts'
import { factsOnly, pagePorts } from '../wiring/ports.ts'
import { slackApi } from '../wiring/slack.ts'
import type { Guest, PagePorts } from './page-door.ts'
import { cookieOf, goTo, guestOf, isSecret, pageDoor, sentForm, setCookie, shown, toLogin } from './page-door.ts'

type Ports = PagePorts & LinkPorts

/** Which person a Slack account belongs to. It decides no request. */
const answerByRoute = byRoute<[Ports]>(
  {
    'GET /link': async (call, ports) => {
      const { issuer } = ports
      const offered = call.query('code')
      // Out of the address at once: it would be in the history, and in the `Referer` of the next page.
      if (offered !== undefined)
        return goTo(issuer, '/link', setCookie(issuer, 'link', isSecret(offered) ? offered : undefined))
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
      const { guest } = await sentForm(call, '/link', ports)
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
      const { guest } = await sentForm(call, '/link', ports)
      const unlinked = await unlinkAccount(guest.person, ports)
      return answer(guest, ports, {
        notice: unlinked.ok
          ? { good: true, text: 'Unlinked: what that account clicks in Slack decides nothing from now on.' }
          : { text: linkRefusalWords[unlinked.code] },
        status: unlinked.ok ? 200 : 409,
      })
    },
  },
  () => apiProblem(404, 'unknown_page'),
)

type Told = {
  offer?: Awaited<ReturnType<typeof findOffer>>
  notice?: Notice
  status?: number
  forget?: boolean
}

async function answer({ person, reader }: Guest, ports: Ports, told: Told): Promise<Answer> {
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

export const createHandler = (ports: Ports) => pageDoor(ports, (call) => answerByRoute(call, ports))

export const handler = bind(
  'link-slack',
  (told) => {
    const ports = pagePorts(told, factsOnly())
    return {
      ...ports,
      links: new DynamoPersonLinks(connect(), tablesOf(told)),
      chat: new SlackAccounts(slackApi(told, ports).webApi),
    }
  },
  createHandler,
)
