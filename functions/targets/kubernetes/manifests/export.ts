// Rules: test/targets/kubernetes/export.test.ts
import { digestOf } from '../../../domain/digest.ts'
import type { Json } from '../../../domain/values.ts'
import { Cluster, type KubernetesEntry } from '../rules/entry.ts'
import { segmentsOf } from '../rules/paths.ts'
import { accessOf, foundationOf } from './access.ts'
import { admissionOf, guardrailOf } from './admission.ts'
import { authenticationOf, eksOf } from './authentication.ts'
import { type Acts, whatOf } from './expressions.ts'
import { yamlOf } from './yaml.ts'

type Exported =
  | { ok: true; hash: string; files: { readonly [name: string]: string } }
  | { ok: false; problems: readonly string[] }

/**
 * The files by which a cluster holds Hotwork's tokens to their acts. The same catalogue gives the same bytes.
 * @param entries of the target
 * @param settings of the target, which are checked
 * @param issuer the address of Hotwork
 */
export function exportPolicies(entries: readonly KubernetesEntry[], settings: object, issuer: string): Exported {
  const { kind: _, ...members } = { kind: undefined, ...settings }
  const cluster = Cluster.parse(members)
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const acts = actsOf(sorted)
  const problems = acts.flatMap(problemsOf)
  if (problems.length > 0) return { ok: false, problems }
  const hash = digestOf('hotwork.kubernetes-policies.v1', {
    ...{ issuer, cluster },
    entries: sorted.map(({ name, credential, kubernetes, arguments: schema }) => ({
      ...{ name, credential, kubernetes, schema },
    })),
  } as unknown as Json)
  const annotations = { 'hotwork.dev/catalogue': hash }
  const file = (documents: readonly Json[]) =>
    `# Written by \`hotwork policy export kubernetes\` from the catalogue ${hash}; do not edit it.\n${yamlOf(documents)}`
  return {
    ok: true,
    hash,
    files: {
      '1-namespace.yaml': file(foundationOf(cluster, annotations)),
      '2-admission.yaml': file(admissionOf(acts, cluster, annotations)),
      '3-guardrail.yaml': file(guardrailOf(cluster, annotations)),
      // Rights come last, so that no right is there before the policies that bound it.
      '4-access.yaml': file(accessOf(sorted, cluster, annotations)),
      'authentication.yaml': file([authenticationOf(issuer, cluster)]),
      'eks.json': `${JSON.stringify(eksOf(issuer, cluster), null, 2)}\n`,
    },
  }
}

/** The acts of the tokens. Hotwork's own calls are held to their act alone. */
function actsOf(entries: readonly KubernetesEntry[]): readonly Acts[] {
  const acts = new Map<string, Acts>()
  for (const entry of entries) {
    const part = entry.kubernetes
    if (!part || part.operation === undefined || entry.credential === 'mediated') continue
    const what = whatOf(part)
    const before = acts.get(what)
    acts.set(what, { what, version: part.version, entries: [...(before?.entries ?? []), entry] })
  }
  return [...acts.values()].toSorted((a, b) => (a.what < b.what ? -1 : 1))
}

/** One expression judges all tokens of an act, so its entries must agree. */
function problemsOf({ what, entries }: Acts): readonly string[] {
  const names = entries.map(({ name }) => `\`${name}\``).join(' and ')
  const parts = entries.flatMap(({ kubernetes }) => kubernetes ?? [])
  const different = (values: readonly (string | undefined)[]) => new Set(values).size > 1
  const guards = parts.flatMap(({ guard }) => guard ?? [])
  const paths = [...new Set(parts.flatMap(({ fields }) => Object.keys(fields)))].map((path) =>
    (segmentsOf(path) ?? []).map(({ name }) => name),
  )
  const within = paths.some((one) =>
    paths.some((other) => one !== other && one.every((name, at) => other[at] === name)),
  )
  return [
    ...(different(parts.map(({ version }) => version)) ? [`${names}: \`${what}\` in different versions`] : []),
    ...(different(guards) ? [`${names}: \`${what}\` with different guards`] : []),
    ...(within ? [`${names}: a field of \`${what}\` is within another field`] : []),
  ]
}
