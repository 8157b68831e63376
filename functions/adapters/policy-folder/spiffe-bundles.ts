import { dirname, resolve } from 'node:path'
import { type Issuer, type IssuerFile, SpiffeBundle } from '../../domain/people/identity-issuer.ts'
import type { Deployment } from '../../domain/policy/bundle.ts'
import type { DeploymentFile } from './file-shapes.ts'
import type { Problem } from './problem.ts'
import type { ReadFile, Sourced } from './read-folder.ts'

/**
 * A deployment with the SPIFFE bundles that it names by file in their places: nothing reads a file at run time. A
 * `bundleFile` is relative to the deployment file. Each trust domain has its keys from one place.
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
