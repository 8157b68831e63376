import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Identity, type IdentityOption, resolveIdentity } from '../../../client/identity/identity.ts'
import { part } from '../../adapters/jose/tokens.ts'

/** The surroundings of an agent's client: its environment, folder and clock. No wait takes any time. */
export class Workload {
  readonly folder = mkdtempSync(join(tmpdir(), 'hotwork-workload-'))
  readonly env: { [name: string]: string | undefined } = {}
  /** Milliseconds. */
  time = Date.now()
  readonly pauses: number[] = []
  readonly now = () => new Date(this.time)
  pause = async (milliseconds: number): Promise<void> => {
    this.pauses.push(milliseconds)
  }

  /** The identity of a client that has not asked yet. */
  identity = (option?: IdentityOption): Identity => resolveIdentity(option, this)

  advance(seconds: number): void {
    this.time += seconds * 1000
  }

  /** A token whose life begins now. */
  token(seconds = 300, claims: object = {}): string {
    const iat = Math.floor(this.time / 1000)
    return `${part({ alg: 'ES256' })}.${part({ sub: 'agent', iat, exp: iat + seconds, ...claims })}.${part('signature')}`
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The words of a refusal or fault, in which no token may stand. */
export async function troubleOf(promise: Promise<unknown>) {
  const trouble = await promise.then(
    () => undefined,
    (cause: unknown) => cause as Error & { exit?: number; told?: { title: string; detail?: string } },
  )
  if (!trouble?.told) throw trouble ?? new Error('there is no trouble')
  const { title, detail = '' } = trouble.told
  expect(`${title} ${detail} ${trouble.message} ${trouble.stack}`).not.toMatch(/eyJ|secret/)
  return { exit: trouble.exit, title, detail }
}
