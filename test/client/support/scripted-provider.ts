import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A provider's answer to one call: a status and a body, or nothing. */
export type Said = readonly [status: number, body: object] | 'nothing'

/** An unsigned token that names its audience. */
export const tokenFor = (aud: string | readonly string[]): string =>
  `e30.${Buffer.from(JSON.stringify({ aud })).toString('base64url')}.AA`

/** An identity provider with scripted answers, for cases that the real one has not. */
export class ScriptedProvider {
  url = ''
  /** Its metadata beside the issuer. */
  metadata: { [member: string]: unknown } = {}
  readonly answers: { [path: string]: Said[] } = {}
  /** Each call with a body, as `/path body`. */
  readonly calls: string[] = []
  #server!: Server

  async open(): Promise<this> {
    this.#server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      if (body) this.calls.push(`${request.url} ${body}`)
      const path = request.url ?? ''
      const known: Said = [200, { issuer: this.url, token_endpoint: `${this.url}/token`, ...this.metadata }]
      const said = path.includes('/.well-known/') ? known : (this.answers[path]?.shift() ?? 'nothing')
      if (said === 'nothing') return void request.socket.destroy()
      response.writeHead(said[0], { 'content-type': 'application/json' }).end(JSON.stringify(said[1]))
    })
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
