// Rules: test/policies/identities.test.ts
import { known, type Path } from '../what-is-wrong.ts'
import {
  accountOfRole,
  commonClaims,
  githubPins,
  type Issuer,
  kindOf,
  pinnableClaims,
  trustDomainOf,
} from './identity-issuer.ts'
import { canCoincide, type Identity } from './organisation.ts'

/** An identity of an agent, a person or a tool. */
export type Held = { holder: string; identity: Identity }
/** A problem at a member of the identity, with its fix. */
export type Wrong = [member: Path, message: string, fix: string]

/** The problems of one identity by itself. */
export function wrongsOf(identity: Identity, holder: string, issuers: ReadonlyMap<string, Issuer>): Wrong[] {
  const issuer = issuers.get(identity.issuer)
  if (!issuer) return [[['issuer'], `issuer \`${identity.issuer}\` is not in the deployment`, known(issuers.keys())]]
  return [...whenWrong(identity), ...whoWrong(identity, holder, issuer), ...claimsWrong(identity, issuer)]
}

const whenWrong = ({ validFrom = 0, validUntil = Number.POSITIVE_INFINITY }: Identity): Wrong[] =>
  validFrom < validUntil
    ? []
    : [[['validUntil'], 'the identity ends before it begins', 'move `validUntil` behind `validFrom`']]

function whoWrong({ subject }: Identity, holder: string, issuer: Issuer): Wrong[] {
  const kind = kindOf(issuer)
  if (kind !== 'oidc' && holder.startsWith('person:')) {
    const fix = 'give people an OpenID Connect issuer of their own, or an audience of their own'
    return [[['issuer'], `${holder} is at an issuer of workloads, and is none`, fix]]
  }
  if (subject === undefined) {
    const fix = 'add it exactly as in the token; docs/identity.md describes it for each kind of issuer'
    return kind === 'github' ? [] : [[['subject'], '`subject` is missing', fix]]
  }
  if (subject.includes('*')) {
    return [[['subject'], 'a subject is matched exactly: `*` is not a wildcard', 'write out the one it is']]
  }
  if (issuer.kind === 'spiffe' && trustDomainOf(subject) !== issuer.trustDomain) {
    const message = `\`${subject}\` is not a SPIFFE ID of a workload in \`${issuer.trustDomain}\``
    return [
      [['subject'], message, `write \`spiffe://${issuer.trustDomain}/\` and the path, without a slash at the end`],
    ]
  }
  if (issuer.kind === 'aws' && !issuer.originIdentity && accountOfRole(subject) !== issuer.accountId) {
    const fix = `write \`arn:aws:iam::${issuer.accountId}:role/\` and the role's path and name`
    return [[['subject'], `\`${subject}\` is not a role of account ${issuer.accountId}`, fix]]
  }
  return []
}

function claimsWrong({ claims = {} }: Identity, issuer: Issuer): Wrong[] {
  const kind = kindOf(issuer)
  const pinnable = pinnableClaims[kind]
  const wrongs: Wrong[] = []
  for (const [name, value] of Object.entries(claims)) {
    const fix = pinnable ? `remove it; ${known(pinnable)}` : 'remove it; it is checked separately'
    if (pinnable ? !pinnable.includes(name) : commonClaims.includes(name))
      wrongs.push([['claims', name], `claim \`${name}\` does not identify the party at a \`${kind}\` issuer`, fix])
    else if (value.includes('*'))
      wrongs.push([['claims', name], 'a claim is matched exactly: `*` is not a wildcard', 'write out the one it is'])
  }
  const pins = kind === 'github' ? githubPins : []
  for (const name of pins.filter((pin) => !Object.hasOwn(claims, pin))) {
    const fix = `add it to \`claims\`, with ${pins.map((pin) => `\`${pin}\``).join(', ')}`
    wrongs.push([['claims'], `an identity at GitHub must pin \`${name}\``, fix])
  }
  return wrongs
}

/**
 * The identities that an earlier party also has. Shared by two agents, an identity would hide which one asked; shared
 * with a person, it would let an agent approve. People are many, so those with a subject are compared only with one
 * another.
 *
 * @param of the identities to compare with earlier ones: by default all
 */
export function coincidences<H extends Held>(held: readonly H[], of = held): { one: H; wrong: Wrong }[] {
  const open = held.filter(({ identity }) => identity.subject === undefined)
  const tokensOf = ({ issuer, subject }: Identity) => JSON.stringify([issuer, subject])
  // Avoids `Map.groupBy`, which Node 20 lacks: the client runs this code too.
  const bySubject = new Map<string, H[]>(held.map(({ identity }) => [tokensOf(identity), []]))
  for (const one of held) bySubject.get(tokensOf(one.identity))?.push(one)
  const place = new Map(held.map((one, at) => [one, at]))

  return of.flatMap((one) => {
    const at = place.get(one) ?? 0
    const { issuer, subject } = one.identity
    const like = subject === undefined ? held : [...(bySubject.get(tokensOf(one.identity)) ?? []), ...open]
    const other = like.find(
      (it) => (place.get(it) ?? at) < at && it.holder !== one.holder && canCoincide(it.identity, one.identity),
    )
    if (!other) return []
    const token = subject === undefined ? 'a token that has these claims' : `\`${subject}\``
    const wrong: Wrong = [
      [subject === undefined ? 'claims' : 'subject'],
      `${token} of \`${issuer}\` is \`${other.holder}\` already`,
      'give each its own identity, or let one end with `validUntil` before the other begins with `validFrom`',
    ]
    return [{ one, wrong }]
  })
}
