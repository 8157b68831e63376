import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { OidcIssuer } from '../../../functions/domain/people/identity-issuer.ts'
import { endPrograms, startProgram } from '../../local/support/programs.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { sampleBundle, start, World } from '../../support/world.ts'
import { ApiServer } from './api-server.ts'
import { Terminal } from './terminal.ts'

/** The machine's own clock, which programs of this machine use. */
export class MachineClock extends MemoryClock {
  override now = () => Math.floor(Date.now() / 1000)
}

export type LocalProvider = { url: string; keys: { [subject: string]: { [member: string]: string } } }

/** Hotwork in memory, in the real time, where people log in at the local identity provider; and one machine. */
export class LoginScene {
  readonly api = new ApiServer()
  provider!: LocalProvider
  terminal!: Terminal
  readonly #noun: readonly string[]

  constructor(...noun: readonly string[]) {
    this.#noun = noun
  }

  async open(): Promise<void> {
    await this.api.open(async (url) => {
      this.provider = await startProvider(url)
      return this.#world()
    })
  }

  begin(): void {
    this.api.use(this.#world())
    // A display: a browser opens.
    this.terminal = new Terminal({ HOTWORK_API: this.api.url, DISPLAY: ':0' }, ...this.#noun)
  }

  /** From here on people log in at another provider. */
  logInAt(issuer: string, scope = 'profile'): void {
    this.api.use(this.#world(issuer, scope))
  }

  /** Writes the local stack's file, which has one person. @returns its path */
  writeLocalFile(who: string, changes: object = {}, folder = this.terminal.home): string {
    const aws = { endpointUrl: 'http://127.0.0.1:1', region: 'us-east-1' }
    const people = [{ id: `person:${who}`, clientId: `person-${who}`, privateJwk: this.provider.keys[`person-${who}`] }]
    const file = join(folder, '.hotwork/local.json')
    mkdirSync(dirname(file), { recursive: true })
    const local = { apiUrl: this.api.url, identityProviderUrl: this.provider.url, aws, people, ...changes }
    writeFileSync(file, JSON.stringify(local))
    return file
  }

  async close(): Promise<void> {
    await endPrograms()
    await this.api.close()
  }

  #world(issuer = this.provider.url, scope = 'openid'): World {
    const sample = sampleBundle()
    const { deployment } = sample
    const people: OidcIssuer = {
      issuer,
      jwksUri: `${this.provider.url}/jwks`,
      audience: '{issuer}/people',
      algorithms: ['ES256'],
    }
    const commandLine = { clientId: 'hotwork-command-line', scope, resource: '{issuer}' }
    const login = { issuer: 'people', clientId: 'hotwork-browser', commandLine }
    const world = new World({
      ...sample,
      deployment: { ...deployment, issuers: { ...deployment.issuers, people }, login },
    })
    return Object.assign(world, { clock: new MachineClock(start) })
  }
}

const samplePeople = () =>
  sampleBundle().directory.people.map(({ name, identities }) => ({
    ...{ kind: 'person', name, groups: [], subject: identities[0]?.subject },
  }))

export async function startProvider(api: string, enrolled: readonly object[] = samplePeople()): Promise<LocalProvider> {
  const program = startProgram([
    '--input-type=module',
    '-e',
    `import { startIdentityProvider } from './local/identity-provider.ts'
     const provider = await startIdentityProvider(console.error)
     const keys = await provider.enrol(${JSON.stringify(enrolled)})
     provider.serve('${api}')
     console.log(JSON.stringify({ url: provider.url, keys: Object.fromEntries(keys) }) + ' ready')`,
  ])
  await program.prints(' ready')
  return JSON.parse(program.printed().slice(0, -' ready'.length - 1))
}

/** A fresh scene for each test of the file. `noun` comes before the typed words. */
export function useLoginScene(...noun: readonly string[]): LoginScene {
  const scene = new LoginScene(...noun)
  beforeAll(() => scene.open())
  beforeEach(() => scene.begin())
  afterEach(() => scene.terminal.close())
  afterAll(() => scene.close())
  return scene
}
