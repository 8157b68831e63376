// Rules: test/policies/identities.test.ts
import { dirname, resolve } from 'node:path'
import {
  accountOfRole,
  commonClaims,
  githubPins,
  type Issuer,
  type IssuerFile,
  kindOf,
  pinnableClaims,
  SpiffeBundle,
  trustDomainOf,
} from '../../domain/people/identity-issuer.ts'
import { canCoincide, type Identity } from '../../domain/people/organisation.ts'
import type { Deployment } from '../../domain/policy/bundle.ts'
import { known, type Path } from '../../domain/what-is-wrong.ts'
import type { DeploymentFile } from './file-shapes.ts'
import { type JsonDocument, type Problem, problemsIn } from './json-document.ts'
import type { Folder, ReadFile, Sourced } from './read-folder.ts'

type Held = { holder: string; identity: Identity; path: Path; document: JsonDocument }

type Wrong = [member: Path, message: string, fix: string]

/** Checks that each party is distinct, and that each identity can be proved by the issuer that it names. */
export function checkIdentities({ agents, directory, tools, deployment }: Folder): Problem[] {
  const issuers = new Map(Object.entries(deployment.value.issuers))
  const held = [
    ...identitiesIn(directory, 'people', directory.value.people),
    ...identitiesIn(agents, 'agents', agents.value.agents),
    ...identitiesIn(tools, 'tools', tools.value.tools),
  ]
  return [
    ...checkIssuers(deployment),
    ...held.flatMap(({ holder, identity, path, document }) =>
      wrongsOf(identity, holder, issuers).map(([member, message, fix]) =>
        document.report([...path, ...member], message, fix),
      ),
    ),
    ...checkHolders(held),
  ]
}

const identitiesIn = (
  { document }: { document: JsonDocument },
  list: string,
  parties: readonly { id: string; identities: readonly Identity[] }[],
): Held[] =>
  parties.flatMap(({ id, identities }, at) =>
    identities.map((identity, index) => ({ holder: id, identity, path: [list, at, 'identities', index], document })),
  )

/**
 * Refuses two aliases for the same tokens: a token would belong to the first, so an identity at the second could not be
 * proven.
 */
const checkIssuers = ({ value, document }: Folder['deployment']): Problem[] =>
  problemsIn(document, (say) => {
    const seen = new Map<string, string>()
    for (const [alias, issuer] of Object.entries(value.issuers)) {
      const key = JSON.stringify([issuer.kind === 'spiffe' ? issuer.trustDomain : issuer.issuer, issuer.audience])
      const first = seen.get(key)
      if (first === undefined) seen.set(key, alias)
      else
        say(
          ['issuers', alias, 'audience'],
          `issuer \`${alias}\` has the same tokens as \`${first}\``,
          'give it another audience, or use one alias for both',
        )
    }
  })

function wrongsOf(identity: Identity, holder: string, issuers: ReadonlyMap<string, Issuer>): Wrong[] {
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
 * Checks that an identity belongs to one party: shared by two agents it would not show which of them asked, and shared
 * with a person it would let an agent approve. People are many, so those with a subject are compared only with one
 * another.
 */
function checkHolders(held: readonly Held[]): Problem[] {
  const open = held.filter(({ identity }) => identity.subject === undefined)
  const tokensOf = ({ issuer, subject }: Held['identity']) => JSON.stringify([issuer, subject])
  const bySubject = new Map<string, Held[]>(held.map(({ identity }) => [tokensOf(identity), []]))
  for (const one of held) bySubject.get(tokensOf(one.identity))?.push(one)
  const place = new Map(held.map((one, at) => [one, at]))

  return held.flatMap((one, at) => {
    const { issuer, subject } = one.identity
    const like = subject === undefined ? held : [...(bySubject.get(tokensOf(one.identity)) ?? []), ...open]
    const other = like.find(
      (it) => (place.get(it) ?? at) < at && it.holder !== one.holder && canCoincide(it.identity, one.identity),
    )
    if (!other) return []
    const what = subject === undefined ? 'a token that has these claims' : `\`${subject}\``
    return [
      one.document.report(
        [...one.path, subject === undefined ? 'claims' : 'subject'],
        `${what} of \`${issuer}\` is \`${other.holder}\` already`,
        'give each its own identity, or let one end with `validUntil` before the other begins with `validFrom`',
      ),
    ]
  })
}

/**
 * The deployment with its SPIFFE bundles inlined, since nothing is read from files at run time. A `bundleFile` is
 * relative to the deployment file. Each trust domain has exactly one source of keys.
 */
export function withSpiffeBundles(
  { value, document }: Sourced<DeploymentFile>,
  read: ReadFile,
  problems: Problem[],
): Sourced<Deployment> {
  const places = ['bundleEndpoint', 'bundle', 'bundleFile'] as const

  const withBundle = (alias: string, issuer: IssuerFile): Issuer => {
    if (issuer.kind !== 'spiffe') return issuer
    const named = places.filter((place) => issuer[place] !== undefined)
    if (named.length !== 1) {
      const message = `issuer \`${alias}\` has its bundle from ${named.length === 0 ? 'nowhere' : 'more than one place'}`
      const fix = 'give it exactly one of `bundleEndpoint`, `bundle` and `bundleFile`'
      problems.push(document.report(['issuers', alias, named[1] ?? 'kind'], message, fix))
    }
    const { bundleFile, ...spiffe } = issuer
    if (bundleFile === undefined) return spiffe
    const file = read(resolve(dirname(document.file), bundleFile), SpiffeBundle)
    return file ? { ...spiffe, bundle: file.value } : spiffe
  }
  const issuers = Object.entries(value.issuers).map(([alias, issuer]) => [alias, withBundle(alias, issuer)])
  return { value: { ...value, issuers: Object.fromEntries(issuers) }, document }
}
