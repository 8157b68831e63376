// Rules: test/adapters/dynamodb/ledger-index.test.ts
/** The largest page in bytes. A Lambda answers at most 6 MB, in which the page is a JSON string. */
const largestPage = 5_000_000

/** The most bytes that a line may take in that string: quotes are escaped, and other characters may be. */
const weightOf = (text: string): number =>
  text.length + (text.match(/["\\]/g)?.length ?? 0) + 6 * (text.match(/[^ -~]/g)?.length ?? 0)

/** The number of stored entries that fit on one page, at least one. */
export function countFitting(texts: readonly string[]): number {
  let sum = 0
  const over = texts.findIndex((text, index) => {
    sum += weightOf(text)
    return index > 0 && sum > largestPage
  })
  return over < 0 ? texts.length : over
}
