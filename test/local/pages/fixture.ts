import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { JoseIdTokens } from '../../../functions/adapters/jose/login-checks.ts'
import { OpenIdLoginProvider } from '../../../functions/adapters/openid-client/openid-login-provider.ts'
import type { OidcIssuer } from '../../../functions/domain/people/identity-issuer.ts'
import { TimedNight } from '../../operations/break-glass/timed-night.ts'
import { PageDoors } from '../../support/pages/page-doors.ts'
import { sampleBundle, start } from '../../support/world.ts'
import { type Program, startProgram } from '../support/programs.ts'

/** The pages over a world in memory, at their own address, with logins at the local identity provider. */
export class PagesFixture {
  world!: TimedNight
  doors!: PageDoors
  url = ''
  #server!: Server
  #provider: Program | undefined

  async open(): Promise<void> {
    this.#server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const { method = '', url = '', headers } = request
      const shown = await this.doors.ask({ method, url, headers: headers as { [name: string]: string }, body })
      response.writeHead(shown.status, shown.headers).end(shown.body)
    })
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`

    const issuer = await this.#startProvider()
    const people: OidcIssuer = {
      issuer,
      jwksUri: `${issuer}/jwks`,
      audience: '{issuer}/people',
      algorithms: ['ES256'],
    }
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
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    this.#provider?.child.kill('SIGKILL')
    await this.#provider?.ends
  }

  async #startProvider(): Promise<string> {
    const people = sampleBundle().directory.people.map(({ name, identities }) => ({
      kind: 'person',
      subject: identities[0]?.subject,
      name,
      groups: [],
    }))
    const stranger = { kind: 'person', subject: 'person-stranger', name: 'Unknown Stranger', groups: [] }
    const program = startProgram([
      '--input-type=module',
      '-e',
      `import { startIdentityProvider } from './local/identity-provider.ts'
       const provider = await startIdentityProvider(console.error)
       await provider.enrol(${JSON.stringify([...people, stranger])})
       provider.serve('${this.url}')
       console.log(provider.url + ' ready')`,
    ])
    this.#provider = program
    await program.prints(' ready')
    return program.printed().split(' ready')[0]?.trim() ?? ''
  }
}
