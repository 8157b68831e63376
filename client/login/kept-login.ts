import { createHash } from 'node:crypto'
import * as z from 'zod'
import { claimsOf } from '../audience.ts'
import { Journal, type Kind } from '../journal/journal.ts'
import { Fault, systemCodeOf } from '../outcome.ts'
import { pause, type Surroundings } from '../surroundings.ts'
import { type LoggedIn, type Login, notLoggedIn, type Strength, type Wanted } from './login.ts'

const Kept = z.strictObject({
  version: z.literal(1),
  api: z.string(),
  token: z.string().regex(/^[\x21-\x7e]+$/),
  /** Milliseconds. */
  until: z.number(),
})
type Kept = z.infer<typeof Kept>

/** A token that ends sooner could end before it arrives. Milliseconds. */
const margin = 10_000

/** Kept until the person logs out. */
const logins: Kind<Kept> = { prefix: 'login-', shape: Kept, stays: Number.POSITIVE_INFINITY }

/** A person's kept login at one API. */
export class KeptLogin {
  readonly #journal: Journal
  readonly #id: string
  readonly #api: string

  constructor(api: string, surroundings: Pick<Surroundings, 'env' | 'now'>) {
    this.#journal = new Journal({ ...surroundings, pause })
    this.#id = createHash('sha256').update(api).digest('hex').slice(0, 16)
    this.#api = api
  }

  get file(): string {
    return this.#journal.pathOf(logins, this.#id)
  }

  /** Undefined if no login was ever kept. An unreadable login, or one of another version, counts as ended. */
  read(): { lives: true; token: string; until: number } | { lives: false; until?: number } | undefined {
    if (!this.#journal.has(logins, this.#id)) return undefined
    const kept = this.#journal.find(logins, this.#id)
    if (kept?.api !== this.#api) return { lives: false }
    const { token, until } = kept
    return until - margin > this.#journal.now() ? { lives: true, token, until } : { lives: false, until }
  }

  /** @returns the reason if it could not be kept @throws Fault if other users may write the folder */
  keep({ token, until }: LoggedIn): string | undefined {
    const now = this.#journal.now()
    if (until === undefined) return 'the identity provider does not say how long the login lives'
    if (until - margin <= now)
      return `it has ended already, by the clock of this machine (${new Date(now).toISOString()}): is it right?`
    try {
      this.#journal.put(logins, this.#id, { version: 1, api: this.#api, token, until })
      return undefined
    } catch (fault) {
      if (!(fault instanceof Fault) || fault.told.code !== 'cannot_keep') throw fault
      return `\`${this.file}\` cannot be written (${systemCodeOf(fault)})`
    }
  }

  forget(): void {
    this.#journal.remove(logins, this.#id)
  }
}

/** The kept login while it lives; otherwise a new one, which is kept if one was kept before. */
export function keptLogin(
  kept: KeptLogin,
  logIn: (strength: Strength, again: boolean) => Promise<LoggedIn>,
  usualStrength: () => Promise<Strength>,
  { err, now }: Pick<Surroundings, 'err' | 'now'>,
): Login {
  let made: LoggedIn | undefined
  return async (wanted) => {
    const { instead, ...asked }: Wanted = wanted === 'opening' ? {} : wanted
    // The API refused a fresh login: a new one has the same strength.
    if (instead !== undefined && instead === made?.token && now().getTime() < (made.until ?? 0)) return instead
    const strength = wanted === 'opening' ? await usualStrength() : asked
    const again = wanted !== 'opening' && isAsked(asked)
    const before = kept.read()
    if (before?.lives && before.token !== instead && !again && isAsStrong(before.token, strength, now()))
      return before.token
    if (before && !before.lives && before.until !== undefined) err('your kept login has ended\n')
    made = await logIn(strength, again)
    if (before?.lives && instead === undefined) mustBeSame(before.token, made.token)
    const why = before && kept.keep(made)
    if (why) err(`the login is for this command alone: ${why}\n`)
    return made.token
  }
}

const isAsked = ({ acr, maxAge }: Strength) => acr !== undefined || maxAge !== undefined

/** Whether the token's claims are strong enough, to avoid a needless second login. Only the API judges them. */
function isAsStrong(token: string, { acr, maxAge }: Strength, now: Date): boolean {
  const { acr: has, auth_time: at } = claimsOf(token) ?? {}
  const seconds = now.getTime() / 1000
  const isFresh = maxAge === undefined || (typeof at === 'number' && seconds - at < maxAge - margin / 1000)
  return isFresh && (acr === undefined || acr.split(' ').includes(String(has)))
}

/** A task begun as one person must not continue as another. @throws Refusal */
function mustBeSame(before: string, after: string): void {
  const [one, other] = [claimsOf(before)?.sub, claimsOf(after)?.sub]
  if (one === undefined || other === undefined || one === other) return
  throw notLoggedIn(
    'this login is of a different person than the kept login',
    'log in as the same person, or run `npx --no-install hotwork logout` first',
  )
}

/** Milliseconds. */
export function endOfToken(token: string): number | undefined {
  const exp = claimsOf(token)?.exp
  return exp === undefined ? undefined : exp * 1000
}
