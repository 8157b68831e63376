import { read } from '../support/repository.ts'
import { missingProofs, proofsOf } from './support/proofs.ts'

/** docs/controls.md answers the demands of standards, each with a test that fails if the answer becomes wrong. */

const page = read('docs/controls.md')
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

/** The items of each standard, by the ids in the first column; from SP 800-53 the controls of four families. */
const standards: readonly { section: string; id: RegExp; items: readonly string[] }[] = [
  {
    section: 'OWASP Top 10 for Agentic Applications',
    id: /ASI\d+/g,
    items: range(1, 10).map((n) => `ASI${String(n).padStart(2, '0')}`),
  },
  { section: 'OWASP Non-Human Identities Top 10', id: /NHI\d+:2025/g, items: range(1, 10).map((n) => `NHI${n}:2025`) },
  {
    section: 'OWASP Top 10 for LLM Applications',
    id: /LLM\d+:2025/g,
    items: range(1, 10).map((n) => `LLM${String(n).padStart(2, '0')}:2025`),
  },
  { section: 'CSA MAESTRO', id: /Layer \d/g, items: range(1, 7).map((n) => `Layer ${n}`) },
  {
    section: 'NIST AI Risk Management Framework',
    id: /(?:GOVERN|MAP|MEASURE|MANAGE) \d|2\.\d+/g,
    items: [
      ...range(1, 6).map((n) => `GOVERN ${n}`),
      ...range(1, 5).map((n) => `MAP ${n}`),
      ...range(1, 4).map((n) => `MEASURE ${n}`),
      ...range(1, 4).map((n) => `MANAGE ${n}`),
      ...range(1, 12).map((n) => `2.${n}`),
    ],
  },
  {
    section: 'NIST Cybersecurity Framework',
    id: /[A-Z]{2}\.[A-Z]{2}/g,
    items: (
      'GV.OC GV.RM GV.RR GV.PO GV.OV GV.SC ID.AM ID.RA ID.IM PR.AA PR.AT PR.DS PR.PS PR.IR ' +
      'DE.CM DE.AE RS.MA RS.AN RS.CO RS.MI RC.RP RC.CO'
    ).split(' '),
  },
  {
    section: 'NIST SP 800-53',
    id: /(?:AC|AU|IA|IR)-\d+(?!\d|\()/g,
    items: [
      ...[...range(1, 12), 14, ...range(16, 25)].map((n) => `AC-${n}`),
      ...[...range(1, 14), 16].map((n) => `AU-${n}`),
      ...range(1, 13).map((n) => `IA-${n}`),
      ...range(1, 9).map((n) => `IR-${n}`),
    ],
  },
]

const sections = page.split(/^## /m).slice(1)
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| ([^|]+) \| ([^|]+) \| ?([^|]*)\|$/gm)]
    .map(([, demand = '', answer = '', proof = '']) => ({ demand, answer, proof: proof.trim() }))
    .filter(({ demand, answer }) => demand !== '---' && answer !== 'what Hotwork does')
const rows = sections.flatMap(rowsOf)

test('every row of the controls is parsed', () => {
  const drawn = page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:---|\w+ \| what Hotwork)/.test(line))
  expect(rows).toHaveLength(drawn.length)
})

test('the controls have exactly one table for each standard', () => {
  expect(sections.map((text) => text.split('\n')[0])).toEqual(standards.map(({ section }) => section))
})

describe.each(standards)('$section', ({ section, id, items }) => {
  const text = sections.find((found) => found.startsWith(section)) ?? ''

  test('the table has each item of its standard once', () => {
    expect(rowsOf(text).flatMap(({ demand }) => demand.match(id) ?? [])).toEqual(items)
  })

  test('the table has the address of its source', () => {
    expect(text).toMatch(/<https:\/\/[^>]+>/)
  })
})

test.each(rows)('$demand has a test, or says who should answer it instead', ({ answer, proof }) => {
  if (answer.startsWith('**Not answered.**')) {
    expect(answer).toMatch(/ Responsible: \S.*\.$/)
    expect(proof).toBe('')
    return
  }
  expect(proofsOf(proof)).not.toEqual([])
  expect(missingProofs(proof)).toEqual([])
})
