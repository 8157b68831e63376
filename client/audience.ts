// Rules: test/client/login/log-in.test.ts
import { decodeJwt, type JWTPayload } from 'jose'
import { wrongUsage } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

/** The origin of a name that is a web address. */
export const originIn = (name: string): string | undefined =>
  /^https?:/i.test(name) && URL.canParse(name) ? new URL(name).origin : undefined

/**
 * The names by which tokens are for one API: those at its origin, and the name that the person's environment ties to
 * that origin.
 */
export class OwnNames {
  readonly api: string
  readonly named: string | undefined
  readonly #isAnyNamed: boolean

  /** @throws Refusal for a name that is tied to no origin: any API could claim it */
  constructor(api: string, { env }: Pick<Surroundings, 'env'>) {
    this.api = api
    const pair = env['HOTWORK_AUDIENCE'] || undefined
    const [, address = '', name] = /^([^=]+)=(.+)$/.exec(pair ?? '') ?? []
    const origin = originIn(address)
    if (pair !== undefined && origin === undefined)
      throw wrongUsage(
        '`HOTWORK_AUDIENCE` does not say for which Hotwork its name is',
        'set it to `https://ADDRESS=NAME`, both as the operator of your Hotwork tells you (docs/command-line.md)',
      )
    this.#isAnyNamed = pair !== undefined
    this.named = origin === new URL(api).origin ? name : undefined
  }

  has(name: string): boolean {
    return name === this.named || originIn(name) === new URL(this.api).origin
  }

  /** A scope may begin with its API's name, as `api://hotwork/.default` does. */
  hasScope(scope: string): boolean {
    return !scope.includes('://') || this.has(scope) || (this.named !== undefined && scope.startsWith(`${this.named}/`))
  }

  /** A login's audience comes from the API's own metadata: its token goes to no other API. @throws Refusal */
  mustHaveLogin(token: string): void {
    const audiences = audiencesOf(token)
    if (audiences === undefined)
      throw wrongUsage(
        `the login for \`${this.api}\` gave no JWT: for which API it is cannot be read`,
        'is it your Hotwork? Its operator has your provider issue access tokens as JWTs (docs/command-line.md)',
      )
    if (!audiences.some((each) => this.has(each))) throw this.notOwn(audiences[0] ?? '')
  }

  /** A token that the person gave may have an audience that is no address: its API alone knows it. @throws Refusal */
  mustHaveToken(token: string): void {
    const audiences = audiencesOf(token) ?? []
    if (audiences.some((each) => this.has(each))) return
    const elsewhere = audiences.find((each) => this.#isAnyNamed || originIn(each) !== undefined)
    if (elsewhere !== undefined)
      throw wrongUsage(
        `the token of \`HOTWORK_TOKEN\` is for \`${elsewhere.slice(0, 200)}\`, and this Hotwork is \`${this.api}\``,
        'set it to a token for this Hotwork, or name the other one with `--api` or `HOTWORK_API`',
      )
  }

  notOwn(name: string) {
    return wrongUsage(
      `\`${this.api}\` asks for a login to \`${name.slice(0, 200)}\`, which is not its own`,
      'is it your Hotwork? Only its operator can say, and not this answer: ask them for the `HOTWORK_AUDIENCE` of your Hotwork, and set no name that you have from here (docs/command-line.md)',
    )
  }
}

const audiencesOf = (token: string): readonly string[] | undefined => {
  const claims = claimsOf(token)
  return claims && [claims.aud ?? []].flat()
}

/** The claims of a token, unverified: its API alone judges them. Undefined unless it is a JWT. */
export function claimsOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token)
  } catch {
    return undefined
  }
}
