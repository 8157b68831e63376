import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Endpoint } from '../../../functions/adapters/http/endpoint.ts'
import { JoseIdTokens } from '../../../functions/adapters/jose/id-token.ts'
import { OpenIdLoginProvider } from '../../../functions/adapters/openid-client/openid-login-provider.ts'
import { SystemSecrets } from '../../../functions/adapters/system/secrets.ts'
import type { Bundle } from '../../../functions/domain/bundle.ts'
import type { OidcIssuer } from '../../../functions/domain/issuer.ts'
import type { SlackStanding } from '../../../functions/domain/linking.ts'
import { decidePages } from '../../../functions/handlers/wiring/decide-on-page.ts'
import { linkPages } from '../../../functions/handlers/wiring/link-slack.ts'
import { logInPages } from '../../../functions/handlers/wiring/log-in.ts'
import { pageDoor } from '../../../functions/handlers/wiring/page-door.ts'
import { showPages } from '../../../functions/handlers/wiring/show-pages.ts'
import { offerLink } from '../../../functions/operations/link-slack.ts'
import type { LoginProvider } from '../../../functions/operations/login-ports.ts'
import { MemoryPersonLinks } from '../../support/memory-person-links.ts'
import { MemorySessionStore } from '../../support/memory-session-store.ts'
import { sampleBundle, start, World } from '../../support/world.ts'
import { type Program, startProgram } from '../support/programs.ts'

/** Stops to let a test see, or say, what the provider is asked and answers. */
export type Between = (provider: LoginProvider) => LoginProvider

/** The pages over a world in memory, at an address of their own, with the local identity provider to log in at. */
export class PagesFixture {
  world!: World
  sessions!: MemorySessionStore
  links!: MemoryPersonLinks
  /** What Slack says of its users, by id. */
  readonly users = new Map<string, SlackStanding & { name: string }>()
  url = ''
  #server!: Server
  #program: Program | undefined

  /** Starts the provider once and the server anew. @param change what is other in the bundle */
  async open(change: (bundle: Bundle) => Bundle = (bundle) => bundle): Promise<void> {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', async () => {
        const sent = { method: request.method ?? '', url: request.url ?? '', headers: request.headers as never }
        const answer = await this.ask({ ...sent, body: Buffer.concat(chunks).toString('utf8') })
        response.writeHead(answer.status, answer.headers).end(answer.body)
      })
    })
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    const provider = await this.#startProvider()
    const sample = sampleBundle()
    const people: OidcIssuer = {
      issuer: provider,
      jwksUri: `${provider}/jwks`,
      audience: '{issuer}/people',
      algorithms: ['ES256'],
    }
    const { deployment } = sample
    this.world = new World(
      change({ ...sample, deployment: { ...deployment, issuers: { ...deployment.issuers, people } } }),
    )
    // The provider goes by the machine's own clock, and its tokens are compared with this one.
    this.world.clock.advance(Math.floor(Date.now() / 1000) - start)
    this.sessions = new MemorySessionStore()
    this.links = new MemoryPersonLinks(this.world.ledger)
    this.users.clear()
    this.#doors = this.#makeDoors(people)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.#program?.child.kill('SIGKILL')
    await this.#program?.ends
    this.#program = undefined
  }

  /** The address that Slack would show to a user who is nobody's yet. */
  async offer(user: string, team = 'T0HOTWORK'): Promise<string> {
    const ports = { links: this.links, secrets: new SystemSecrets(), clock: this.world.clock }
    return `${this.url}/link?code=${await offerLink({ team, user }, ports)}`
  }

  /** One request, as API Gateway would hand it over. */
  async ask(sent: { method: string; url: string; headers?: { [name: string]: string }; body?: string }) {
    const { pathname, searchParams } = new URL(sent.url, this.url)
    const found = routes.map((route) => match(route, sent.method, pathname)).find((each) => each !== undefined)
    if (!found) return { status: 404, headers: {}, body: 'no such route' }
    const door = this.#doors.get(found.route) as Endpoint
    const answered = await door({
      ...{ version: '2.0', routeKey: found.route, rawPath: pathname, rawQueryString: '', isBase64Encoded: false },
      headers: sent.headers ?? {},
      pathParameters: found.parameters,
      queryStringParameters: Object.fromEntries(searchParams),
      body: sent.body ?? '',
      requestContext: {
        requestId: 'r',
        timeEpoch: this.world.clock.now() * 1000,
      } as APIGatewayProxyEventV2['requestContext'],
    })
    const { statusCode: status = 0, headers = {}, body = '' } = answered
    return { status, headers: headers as { [name: string]: string }, body }
  }

  #doors = new Map<string, Endpoint>()

  #makeDoors(people: OidcIssuer): Map<string, Endpoint> {
    const { world, sessions, links } = this
    const [policy, clock, log] = [world.policy, world.clock, world.log]
    const of = { alias: 'people', issuer: people, clientId: 'hotwork-browser' }
    const login = {
      ...{ sessions, policy, clock, log, secrets: new SystemSecrets() },
      provider: new OpenIdLoginProvider(people, of.clientId, clock),
      tokens: new JoseIdTokens(of, clock),
    }
    const ports = { ...world.ports, sessions, issuer: this.url, login: () => login }
    const slack = { standing: async (user: string) => this.users.get(user) }
    const handlers = {
      show: pageDoor(ports, showPages(ports)),
      decide: pageDoor(ports, decidePages(ports)),
      logIn: pageDoor(ports, logInPages(ports)),
      link: pageDoor(ports, linkPages({ ...ports, links, slack })),
    }
    return new Map<string, Endpoint>([
      ['GET /decide', handlers.show],
      ['GET /decide/{id}', handlers.show],
      ['POST /decide/{id}', handlers.decide],
      ['GET /login/decision', handlers.decide],
      ['GET /login', handlers.logIn],
      ['GET /login/callback', handlers.logIn],
      ['POST /logout', handlers.logIn],
      ['GET /link', handlers.link],
      ['POST /link', handlers.link],
      ['POST /link/unlink', handlers.link],
    ])
  }

  async #startProvider(): Promise<string> {
    const people = sampleBundle().directory.people.map(({ name, identities }) => ({
      kind: 'person',
      subject: identities[0]?.subject,
      name,
      groups: [],
    }))
    const nobody = { kind: 'person', subject: 'person-nobody', name: 'Nobody Known', groups: [] }
    this.#program = startProgram([
      '--input-type=module',
      '-e',
      `import { startIdentityProvider } from './infra/local/identity-provider.ts'
       const provider = await startIdentityProvider(console.error)
       await provider.enrol(${JSON.stringify([...people, nobody])})
       provider.serve('${this.url}')
       console.log(provider.url + ' ready')`,
    ])
    await this.#program.prints(' ready')
    return this.#program.printed().split(' ready')[0]?.trim() ?? ''
  }
}

const routes = [
  'GET /decide',
  'GET /decide/{id}',
  'POST /decide/{id}',
  'GET /login/decision',
  'GET /login',
  'GET /login/callback',
  'POST /logout',
  'GET /link',
  'POST /link',
  'POST /link/unlink',
]

function match(route: string, method: string, path: string) {
  const [of, pattern = ''] = route.split(' ')
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  if (of !== method || wanted.length !== given.length) return undefined
  const parameters: { [name: string]: string } = {}
  for (const [at, part] of wanted.entries()) {
    if (part === '{id}') parameters['id'] = given[at] ?? ''
    else if (part !== given[at]) return undefined
  }
  return { route, parameters }
}
