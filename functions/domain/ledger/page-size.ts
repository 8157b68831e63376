/** A Lambda answers at most 6 MB, counted once its answer, in which a page is text, is JSON itself. */
const largestPage = 5_000_000

/** What a line may take there: a quote is escaped, and any other character than plain ASCII may be. */
const weightOf = (text: string): number =>
  text.length + (text.match(/["\\]/g)?.length ?? 0) + 6 * (text.match(/[^ -~]/g)?.length ?? 0)

/** How many entries, as they are stored, fit on one page: always the first. */
export function countFitting(texts: readonly string[]): number {
  let sum = 0
  const over = texts.findIndex((text, index) => {
    sum += weightOf(text)
    return index > 0 && sum > largestPage
  })
  return over < 0 ? texts.length : over
}
