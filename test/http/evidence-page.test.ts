import { parseBody, RequestBody } from '../../functions/adapters/http/authzen.ts'
import { listedView, personView, shownView } from '../../functions/adapters/http/views.ts'
import { requestPage } from '../../functions/adapters/pages/request-page.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { evidenceOf } from '../../functions/domain/record/evidence.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { erasedText } from '../../functions/operations/ledger/texts.ts'
import { corpus } from '../channels/slack/cards/inert-corpus.ts'
import { person, prodParameter, sampleBundle, start, World } from '../support/world.ts'

/** Evidence on the page of a request, in R, and in a body. */

const sample = sampleBundle()
const bundle: Bundle = { ...sample, deployment: { ...sample.deployment, evidenceHosts: ['graphs.example.com'] } }
const whyNot = { approve: undefined, deny: undefined, revise: undefined }
const reader = { name: 'Ana', csrf: 'x', person: person('ana') }

let request: ApprovalRequest
beforeEach(async () => {
  request = await new World(bundle).submitted(prodParameter)
})
const having = (...evidence: Parameters<typeof evidenceOf>[0]): ApprovalRequest => {
  const ask = { ...request.ask, evidence: evidenceOf(evidence) }
  return { ...request, ask } as ApprovalRequest
}
const pageOf = (state: ApprovalRequest, by: Bundle = bundle) => {
  const page = requestPage({ viewed: { state, whyNot }, bundle: by, reader, now: start })
  return page.slice(page.indexOf('The agent says (unverified)'))
}
const url = 'https://graphs.example.com/d/1?from=02:51&to="now"'

test('a page has each text whole, folded, with its lines, and says what the digest does not cover', () => {
  const page = pageOf(having({ title: 'errors', text: 'first\r\n  second', media_type: 'text/markdown' }))
  expect(page).toContain('<details><summary>Text (text/markdown)</summary><pre>first\n  second</pre></details>')
  expect(page).toContain('It does not cover the content behind an address')
  expect(pageOf(request)).not.toContain('Evidence')
})

test('a list of requests has titles and digests of evidence, and no texts', () => {
  const state = having({ title: 'errors', text: 'x'.repeat(32_000) })
  const [{ text: _, ...item } = {}] = personView(state, bundle).evidence ?? []
  expect(listedView(state, bundle)).toEqual({ ...personView(state, bundle), evidence: [item] })
  expect(listedView(request, bundle)).toEqual(personView(request, bundle))
})

test('an address is a link on the page, which tells the other site nothing, while its host is one of the deployment', () => {
  const state = having({ title: 'p99', url })
  const shown = 'https://graphs.example.com/d/1?from=02:51&amp;to=&quot;now&quot;'
  expect(pageOf(state)).toContain(`<a href="${shown}" rel="noopener noreferrer nofollow">${shown}</a>`)
  expect(pageOf(state, sample)).not.toContain('<a href="https:')
  expect(pageOf(state, sample)).toContain(`<code>${shown}</code>`)
})

test.each(['javascript:alert(1)', 'https://graphs.example.com@evil.example/', erasedText])(
  'an address %s is text on the page, also where it came into the record otherwise',
  (wrong) => {
    expect(pageOf(having({ title: 'p99', url: wrong }))).not.toContain(`href="${wrong}`)
  },
)

test('evidence of any text is text on the page, without markup and hidden characters', () => {
  for (const text of corpus.filter((each) => each !== '' && each.isWellFormed())) {
    const page = pageOf(having({ title: text, url: text, text: `a\n${text}` }))
    const [list = ''] = /<h4>Evidence<\/h4>[\s\S]*?<\/ul>/.exec(page) ?? []
    expect(list).not.toMatch(/\p{Cf}|(?!\n)\p{Cc}/u)
    expect(list.replaceAll(/<\/?(h4|p|ul|li|strong|br|code|details|summary|pre)\b[^<>]*>/g, '')).not.toMatch(/[<>]/)
  }
})

test('R has the evidence as it was given, with the digest of each, and its rows for a screen', () => {
  const state = having({ title: 'p99', url, text: 'slow', media_type: 'text/plain' })
  const [item] = state.ask.evidence ?? []
  expect(personView(state, bundle).evidence).toEqual([
    { title: 'p99', url, text: 'slow', media_type: 'text/plain', digest: item?.digest },
  ])
  expect(shownView(state, bundle)?.said).toContainEqual({
    name: 'Evidence',
    text: `“p99”, a text (text/plain), at ${url}, whose content may change after you decide`,
  })
  expect('evidence' in personView(request, bundle)).toBe(false)
})

const body = {
  subject: { type: 'agent', id: 'agent:remediator' },
  action: { name: 'ssm:PutParameter' },
  resource: { type: 'ssm:parameter', id: 'arn' },
}
const withEvidence = (evidence: unknown) => ({
  ...body,
  context: { purpose: 'remediation', parent_task: { id: 'INC-1' }, evidence },
})

test.each<[what: string, evidence: unknown, says: string]>([
  ['a text', 'slow', '`context.evidence` should be a list'],
  ['an item without a title', [{ text: 'slow' }], '`context.evidence.0.title` is missing'],
  ['six items', Array(6).fill({ title: 'a' }), '`context.evidence`: should have at most 5 items'],
  ['33 KiB', [{ title: 'a', text: 'x'.repeat(33 * 1024) }], '`context.evidence`: titles, addresses and texts'],
  ['another media type', [{ title: 'a', text: '<b>', media_type: 'text/html' }], '`context.evidence.0.media_type`'],
])('a body whose evidence is %s is 400, and names the member', (_, evidence, says) => {
  expect(() => parseBody(RequestBody, withEvidence(evidence) as never)).toThrow(
    expect.objectContaining({ problem: expect.objectContaining({ detail: expect.stringContaining(says) }) }),
  )
})

test('unknown members of an item are ignored', () => {
  const { context } = parseBody(RequestBody, withEvidence([{ title: 'a', more: 1 }]) as never)
  expect(context.evidence).toEqual([{ title: 'a' }])
})
