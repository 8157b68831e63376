import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Endpoint } from '../../../functions/adapters/http/endpoint.ts'
import { PatternIncidents, SystemSecrets } from '../../../functions/adapters/system/system.ts'
import type { AccountLink, ChatAccount } from '../../../functions/domain/people/linking.ts'
import { createHandler as createMetadata } from '../../../functions/handlers/agents/metadata.ts'
import { createHandler as createDecide } from '../../../functions/handlers/pages/decide-on-page.ts'
import { createHandler as createLink } from '../../../functions/handlers/pages/link-slack.ts'
import { createHandler as createLogIn } from '../../../functions/handlers/pages/log-in.ts'
import { createHandler as createOpen } from '../../../functions/handlers/pages/open-on-page.ts'
import { createHandler as createShow } from '../../../functions/handlers/pages/show-pages.ts'
import { createHandler as createAsk } from '../../../functions/handlers/people/ask-on-page.ts'
import { createHandler as createDeclare } from '../../../functions/handlers/people/declare-halt.ts'
import { createHandler as createEndStandIn } from '../../../functions/handlers/people/end-stand-in.ts'
import { createHandler as createGivePermit } from '../../../functions/handlers/people/give-permit.ts'
import { createHandler as createNameStandIn } from '../../../functions/handlers/people/give-stand-in.ts'
import { createHandler as createLift } from '../../../functions/handlers/people/lift-halt.ts'
import { createHandler as createRecertify } from '../../../functions/handlers/people/recertify.ts'
import { createHandler as createRevokePermit } from '../../../functions/handlers/people/revoke-permit.ts'
import { offerLink } from '../../../functions/operations/people/chat-accounts.ts'
import type { IdTokens, LoginProvider } from '../../../functions/operations/people/ports.ts'
import { MemoryNotary } from '../anchor/memory-notary.ts'
import { MemoryCardStore } from '../cards/memory-card-store.ts'
import { MemoryHaltStore } from '../ledger/memory-halt-store.ts'
import { MemoryPersonLinks } from '../people/memory-person-links.ts'
import { MemorySessionStore } from '../people/memory-session-store.ts'
import { askedOnce } from '../policies/asked-once.ts'
import type { World } from '../world.ts'

type Sent = { method: string; url: string; headers?: { [name: string]: string }; body?: string }
export type Shown = { status: number; headers: { [name: string]: string }; body: string; isBase64Encoded?: boolean }

const icons = join(import.meta.dirname, '../../../functions/adapters/pages/icons')

/** The deployed pages over a world in memory, called as API Gateway calls their functions. */
export class PageDoors {
  readonly sessions: MemorySessionStore
  readonly links: MemoryPersonLinks
  readonly cards = new MemoryCardStore()
  readonly halts: MemoryHaltStore
  /** The messages that end what an agent holds. */
  readonly ended: object[] = []
  readonly notary: MemoryNotary
  /** Users of Slack, by id. */
  readonly users = new Map<string, AccountLink & { name: string }>()
  readonly #world: World
  readonly #issuer: string
  readonly #doors: ReadonlyMap<string, Endpoint>

