import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Assembly, synthesize } from './support/assembly.ts'
import { functionOf, resourcesOf, rightsOf, textOf, theOnly } from './support/template.ts'

let assembly: Assembly
beforeAll(() => {
  assembly = synthesize()
}, 180_000)

const name = 'list-actions'

test('the stack has its function, which is told what its descriptor names', () => {
  const [made] = resourcesOf(assembly.hotwork, 'AWS::Lambda::Function')
    .map(([, { Properties }]) => Properties)
    .filter((properties) => functionOf(properties) === name)
  expect(made).toHaveProperty('Environment.Variables.ISSUER')
  expect(made).not.toHaveProperty('Environment.Variables.REQUESTS_TABLE')
  expect(existsSync(join(assembly.functions, name, 'bundle.json'))).toBe(true)
})

test('its route leads to it, with the limit that its descriptor names', () => {
  const routes = resourcesOf(assembly.hotwork, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties)
  const [target = ''] = routes.flatMap(({ RouteKey, Target }) => (RouteKey === 'GET /v1/actions' ? textOf(Target) : []))
  const leads = resourcesOf(assembly.hotwork, 'AWS::ApiGatewayV2::Integration').flatMap(([id, { Properties }]) =>
    target.endsWith(textOf({ Ref: id })) ? textOf(Properties['IntegrationUri']) : [],
  )
  expect(leads).toEqual(['<ListActions>'])
  const { Properties } = theOnly(assembly.hotwork, 'AWS::ApiGatewayV2::Stage')
  expect(Properties['RouteSettings']).toHaveProperty(['GET /v1/actions'], {
    ...{ ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
  })
})

test('its role may write its log, and nothing else', () => {
  const rights = rightsOf(assembly.hotwork).get(name) ?? []
  expect(rights.length).toBeGreaterThan(0)
  expect(rights.filter((right) => !right.startsWith('logs:'))).toEqual([])
})
