import { kindOf } from '../../domain/issuer.ts'
import { known } from './check-references.ts'
import type { Problem } from './problem.ts'
import type { Folder } from './read-folder.ts'

/** Where people log in is an OpenID provider on the list, and somebody of the directory can log in there. */
export function checkLogin({ deployment: { value, document }, directory }: Folder): Problem[] {
  const { login, issuers } = value
  if (!login) return []
  const say = (message: string, fix: string) => [document.report(['login', 'issuer'], message, fix)]
  const issuer = Object.hasOwn(issuers, login.issuer) ? issuers[login.issuer] : undefined
  if (!issuer) return say(`\`${login.issuer}\` is none of the issuers`, known(Object.keys(issuers)))
  if (kindOf(issuer) !== 'oidc')
    return say(
      `\`${login.issuer}\` is of kind \`${kindOf(issuer)}\`, where no person logs in`,
      'name an OpenID Connect issuer',
    )
  if (directory.value.people.some(({ identities }) => identities.some((each) => each.issuer === login.issuer)))
    return []
  return say(`nobody in directory.json has an identity of \`${login.issuer}\``, 'name the issuer of people')
}
