import * as fc from 'fast-check'
import { formatDate, renderMessage, renderRichText } from '../../../local/desk/text.ts'

const nameOf = (id: string) => (id === 'U0ANA' ? 'Ana & Co' : id)

test.each<[written: string, shown: string]>([
  ['&lt;b&gt; &amp;amp; "q"', '&lt;b&gt; &amp;amp; &quot;q&quot;'],
  ['<b>tag</b>', '&lt;b&gt;tag&lt;/b&gt;'],
  ['<javascript:alert(1)|Approve>', '&lt;javascript:alert(1)|Approve&gt;'],
  ['&lt;!channel&gt; &lt;@U0ANA&gt;', '&lt;!channel&gt; &lt;@U0ANA&gt;'],
])('`%s` is shown as the text before its escape', (written, shown) => {
  expect(renderMessage(written).markup).toBe(`<span class="lines">${shown}</span>`)
})

test.each<[id: string, shown: string]>([
  ['U0ANA', '@Ana &amp; Co'],
  ['U0GONE', '@U0GONE'],
])('%s is a mention of %s', (user_id, shown) => {
  const block = { elements: [{ type: 'rich_text_section', elements: [{ type: 'user', user_id }] }] }
  expect(renderRichText(block, nameOf).markup).toContain(`<span class="mention">${shown}</span>`)
})

test('a date is shown in the given format', () => {
  const at = new Date(2026, 10, 25, 8, 5, 9)
  const { markup } = formatDate(at.getTime() / 1_000, '{date_short_pretty} at {time_secs} {unknown}')
  expect(markup).toBe(`<time datetime="${at.toISOString()}">25 Nov 2026 at 08:05:09 {unknown}</time>`)
})

test('rich text is literal', () => {
  const text = '*x* <!channel> `y`'
  const block = { elements: [{ type: 'rich_text_quote', elements: [{ type: 'text', text, style: { bold: true } }] }] }
  expect(renderRichText(block, nameOf).markup).toContain('<b>*x* &lt;!channel&gt; `y`</b>')
})

test('any text renders without foreign tags', async () => {
  const piece = fc.constantFrom(...'<>&"\'`*|\na', 'javascript:', 'script', '&lt;', '@U')
  const known =
    /<\/?(?:b|i|code|pre|blockquote class="lines"|blockquote|p class="lines"|p|div class="rich"|div|span class="lines"|span)>/g
  await fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const leaf = { type: 'text', text: pieces.join(''), style: { code: true } }
      const parts = ['rich_text_section', 'rich_text_preformatted', 'rich_text_quote']
      const block = { elements: parts.map((type) => ({ type, elements: [leaf] })) }
      const { markup } = renderRichText(block, nameOf)
      expect(`${markup}${renderMessage(leaf.text).markup}`.replace(known, '')).not.toMatch(/[<>"]/)
    }),
    { numRuns: 3_000 },
  )
})
