import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { openApiDocument, operations } from '../../functions/openapi/document.ts'
import { synthesize } from './support/assembly.ts'
import { resourcesOf } from './support/template.ts'

/** The OpenAPI document has exactly the routes of the gateway. */

const document = openApiDocument() as {
  paths: { [path: string]: { [method: string]: { operationId: string; summary: string } } }
}
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
)

test('the OpenAPI document has exactly the routes of the gateway', () => {
  const routes = resourcesOf(synthesize().hotwork, 'AWS::ApiGatewayV2::Route')
    .map(([, { Properties }]) => String(Properties['RouteKey']).replace('+}', '}'))
    .filter((route) => route !== '$default')
  expect(described.toSorted()).toEqual(routes.toSorted())
})

test('the OpenAPI document passes its linter', () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(__dirname, 'support/lint-openapi.mjs')], {
    encoding: 'utf8',
  })
  expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 })
})

test('each operation has a unique name, and a description of one sentence', () => {
  const all = Object.values(operations)
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  expect(all.map(({ does }) => does).filter((does) => !/^[A-Z][^.]*(?:[.]\d[^.]*)?[.]$/.test(does))).toEqual([])
})

test('each example fits its operation', () => {
  const wrong = Object.values(operations).flatMap(({ id, takes, example }) =>
    takes && example && !takes.safeParse(example).success ? [id] : [],
  )
  expect(wrong).toEqual([])
})

test('each operation with a body of JSON has an example', () => {
  const without = Object.values(operations).flatMap(({ id, takes, as, example }) =>
    takes && as === undefined && !example ? [id] : [],
  )
  expect(without).toEqual([])
})