  constructor(world: World, issuer: string, at: { provider: LoginProvider; tokens: IdTokens }) {
    this.#world = world
    this.#issuer = issuer
    this.notary = new MemoryNotary(world, issuer)
    this.halts = new MemoryHaltStore(world.requests, world.ledger)
    this.links = new MemoryPersonLinks(world.ledger)
    this.sessions = new MemorySessionStore(world.requests)
    const { sessions, links, cards } = this
    const ports = {
      ...world.ports,
      agents: world.agents,
      platformRoles: world.agents,
      unknown: world.unknown,
      deny: { send: async (ends: readonly object[]) => void this.ended.push(...ends) },
      sessions,
      actual: world.actual,
      bundles: world.bundles,
      openPolicies: askedOnce,
      anchor: this.notary,
      permits: world.permits,
      standIns: world.standIns,
      halts: this.halts,
      targetRoles: [`arn:aws:iam::000000000000:role/${world.targetRole}`],
      cards,
      incidents: new PatternIncidents(),
      issuer,
      // A getter, so that a test may change the policies while people are logged in.
      get policy() {
        return world.policy
      },
      login: () => ({ ...ports, ...at, secrets: new SystemSecrets() }),
    }
    const slack = { account: async ({ user }: ChatAccount) => this.users.get(user) }
    const [show, decide, open, logIn] = [createShow(ports), createDecide(ports), createOpen(ports), createLogIn(ports)]
    const ask = createAsk({ ...ports, targetRole: world.targetRole })
    const link = createLink({ ...ports, links, chat: slack })
    const icon = (name: string) => readFileSync(join(icons, name))
    const keys = { jwks: async () => ({ keys: [] }) }
    const metadata = createMetadata({ ...ports, keys, notary: keys, openApi: () => ({}), icon })
    this.#doors = new Map([
      ['GET /manifest.webmanifest', metadata],
      ['GET /icons/{name}', metadata],
      ['GET /decide', show],
      ['GET /decide/{id}', show],
      ['POST /decide/{id}', decide],
      ['GET /login/decision', decide],
      ['GET /requests', show],
      ['GET /agents', show],
      ['GET /agents/{id}', show],
      ['GET /agents/{id}/usage', show],
      ['POST /agents/{id}', createRecertify(ports)],
      ['GET /groups', show],
      ['GET /measures', show],
      ['GET /permits', show],
      ['GET /permits/give/{id}', show],
      ['POST /permits/give/{id}', createGivePermit(ports)],
      ['POST /permits/{id}', createRevokePermit(ports)],
      ['GET /ask', ask],
      ['POST /ask', ask],
      ['GET /registry', ask],
      ['POST /registry', ask],
      ['POST /registry/accept/{id}', ask],
      ['GET /stand-ins', show],
      ['POST /stand-ins', createNameStandIn(ports)],
      ['POST /stand-ins/{id}', createEndStandIn(ports)],
      ['GET /halts', show],
      ['GET /halts/{id}', show],
      ['POST /halts', createDeclare(ports)],
      ['POST /halts/{id}', createLift(ports)],
      ['GET /break-glass', show],
      ['GET /break-glass/{id}', show],
      ['GET /break-glass/{id}/drill', show],
      ['POST /break-glass/{id}', decide],
      ['GET /break-glass/open/{id}', open],
      ['POST /break-glass/open/{id}', open],
      ['GET /login', logIn],
      ['GET /login/callback', logIn],
      ['POST /logout', logIn],
      ['GET /link', link],
      ['POST /link', link],
      ['POST /link/unlink', link],
    ])
  }

  async ask({ method, url, headers = {}, body = '' }: Sent): Promise<Shown> {
    const { pathname, searchParams } = new URL(url, this.#issuer)
    const found = [...this.#doors.keys()].map((route) => match(route, method, pathname)).find((each) => each)
    const door = found && this.#doors.get(found.route)
    if (!door) return { status: 404, headers: {}, body: 'no such route' }
    const answered = await door({
      ...{ version: '2.0', routeKey: found.route, rawPath: pathname, rawQueryString: '', isBase64Encoded: false },
      headers,
      pathParameters: found.parameters,
      queryStringParameters: Object.fromEntries(searchParams),
      body,
      requestContext: {
        requestId: 'r',
        timeEpoch: this.#world.clock.now() * 1000,
      } as APIGatewayProxyEventV2['requestContext'],
    })
    const { statusCode: status = 0, headers: told = {}, body: text = '', isBase64Encoded = false } = answered
    return { status, headers: told as { [name: string]: string }, body: text, isBase64Encoded }
  }

  /** The address that Slack shows to an unlinked user. */
  async offer(user: string, team = 'T0HOTWORK'): Promise<string> {
    const ports = { links: this.links, secrets: new SystemSecrets(), clock: this.#world.clock }
    return `${this.#issuer}/link?code=${await offerLink({ team, user }, ports)}`
  }
}

function match(route: string, method: string, path: string) {
  const [of, pattern = ''] = route.split(' ')
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  if (of !== method || wanted.length !== given.length) return undefined
  const parameters: { [name: string]: string } = {}
  for (const [at, part] of wanted.entries()) {
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? []
    if (name !== undefined) parameters[name] = given[at] ?? ''
    else if (part !== given[at]) return undefined
  }
  return { route, parameters }
}
