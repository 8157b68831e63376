// Rules: test/client/login/log-in.test.ts
import { decodeJwt, type JWTPayload } from 'jose'
import { wrongUsage } from './outcome.ts'
import type { Surroundings } from './surroundings.ts'

/** The origin of an audience name that is a web address. */
export const originIn = (name: string): string | undefined =>
  /^https?:/i.test(name) && URL.canParse(name) ? new URL(name).origin : undefined

/**
 * The audience names of one API: those at its origin, and the name that the person's environment ties to that origin.
 */
export class OwnNames {
  readonly api: string
  readonly named: string | undefined
  readonly #isAnyNamed: boolean

  /** @throws Refusal for a name without an origin: any API could claim it */
  constructor(api: string, { env }: Pick<Surroundings, 'env'>) {
    this.api = api
    const pair = env['HOTWORK_AUDIENCE'] || undefined
    const [, address = '', name] = /^([^=]+)=(.+)$/.exec(pair ?? '') ?? []
    const origin = originIn(address)
    if (pair !== undefined && origin === undefined)
      throw wrongUsage(
        '`HOTWORK_AUDIENCE` names no Hotwork address for its name',
        'set it to `https://ADDRESS=NAME`, both from the operator of your Hotwork (docs/command-line.md)',
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

  /** The API's own metadata names the audience of the login, so its token is used for no other API. @throws Refusal */
  mustHaveLogin(token: string): void {
    const audiences = audiencesOf(token)
    if (audiences === undefined)
      throw wrongUsage(
        `the login for \`${this.api}\` gave a token that is not a JWT, so its audience cannot be read`,
        'is it your Hotwork? Its operator has your provider issue access tokens as JWTs (docs/command-line.md)',
      )
    if (!audiences.some((each) => this.has(each))) throw this.notOwn(audiences[0] ?? '')
  }

  /**
   * A token from the person may have an audience without an address, which only its API can judge.
   * @throws Refusal
   */
  mustHaveToken(token: string): void {
    const audiences = audiencesOf(token) ?? []
    if (audiences.some((each) => this.has(each))) return
    const elsewhere = audiences.find((each) => this.#isAnyNamed || originIn(each) !== undefined)
    if (elsewhere !== undefined)
      throw wrongUsage(
        `the token of \`HOTWORK_TOKEN\` is for \`${elsewhere.slice(0, 200)}\`, and this Hotwork is \`${this.api}\``,
        "set it to a token for this Hotwork, or name the token's Hotwork with `--api` or `HOTWORK_API`",
      )
  }

  notOwn(name: string) {
    return wrongUsage(
      `\`${this.api}\` asks for a login to \`${name.slice(0, 200)}\`, which is not its own`,
      'is it your Hotwork? Ask its operator for the `HOTWORK_AUDIENCE`; do not set the name in this message (docs/command-line.md)',
    )
  }
}

const audiencesOf = (token: string): readonly string[] | undefined => {
  const claims = claimsOf(token)
  return claims && [claims.aud ?? []].flat()
}

/** The claims of a token, unverified, since only its API can judge them. Undefined unless it is a JWT. */
export function claimsOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token)
  } catch {
    return undefined
  }
}
