import * as fc from 'fast-check'
import { Roster } from '../../../infra/local/desk/state.ts'
import { formatDate, namesOf, renderMrkdwn, renderRichText } from '../../../infra/local/desk/text.ts'

const people = [{ slackUserId: 'U0ANA', name: 'ana', realName: 'Ana & Co', groups: ['sre'] }]
const names = namesOf(new Roster(people, [{ name: 'approvals', id: 'C0' }]), { userId: 'U0BOT', name: 'Hotwork' })
const rendered = (text: string) =>
  renderMrkdwn(text, names).markup.replace(/<span class="lines">([\s\S]*?)<\/span>$/, '$1')

test.each<[written: string, shown: string]>([
  ['*bold* _it_ ~gone~ `code`', '<b>bold</b> <i>it</i> <s>gone</s> <code>code</code>'],
  ['*bold _and_ more*', '<b>bold <i>and</i> more</b>'],
  ['2*3*4, a_b_c, * apart *', '2*3*4, a_b_c, * apart *'],
  ['`*not bold*`', '<code>*not bold*</code>'],
  ['&lt;b&gt; &amp;amp; "q"', '&lt;b&gt; &amp;amp; &quot;q&quot;'],
  ['<b>tag</b>', '&lt;b&gt;tag&lt;/b&gt;'],
  ['<javascript:alert(1)|Approve>', '&lt;javascript:alert(1)|Approve&gt;'],
  [
    '<https://x.test/?a=1&amp;b="|here>',
    '<a href="https://x.test/?a=1&amp;b=&quot;" target="_blank" rel="noopener noreferrer">here</a>',
  ],
  ['&lt;!channel&gt; &lt;@U0ANA&gt;', '&lt;!channel&gt; &lt;@U0ANA&gt;'],
  [':lock: :unheard_of:', '🔒 :unheard_of:'],
])('`%s` is shown as a reader of Slack sees it', (written, shown) => {
  expect(rendered(written)).toBe(shown)
})

test.each<[written: string, shown: string]>([
  ['<@U0ANA>', '@Ana &amp; Co'],
  ['<@U0BOT>', '@Hotwork'],
  ['<@U0GONE>', '@U0GONE'],
  ['<#C0>', '#approvals'],
  ['<!subteam^SSRE>', '@sre'],
  ['<!here>', '@here'],
])('%s is a mention of %s', (written, shown) => {
  expect(renderMrkdwn(written, names).markup).toMatch(new RegExp(`<span class="mention[^"]*">${shown}</span>`))
})

test('quoted lines and code blocks stand apart', () => {
  const { markup } = renderMrkdwn('said:\n&gt; one\n&gt; *two*\n```a\n <b>```\nend', names)
  expect(markup).toBe(
    '<span class="lines">said:</span><blockquote>one<br><b>two</b></blockquote><pre>a\n &lt;b&gt;</pre><span class="lines">end</span>',
  )
})

test('a date is shown in the format asked for, and as its fallback when it is none', () => {
  const at = new Date(2026, 10, 25, 8, 5, 9)
  const { markup } = formatDate(at.getTime() / 1_000, '{date_num} at {time_secs} {unknown}')
  expect(markup).toBe(`<time datetime="${at.toISOString()}">2026-11-25 at 08:05:09 {unknown}</time>`)
  expect(rendered('<!date^soon^{time}|at <once>')).not.toContain('<once>')
  expect(rendered('<!date^soon^{time}|at once>')).toBe('at once')
})

test('rich text is literal', () => {
  const text = '*x* <!channel> `y`'
  const block = { elements: [{ type: 'rich_text_quote', elements: [{ type: 'text', text, style: { bold: true } }] }] }
  expect(renderRichText(block, names).markup).toContain('<b>*x* &lt;!channel&gt; `y`</b>')
})

test('of any text, nothing but the desk’s own tags comes out', async () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '&',
    '"',
    "'",
    '`',
    '```',
    '*',
    '_',
    '~',
    '|',
    '\n',
    '!date^1^{time}^',
    'https://x',
    'javascript:',
    'script',
    'onerror=',
    '&lt;',
    '@U',
    'a',
  )
  const known =
    /<\/?(?:b|i|s|code|pre|blockquote|br|span class="[a-z ]+"|span|a href="(?:https?:\/\/|mailto:)[^"<>]*" target="_blank" rel="noopener noreferrer"|a|time datetime="[^"<>]*"|time)>/g
  await fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      expect(renderMrkdwn(pieces.join(''), names).markup.replace(known, '')).not.toMatch(/[<>"]/)
    }),
    { numRuns: 3_000 },
  )
})
