import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { decodeJwt } from 'jose'
import * as z from 'zod'
import { withDraft } from '../new-file.ts'
import { makeFolder, mustBeSafe, removeAbandonedDrafts, stateFolderOf } from '../state-folder.ts'
import type { Surroundings } from '../surroundings.ts'
import { type LoggedIn, type Login, notLoggedIn, type Strength, type Wanted } from './login.ts'

const Kept = z.strictObject({
  version: z.literal(1),
  api: z.string(),
  token: z.string().regex(/^[\x21-\x7e]+$/),
  /** Milliseconds. */
  until: z.number(),
})
type Kept = z.infer<typeof Kept>

/** A token that ends sooner than this could end on its way. Milliseconds. */
const margin = 10_000

/** The login of a person at one API, in a file that no other user may read. Who has run `login` has one. */
export class KeptLogin {
  readonly file: string
  readonly #api: string
  readonly #now: () => number

  constructor(api: string, surroundings: Pick<Surroundings, 'env' | 'now'>) {
    const digest = createHash('sha256').update(api).digest('hex')
    this.file = join(stateFolderOf(surroundings.env), `login-${digest.slice(0, 16)}.json`)
    this.#api = api
    this.#now = () => surroundings.now().getTime()
  }

  /** Absent where the person never chose to keep one. One that cannot be read, or is of another version, counts as ended. */
  read(): { lives: true; token: string; until: number } | { lives: false; until?: number } | undefined {
    let text: string
    mustBeSafe(dirname(this.file))
    try {
      text = readFileSync(this.file, 'utf8')
    } catch (fault) {
      return ['ENOENT', 'ENOTDIR'].includes((fault as NodeJS.ErrnoException).code ?? '') ? undefined : { lives: false }
    }
    const kept = parseKept(text)
    if (kept?.api !== this.#api) return { lives: false }
    const { token, until } = kept
    return until - margin > this.#now() ? { lives: true, token, until } : { lives: false, until }
  }

  /** @returns why it could not be kept */
  keep({ token, until }: LoggedIn): string | undefined {
    if (until === undefined) return 'the identity provider does not say how long the login lives'
    if (until - margin <= this.#now())
      return `it has ended already, by the clock of this machine (${new Date(this.#now()).toISOString()}): is it right?`
    const kept: Kept = { version: 1, api: this.#api, token, until }
    mustBeSafe(dirname(this.file))
    try {
      makeFolder(dirname(this.file))
      removeAbandonedDrafts(dirname(this.file))
      withDraft(this.file, `${JSON.stringify(kept)}\n`, (draft) => renameSync(draft, this.file))
      return undefined
    } catch (fault) {
      return `\`${this.file}\` cannot be written (${(fault as NodeJS.ErrnoException).code})`
    }
  }

  forget(): void {
    rmSync(this.file, { force: true })
  }
}

function parseKept(text: string): Kept | undefined {
  try {
    return Kept.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** The kept login while it lives, and a new one otherwise, which is kept again where one was. */
export function keptLogin(
  kept: KeptLogin,
  logIn: (strength: Strength, again: boolean) => Promise<LoggedIn>,
  usualStrength: () => Promise<Strength>,
  { err, now }: Pick<Surroundings, 'err' | 'now'>,
): Login {
  let made: LoggedIn | undefined
  return async (wanted) => {
    const { instead, ...asked }: Wanted = wanted === 'opening' ? {} : wanted
    // The API refuses what was made a moment ago: another login would be no other.
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

/** What its claims say, for not asking twice: the API alone judges them. */
function isAsStrong(token: string, { acr, maxAge }: Strength, now: Date): boolean {
  const { acr: has, auth_time: at } = claimsOf(token)
  const seconds = now.getTime() / 1000
  const isFresh = maxAge === undefined || (typeof at === 'number' && seconds - at < maxAge - margin / 1000)
  return isFresh && (acr === undefined || acr.split(' ').includes(String(has)))
}

/** What was begun as one person is not to be finished as another. @throws Refusal */
function mustBeSame(before: string, after: string): void {
  const [{ sub: one }, { sub: other }] = [claimsOf(before), claimsOf(after)]
  if (one === undefined || other === undefined || one === other) return
  throw notLoggedIn(
    'you logged in as another person than the one whose login is kept',
    'log in as the same person, or run `npx --no-install hotwork logout` first',
  )
}

/** Milliseconds. */
export function endOfToken(token: string): number | undefined {
  const { exp } = claimsOf(token)
  return typeof exp === 'number' ? exp * 1000 : undefined
}

function claimsOf(token: string): { readonly [claim: string]: unknown } {
  try {
    return decodeJwt(token)
  } catch {
    return {}
  }
}
