type Leaf = { type: string; text: string; style?: { code?: boolean; italic?: boolean } }
const theirPlaces = ['rich_text_preformatted', 'rich_text_quote']

/** Whatever is shown as text, and whether it stands where, or in a type in which, only what others wrote stands. */
export function leavesOf(value: unknown, theirs = false): { text: string; theirs: boolean }[] {
  if (Array.isArray(value)) return value.flatMap((each) => leavesOf(each, theirs))
  if (typeof value !== 'object' || value === null) return []
  const { type, text, style } = value as Leaf
  if ((type === 'text' || type === 'plain_text') && typeof text === 'string')
    return [{ text, theirs: theirs || style?.code === true || style?.italic === true }]
  return Object.values(value).flatMap((each) => leavesOf(each, theirs || theirPlaces.includes(type)))
}

/** All that blocks say in words of ours: what others wrote stands in places and in a type of its own. */
export const ownWords = (blocks: readonly object[]): string =>
  leavesOf(blocks.filter((block) => !('type' in block) || block.type !== 'actions'))
    .filter((leaf) => !leaf.theirs)
    .map(({ text }) => text)
    .join('')

/** Characters that do not show as what they are. */
export const deceives = (text: string): boolean =>
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u.test(
    // A line break and an emoji's selector are ours: each stands where no text of theirs does.
    text.replaceAll('\n', '').replaceAll('\ufe0f', ''),
  )

const active =
  /"type":"(?:mrkdwn|link|user|usergroup|broadcast|channel|emoji|image|color)"|"emoji":true|"image_url"|"link_names"/g
const ourPage = /^https:\/\/hotwork\.example\/(?:decide\/req|break-glass\/bgl)_[0-9a-z]{26}$/

/** Nothing that Slack reads as more than text, but our own page. */
export function expectInert(blocks: readonly object[]): void {
  // One assertion for all, since thousands of texts go through here.
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
