/** What a path is compared with. A datetime is in seconds since 1970, a duration in seconds. */
export type Compared = {
  readonly numbers: readonly number[]
  readonly texts: readonly string[]
  /** Of `like`; `*` stands for any characters. */
  readonly patterns: readonly string[]
}

export type Named = { readonly type: 'Agent' | 'Person' | 'Group' | 'Resource' | 'Action'; readonly id: string }

/** What one policy reads, as it is written. */
export type Reads = {
  /** By path, such as `context.arguments.Timeout`, `resource.tier` or `principal`. */
  readonly paths: { readonly [path: string]: Compared }
  readonly named: readonly Named[]
  /** The policy without its annotations: the same for two that differ in name and layout only. */
  readonly shape: string
  /** What must all hold for it to apply, each as it is written. */
  readonly parts: readonly string[]
}

/** By Cedar action and `@id`. */
export type PolicyReads = { readonly [action: string]: { readonly [id: string]: Reads } }

export const unread: Compared = { numbers: [], texts: [], patterns: [] }

/** Of a policy that is not known: it is taken to read the approval. */
export const noReads: Reads = { paths: { 'context.approval': unread }, named: [], shape: '', parts: [] }

const unique = <T>(all: readonly T[]): readonly T[] => [...new Set(all)]

/** Of several policies together. */
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
