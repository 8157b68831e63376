// Rules: test/targets/aws/iam/trust-policy.test.ts

/** A pattern of IAM, one token for each character: `any` text, `one` character, or that character. */
export type Glob = readonly Token[]
type Token = { readonly any: true } | { readonly one: true } | string

const any = { any: true } as const
const one = { one: true } as const

/** A text in which `*` and `?` are wildcards, as in StringLike. */
export const globOf = (pattern: string): Glob => [...pattern].map((each) => wildcards.get(each) ?? each)
const wildcards = new Map<string, Token>([
  ['*', any],
  ['?', one],
])

/** A text in which they are characters, as in StringEquals. */
export const literalOf = (text: string): Glob => [...text]

/** Whether some text fits both patterns. */
export function meet(left: Glob, right: Glob): boolean {
  // `ends[j]`: whether the rest of `left` and the rest of `right` from `j` share a text. Computed backwards.
  let after = right.map((_, at) => right.slice(at).every(isAny)).concat(true)
  for (const token of left.toReversed()) {
    const now: boolean[] = new Array(right.length + 1).fill(false)
    for (let at = right.length; at >= 0; at--) now[at] = meetFrom(token, right[at], { now, after, at })
    after = now
  }
  return after[0] ?? false
}

type Ends = { now: readonly boolean[]; after: readonly boolean[]; at: number }

function meetFrom(token: Token, other: Token | undefined, { now, after, at }: Ends): boolean {
  const [skipToken, skipOther] = [after[at] ?? false, other !== undefined && (now[at + 1] ?? false)]
  if (isAny(token)) return skipToken || skipOther
  if (other === undefined) return false
  if (isAny(other)) return skipToken || skipOther
  return (typeof token === 'object' || typeof other === 'object' || token === other) && (after[at + 1] ?? false)
}

const isAny = (token: Token): boolean => typeof token === 'object' && 'any' in token
