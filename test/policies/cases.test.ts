import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { CasesFile } from '../../functions/adapters/policy-folder/file-shapes.ts'
import { JsonDocument } from '../../functions/adapters/policy-folder/json-document.ts'
import { findBrokenRung, isAskCase, runCase } from '../../functions/domain/policy/policy-case.ts'
import type { Question } from '../../functions/domain/policy/question.ts'
import { sampleBundle } from '../support/world.ts'
import { sampleFolder } from './sample.ts'

const bundle = sampleBundle()
const policy = new CedarPolicy(bundle)
const ask = (question: Question) => policy.ask(question)

const folder = join(sampleFolder, 'cases')
const files = readdirSync(folder).map((name) => {
  const parsed = new JsonDocument(join(folder, name)).parse(CasesFile)
  if (!parsed) throw new Error(`${name} is not a file of cases`)
  return { name, cases: parsed.cases }
})

describe.each(files)('$name', ({ cases }) => {
  // Undefined if tier or permit, decision and the exact policy ids match the case; otherwise the difference.
  test.each(cases)('$name', (policyCase) => expect(runCase(bundle, ask, policyCase)).toBeUndefined())
})

const asks = files.flatMap(({ cases }) => cases.filter(isAskCase))

test.each(asks)('more approval never permits less: $name', ({ ask: asked, now }) =>
  expect(findBrokenRung(bundle, ask, asked, now)).toBeUndefined(),
)

test('every forbid refuses a case', () => {
  const forbids = Object.values(bundle.policies).flatMap((slice) =>
    Object.entries(slice).flatMap(([id, text]) => (/^forbid\b/m.test(text) ? [id] : [])),
  )
  const refusing = files.flatMap(({ cases }) =>
    cases.flatMap(({ expect: wanted }) => {
      if ('below' in wanted) return wanted.below
      return 'refused' in wanted || !wanted.permit ? wanted.policies : []
    }),
  )
  expect(forbids.length).toBeGreaterThan(6)
  expect(refusing).toEqual(expect.arrayContaining([...new Set(forbids)]))
})
