import { MemoryLoginProvider } from '../people/memory-login-provider.ts'
import { issuer, type World } from '../world.ts'
import { PageDoors, type Shown } from './page-doors.ts'

const formType = { 'content-type': 'application/x-www-form-urlencoded' }

/** One browser, with its cookies. It fills in forms. */
export class Tab {
  cookies = new Map<string, string>()
  readonly doors: PageDoors
  readonly provider: MemoryLoginProvider
  readonly #world: World

  constructor({ doors, provider, world }: { doors: PageDoors; provider: MemoryLoginProvider; world: World }) {
    this.doors = doors
    this.provider = provider
    this.#world = world
  }

  /** A tab with its own login provider and pages. */
  static of(world: World): Tab {
    const provider = new MemoryLoginProvider()
    return new Tab({ doors: new PageDoors(world, issuer, { provider, tokens: provider }), provider, world })
  }

  async go(
    method: string,
    url: string,
    body?: { [name: string]: string },
    headers: { [name: string]: string } = {},
  ): Promise<Shown> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const sent = { ...(cookie ? { cookie } : {}), ...(body ? formType : {}), ...headers }
    const text = body ? new URLSearchParams(body).toString() : ''
    const shown = await this.doors.ask({ method, url, headers: sent, body: text })
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(shown.headers['set-cookie'] ?? '') ?? []
    if (name) value === '' ? this.cookies.delete(name) : this.cookies.set(name, value)
    return shown
  }

  get session(): string {
    return this.cookies.get('__Host-hotwork-session') ?? ''
  }

  /** Logs in, and returns to the wanted page. */
  async logIn(subject: string, to = '/decide'): Promise<Shown> {
    const { headers } = await this.go('GET', `/login?to=${encodeURIComponent(to)}`)
    const at = this.#world.clock.now()
    const back = this.provider.logIn(headers['location'] ?? '', { subject, acr: 'plain', at })
    return this.go('GET', `${back.pathname}${back.search}`)
  }

  /** The hidden fields of the first form on a page that has this one among them. */
  fields(page: Shown, name: string, value: string): { [name: string]: string } {
    const found = page.body.split('<form').find((each) => each.includes(`name="${name}" value="${value}"`)) ?? ''
    return Object.fromEntries(
      [...found.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, key = '', held = '']) => [
        key,
        held,
      ]),
    )
  }
}
