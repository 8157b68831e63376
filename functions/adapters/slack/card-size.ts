/** Slack refuses messages of about 13,200 characters of blocks and does not say so; UTF-8 bytes, with the text. */
export const largestCard = 9_000

/** UTF-8 bytes of a card as it is sent. */
export const sizeOf = (card: object): number => Buffer.byteLength(JSON.stringify(card))

/** A card with as much on it as Slack takes: by the first of the budgets that fits, else by the last. */
export function fitted<Budget, Card extends object>(
  [generous, ...smaller]: readonly [Budget, ...Budget[]],
  render: (budget: Budget) => Card,
): Card {
  let card = render(generous)
  for (const budget of smaller) {
    if (sizeOf(card) <= largestCard) break
    card = render(budget)
  }
  return card
}
