// Rules: test/policies/identities.test.ts
import { dirname, resolve } from 'node:path'
import { wrongPatterns } from '../../domain/agents/unknown-callers.ts'
import { type Issuer, type IssuerFile, SpiffeBundle } from '../../domain/people/identity-issuer.ts'
import { coincidences, type Held, wrongsOf } from '../../domain/people/identity-problems.ts'
import type { Identity } from '../../domain/people/organisation.ts'
import type { Deployment } from '../../domain/policy/bundle.ts'
import type { Path } from '../../domain/what-is-wrong.ts'
import type { DeploymentFile } from './file-shapes.ts'
import { type JsonDocument, type Problem, problemsIn } from './json-document.ts'
import type { Folder, ReadFile, Sourced } from './read-folder.ts'

type Placed = Held & { path: Path; document: JsonDocument }

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
    ...coincidences(held).map(({ one, wrong: [member, message, fix] }) =>
      one.document.report([...one.path, ...member], message, fix),
    ),
  ]
}

const identitiesIn = (
  { document }: { document: JsonDocument },
  list: string,
  parties: readonly { id: string; identities: readonly Identity[] }[],
): Placed[] =>
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
      for (const { at, message, fix } of wrongPatterns(issuer))
        say(['issuers', alias, ...(at === undefined ? [] : ['expected', at])], message, fix)
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

/**
 * The deployment with its SPIFFE bundles inlined, since run time reads no files. A `bundleFile` is relative to the
 * deployment file. Each trust domain has exactly one source of keys.
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
