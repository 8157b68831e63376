// Rules: test/policies/changes/policy-reads.test.ts
/** The values that a path is compared with. Datetimes are Unix seconds, durations seconds. */
export type Compared = {
  readonly numbers: readonly number[]
  readonly texts: readonly string[]
  /** The patterns of `like`; `*` stands for any characters. */
  readonly patterns: readonly string[]
}

export type Named = { readonly type: 'Agent' | 'Person' | 'Group' | 'Resource' | 'Action'; readonly id: string }

/** The facts that one policy reads. */
export type Reads = {
  /** By path, such as `context.arguments.Timeout`, `resource.tier` or `principal`. */
  readonly paths: { readonly [path: string]: Compared }
  readonly named: readonly Named[]
  /** The policy without its annotations: equal for two that differ only in name and layout. */
  readonly shape: string
  /** The conditions that must all hold for the policy to apply, as written. */
  readonly parts: readonly string[]
}

/** By Cedar action and `@id`. */
export type PolicyReads = { readonly [action: string]: { readonly [id: string]: Reads } }

export const unread: Compared = { numbers: [], texts: [], patterns: [] }

/** The reads of an unknown policy, which is assumed to read the approval. */
export const noReads: Reads = { paths: { 'context.approval': unread }, named: [], shape: '', parts: [] }

const unique = <T>(all: readonly T[]): readonly T[] => [...new Set(all)]

/** Merges the reads of several policies. */
export function readsTogether(all: readonly Reads[]): Reads {
  const paths: { [path: string]: Compared } = {}
  for (const [path, compared] of all.flatMap((reads) => Object.entries(reads.paths))) {
    const known = paths[path] ?? unread
    paths[path] = {
      numbers: unique([...known.numbers, ...compared.numbers]),
      texts: unique([...known.texts, ...compared.texts]),
      patterns: unique([...known.patterns, ...compared.patterns]),
    }
  }
  const named = new Map(all.flatMap((reads) => reads.named.map((each) => [`${each.type} ${each.id}`, each] as const)))
  return { paths, named: [...named.values()], shape: all.map(({ shape }) => shape).join('\n'), parts: [] }
}

export const readsPath = ({ paths }: Pick<Reads, 'paths'>, path: string): boolean =>
  Object.keys(paths).some((each) => each === path || each.startsWith(`${path}.`))

export const names = ({ named }: Pick<Reads, 'named'>, id: string): boolean => named.some((each) => each.id === id)
