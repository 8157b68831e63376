import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { problemCodes, problemType, problemTypeOf } from '../../functions/adapters/http/problem.ts'
import { problemTypePage } from '../../functions/adapters/pages/layout.ts'
import { refusals } from '../../functions/domain/refusals.ts'
import { issuer } from '../support/world.ts'

const functions = join(import.meta.dirname, '../../functions')
const sources = ['handlers', 'targets', 'channels', 'adapters/http']
  .flatMap((folder) => readdirSync(join(functions, folder), { recursive: true }).map((file) => join(folder, `${file}`)))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(functions, file), 'utf8') }))

test('a problem type of ours is an address with a page, with its reason and its remedy', () => {
  const ours = problemCodes.filter((code) => problemType(issuer, code).startsWith(issuer))
  expect(ours.length).toBeGreaterThan(60)
  expect(ours.filter((code) => !problemTypeOf(code))).toEqual([])
  for (const code of ours) {
    const type = problemTypeOf(code)
    if (!type) continue
    const page = problemTypePage(code, type)
    expect(page).toContain(`<code>${code}</code>`)
    expect([code, page.includes('<script'), /\.\.<|`/.test(page)]).toEqual([code, false, false])
  }
})

test('an unknown code has no page', () => {
  for (const none of ['', 'constructor', '__proto__', 'no_such', 'MISSING_TOKEN', '../login'])
    expect(problemTypeOf(none)).toBeUndefined()
})

test('a 401 has a challenge (RFC 9110 section 15.5.2)', () => {
  const made = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/(?:status: 401,|statusCode === 401|apiProblem\(\s*401,)/g)].map(({ index = 0 }) => ({
      file,
      challenged: text.slice(index, index + 900).includes("'www-authenticate'"),
    })),
  )
  expect(made.length).toBeGreaterThan(6)
  expect(made.filter(({ challenged }) => !challenged)).toEqual([])
})

test('docs/api.md has every refusal with its status', () => {
  const text = readFileSync(join(functions, '../docs/api.md'), 'utf8')
  const rows = [...text.matchAll(/^ *\| (\d{3}) \|[^|]*\| (.*) \|$/gm)]
  const documented = rows.flatMap(([, status, codes = '']) =>
    [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => [code, Number(status)]),
  )
  const told = Object.entries(refusals).map(([code, { status }]) => [code, status])
  expect(documented.toSorted()).toEqual(told.toSorted())
})
