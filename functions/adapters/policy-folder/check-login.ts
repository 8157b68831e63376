import { kindOf } from '../../domain/people/identity-issuer.ts'
import { known } from './check-references.ts'
import type { Problem } from './file-shapes.ts'
import type { Folder } from './read-folder.ts'

type Login = NonNullable<Folder['deployment']['value']['login']>

/** Where people log in is an OpenID provider on the list, and a person of the directory can log in there. */
export function checkLogin({ deployment, directory }: Folder): Problem[] {
  const { value, document } = deployment
  const { login, issuers } = value
  if (!login) return []
  const say = (message: string, fix: string) => [document.report(['login', 'issuer'], message, fix)]
  const issuer = Object.hasOwn(issuers, login.issuer) ? issuers[login.issuer] : undefined
  if (!issuer) return say(`\`${login.issuer}\` is none of the issuers`, known(Object.keys(issuers)))
  if (issuer.kind !== undefined && issuer.kind !== 'oidc')
    return say(
      `\`${login.issuer}\` is of kind \`${kindOf(issuer)}\`, where no person logs in`,
      'name an OpenID Connect issuer',
    )
  if (!directory.value.people.some(({ identities }) => identities.some((each) => each.issuer === login.issuer)))
    return say(`no person in directory.json has an identity of \`${login.issuer}\``, 'name the issuer of people')
  return checkClients(login, issuer.issuer, deployment)
}

/**
 * The audience of an ID token is the client that the login was made with (OpenID Connect Core section 2). Were it also
 * the audience of the API, an ID token would be a bearer token here, and readers of the ledger are shown ID tokens.
 */
function checkClients(login: Login, provider: string, { value, document }: Folder['deployment']): Problem[] {
  const clients: [path: string[], clientId: string][] = [[['login', 'clientId'], login.clientId]]
  if (login.commandLine) clients.push([['login', 'commandLine', 'clientId'], login.commandLine.clientId])
  return clients.flatMap(([path, clientId]) =>
    Object.entries(value.issuers).flatMap(([alias, issuer]) =>
      'issuer' in issuer && issuer.issuer === provider && canBe(issuer.audience, clientId)
        ? [
            document.report(
              path,
              `\`${clientId}\` is the audience of issuer \`${alias}\` too, so an ID token would pass for a token of the API`,
              `give \`${alias}\` an audience of its own, such as \`{issuer}/people\``,
            ),
          ]
        : [],
    ),
  )
}

/** Whether an audience may be this client once `{issuer}`, an address without a path, is known. */
function canBe(audience: string, clientId: string): boolean {
  const literal = (part: string) => part.replaceAll(/\W/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`)
  const pattern = audience.split('{issuer}').map(literal).join('https?://[^/]+')
  return audience === clientId || new RegExp(`^${pattern}$`, 'u').test(clientId)
}
