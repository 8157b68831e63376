type Leaf = { type: string; text: string; style?: { code?: boolean; italic?: boolean } }
const theirPlaces = ['rich_text_preformatted', 'rich_text_quote']

/** All shown text, and whether it stands in a place or type reserved for others' texts. */
export function leavesOf(value: unknown, theirs = false): { text: string; theirs: boolean }[] {
  if (Array.isArray(value)) return value.flatMap((each) => leavesOf(each, theirs))
  if (typeof value !== 'object' || value === null) return []
  const { type, text, style } = value as Leaf
  if ((type === 'text' || type === 'plain_text') && typeof text === 'string')
    return [{ text, theirs: theirs || style?.code === true || style?.italic === true }]
  return Object.values(value).flatMap((each) => leavesOf(each, theirs || theirPlaces.includes(type)))
}

/** All of a card's own words: others' texts stand in places and types of their own. */
export const ownWords = (blocks: readonly object[]): string =>
  leavesOf(blocks.filter((block) => !('type' in block) || block.type !== 'actions'))
    .filter((leaf) => !leaf.theirs)
    .map(({ text }) => text)
    .join('')

/** Characters that are invisible or look like others. */
export const deceives = (text: string): boolean =>
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u.test(
    // A line break and an emoji's selector are ours, outside others' texts.
    text.replaceAll('\n', '').replaceAll('\ufe0f', ''),
  )

const active =
  /"type":"(?:mrkdwn|link|user|usergroup|broadcast|channel|emoji|image|color)"|"emoji":true|"image_url"|"link_names"/g
const ourPage = /^https:\/\/hotwork\.example\/(?:decide\/req|break-glass\/bgl)_[0-9a-z]{26}$/

/** Expects plain text and links to our own page, and nothing else that Slack interprets. */
export function expectInert(blocks: readonly object[]): void {
  // One assertion for all, because it runs over thousands of texts.
  expect({ active: activeIn(blocks), deceiving: leavesOf(blocks).filter(({ text }) => deceives(text)) }).toEqual({
    active: [],
    deceiving: [],
  })
}

export function activeIn(blocks: readonly object[]): readonly string[] {
  const json = JSON.stringify(blocks)
  const links = [...json.matchAll(/"url":"([^"]*)"/g)].map(([, url = '']) => url)
  return [...(json.match(active) ?? []), ...links.filter((url) => !ourPage.test(url))]
}
