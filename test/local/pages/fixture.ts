import { text } from 'node:stream/consumers'
import { JoseIdTokens } from '../../../functions/adapters/jose/login-checks.ts'
import { OpenIdLoginProvider } from '../../../functions/adapters/openid-client/openid-login-provider.ts'
import type { OidcIssuer } from '../../../functions/domain/people/identity-issuer.ts'
import { listenOnLoopback } from '../../../local/loopback.ts'
import { TimedNight } from '../../operations/break-glass/timed-night.ts'
import { PageDoors } from '../../support/pages/page-doors.ts'
import { sampleBundle, start } from '../../support/world.ts'
import type { Program } from '../support/programs.ts'
import { startProvider } from '../support/provider.ts'

/** The pages over a world in memory, at their own address, with logins at the local identity provider. */
export class PagesFixture {
  world!: TimedNight
  doors!: PageDoors
  url = ''
  #server!: Awaited<ReturnType<typeof listenOnLoopback>>
  #provider: Program | undefined

  async open(): Promise<void> {
    this.#server = await listenOnLoopback()
    this.#server.handle(async (request, response) => {
      const body = await text(request)
      const { method = '', url = '', headers } = request
      const shown = await this.doors.ask({ method, url, headers: headers as { [name: string]: string }, body })
      const encoding = shown.isBase64Encoded ? 'base64' : 'utf8'
      response.writeHead(shown.status, shown.headers).end(Buffer.from(shown.body, encoding))
    })
    this.url = this.#server.url
    const { url: issuer, program } = await startProvider(principals(), this.url)
    this.#provider = program
    const jwksUri = `${issuer}/jwks`
    const people: OidcIssuer = { issuer, jwksUri, audience: '{issuer}/people', algorithms: ['ES256'] }
    const sample = sampleBundle()
    const { deployment } = sample
    this.world = new TimedNight({
      ...sample,
      deployment: { ...deployment, issuers: { ...deployment.issuers, people } },
    })
    const { clock } = this.world
    // The provider uses the machine's clock, and its tokens are compared with the world's.
    clock.advance(Math.floor(Date.now() / 1000) - start)
    const of = { alias: 'people', issuer: people, clientId: 'hotwork-browser' }
    this.doors = new PageDoors(this.world, this.url, {
      provider: new OpenIdLoginProvider(people, of.clientId, clock),
      tokens: new JoseIdTokens(of, clock),
    })
  }

  async close(): Promise<void> {
    await this.#server.close()
    this.#provider?.child.kill('SIGKILL')
    await this.#provider?.ends
  }
}

/** The people of the sample, and a stranger. */
const principals = () =>
  [
    ...sampleBundle().directory.people.map(({ name, identities }) => ({ name, subject: identities[0]?.subject })),
    { name: 'Unknown Stranger', subject: 'person-stranger' },
  ].map((person) => ({ kind: 'person', groups: [], ...person }))
