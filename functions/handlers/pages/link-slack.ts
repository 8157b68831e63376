// Rules: test/http/link-page.test.ts
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { type Answer, apiProblem } from '../../adapters/http/problem.ts'
import type { Notice } from '../../adapters/pages/layout.ts'
import { linkPage, linkRefusalWords } from '../../adapters/pages/link-page.ts'
import type { ChannelDoor } from '../../channels/door.ts'
import { accountsOf } from '../../domain/people/organisation.ts'
import { type Bundle, workspacesIn } from '../../domain/policy/bundle.ts'
import {
  findOffer,
  type LinkOffer,
  type LinkPorts,
  linkAccount,
  unlinkAccount,
} from '../../operations/people/chat-accounts.ts'
import type { ChatDirectory } from '../../operations/people/ports.ts'
import { byRoute } from '../doors.ts'
import { type Stores, tablesOf, type Wiring } from '../environment.ts'
import { doorsOf } from '../wiring/chats.ts'
import { factsOnly, pagePorts } from '../wiring/ports.ts'
import type { Guest, PagePorts } from './page-door.ts'
import { cookieOf, goTo, guestOf, isSecret, pageDoor, sentForm, setCookie, shown, toLogin } from './page-door.ts'

type Ports = PagePorts & LinkPorts

/** Links a Slack account to its person. Its function cannot decide requests. */
const answerByRoute = byRoute<[Ports]>(
  {
    'GET /link': async (call, ports) => {
      const { issuer } = ports
      const offered = call.query('code')
      // Removes the token from the address, where it would stay in the history and in the next page's `Referer`.
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
      const { guest, form } = await sentForm(call, '/link', ports)
      const held = cookieOf(call, ports.issuer, 'link') ?? ''
      const linked = await linkAccount({ code: held, seen: form.get('offer'), person: guest.person }, ports)
      if (linked.ok) {
        const { name, user, team } = linked.value
        const text = `Linked: clicks of ${name} in Slack (user ${user}, workspace ${team}) count as yours from now on.`
        return answer(guest, ports, { notice: { good: true, text }, forget: true })
      }
      const status = linked.code === 'unknown_code' ? 410 : linked.code === 'other_offer' ? 409 : 403
      return answer(guest, ports, { notice: { text: linkRefusalWords[linked.code] }, status, forget: true })
    },
    'POST /link/unlink': async (call, ports) => {
      const { guest, form } = await sentForm(call, '/link', ports)
      const unlinked = await unlinkAccount(
        { person: guest.person, seen: { team: form.get('team') ?? '', user: form.get('account') ?? '' } },
        ports,
      )
      return answer(guest, ports, {
        notice: unlinked.ok
          ? { good: true, text: `Unlinked: clicks of user ${unlinked.value.user} in Slack no longer decide anything.` }
          : { text: linkRefusalWords[unlinked.code] },
        status: unlinked.ok ? 200 : 409,
      })
    },
  },
  () => apiProblem(404, 'unknown_page'),
)

type Told = {
  offer?: LinkOffer | undefined
  notice?: Notice
  status?: number
  forget?: boolean
}

async function answer({ person, reader }: Guest, ports: Ports, told: Told): Promise<Answer> {
  const { issuer, links, policy } = ports
  const chats = workspacesIn(policy.bundle.deployment)
  const [linked, given] = [await links.ofPerson(person.id), accountsOf(person)]
  const body = linkPage({
    reader: { ...reader, id: person.id },
    offer: told.offer,
    chats: [...chats].map(([alias, { teamId }]) => ({
      alias,
      linked: linked.find(({ team }) => team === teamId),
      given: given.get(alias),
    })),
    notice: told.notice,
  })
  return shown(issuer, body, told.status ?? 200, told.forget ? setCookie(issuer, 'link', undefined) : {})
}

export const createHandler = (ports: Ports) => pageDoor(ports, (call) => answerByRoute(call, ports))

/** The accounts of every workspace. */
function accountsIn(deployment: Bundle['deployment'], doors: ReadonlyMap<string, ChannelDoor>): ChatDirectory {
  const byTeam = new Map([...workspacesIn(deployment)].map(([alias, { teamId }]) => [teamId, doors.get(alias)]))
  return { account: async ({ team, user }) => byTeam.get(team)?.account(user) }
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE' | 'CHAT_SECRETS'> = (told) => {
  const ports = pagePorts(told, factsOnly())
  const { bundle } = ports.policy
  return {
    ...ports,
    links: new DynamoPersonLinks(connect(), tablesOf(told)),
    chat: accountsIn(bundle.deployment, doorsOf(told, { ...ports, bundle })),
  }
}
