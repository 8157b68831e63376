import { pageHeaders } from '../../functions/adapters/pages/layout.ts'
import { drawRequestPage } from '../../functions/adapters/pages/request-page.ts'
import { timelineFigures, timelineFile } from '../../functions/adapters/pages/timeline-picture.ts'
import { describeRequest } from '../../functions/domain/cards/request-view.ts'
import { describeTimeline, type Timeline } from '../../functions/domain/cards/timeline.ts'
import type { Entry } from '../../functions/domain/ledger/ledger.ts'
import { deceives } from '../channels/slack/cards/inert-checks.ts'
import { corpus } from '../channels/slack/cards/inert-corpus.ts'
import { type Life, wholeLife } from '../support/cards/lives.ts'
import { person, sampleBundle } from '../support/world.ts'

const bundle = sampleBundle()
const timelineOf = (life: Life, entries: readonly Entry[] = life.entries): Timeline =>
  describeTimeline(describeRequest(life.now, bundle), { entries }, bundle)
const pageOf = (life: Life, timeline: Timeline) =>
  drawRequestPage({
    view: describeRequest(life.now, bundle),
    whyNot: { approve: 'already_settled', deny: 'already_settled', revise: 'already_settled' },
    reader: { name: 'Ana', csrf: 'x', person: person('gus') },
    now: life.at,
    timeline,
  })
const tagsOf = (text: string) => text.match(/<[a-z/?!][^\s>]*/g)
const wordsOf = (svg: string) => [...svg.matchAll(/>([^<]*)</g)].map(([, text = '']) => text).join('')

test('a picture is a file of its own, with its style inside, no scripts and no links', () => {
  const file = timelineFile(timelineOf(wholeLife()))
  expect(file).toMatch(/prefers-color-scheme: dark/)
  expect(file).not.toMatch(/<script|<foreignObject|<image|<use|href|@import|url\(|on[a-z]+=/i)
  expect(file.replace('http://www.w3.org/2000/svg', '')).not.toContain('://')
})

test('a picture has a name and a description in words', () => {
  const file = timelineFile(timelineOf(wholeLife()))
  expect(file).toMatch(/role="img">\n<title>Completed: succeeded: /)
  expect(file).toMatch(
    /<desc>What became of req_\w+, from top to bottom\. 15 Jan 2027 08:00:00 UTC: agent:remediator asked/,
  )
})

test('a picture as a file is headed by its request and its result', () => {
  const timeline = timelineOf(wholeLife())
  const seen = wordsOf(timelineFile(timeline).replace(/<(title|desc)>[^<]*<\/\1>/g, ''))
  expect(seen).toContain(`Completed: succeeded, ${timeline.id}`)
  expect(
    timelineFigures(timeline)
      .map(({ text }) => text)
      .join('')
      .replace(/<(title|desc)>[^<]*<\/\1>/g, ''),
  ).not.toContain(timeline.id)
})

test('a picture has the values before and after, and the changed one', () => {
  const words = wordsOf(timelineFile(timelineOf(wholeLife())))
  expect(words).toContain('Value "1800" → "2000"'.replaceAll('"', '&quot;'))
  expect(words).toContain('Value "1800" → "1900"'.replaceAll('"', '&quot;'))
})

test.each(corpus.map((text) => [text.slice(0, 60), text]))(
  'a picture of the value %j has no more tags than another',
  (_short, text) => {
    const told = (Value: string) => {
      const life = wholeLife()
      const entries = life.entries.map((entry) => ({
        ...entry,
        facts: JSON.parse(JSON.stringify(entry.facts).replaceAll('"1800"', JSON.stringify(Value))),
      }))
      return timelineFile({ ...timelineOf(life, entries), title: [{ text: Value, isValue: true }] })
    }
    const kinds = (svg: string) => [...new Set(tagsOf(svg))].toSorted()
    const file = told(text)
    expect(kinds(file)).toEqual(kinds(told('x')))
    expect(deceives(wordsOf(file))).toBe(false)
    expect(file.length).toBeLessThan(60_000)
  },
)

test('a page has a picture for wide screens, one for narrow ones, and a list with each entry and its hash', () => {
  const life = wholeLife()
  const html = pageOf(life, timelineOf(life))
  expect(html.match(/<svg [^>]*class="tl tl-(?:wide|narrow)"/g)).toHaveLength(2)
  for (const { id, hash } of life.entries) {
    expect(html).toContain(`<code>${id}</code>`)
    expect(html).toContain(hash)
  }
})

test("a figure has no style of its own: the page's sheet has it, which the policy names", () => {
  for (const figure of timelineFigures(timelineOf(wholeLife()))) expect(figure.text).not.toMatch(/<style|style=/)
  expect(pageHeaders('https://x')['content-security-policy']).not.toContain('unsafe-inline')
})

test('a page says that a cut record goes on', () => {
  const life = wholeLife()
  expect(pageOf(life, { ...timelineOf(life), isCut: true })).toContain('The record goes on.')
})
