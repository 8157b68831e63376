import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { synthesize } from './support/assembly.ts'
import { functionOf, propertiesOf, resourcesOf, rightsOf, textOf, theOnly } from './support/template.ts'

const assembly = synthesize()
const name = 'count-actions'

test('the stack has the function count-actions, with the variables of its descriptor', () => {
  const [made] = propertiesOf(assembly.hotwork, 'AWS::Lambda::Function').filter(
    (properties) => functionOf(properties) === name,
  )
  expect(made).toHaveProperty('Environment.Variables.ISSUER')
  expect(made).not.toHaveProperty('Environment.Variables.REQUESTS_TABLE')
  expect(existsSync(join(assembly.functions, name, 'bundle.json'))).toBe(true)
})

test('the route of count-actions leads to it, with the limit of its descriptor', () => {
  const routes = propertiesOf(assembly.hotwork, 'AWS::ApiGatewayV2::Route')
  const [target = ''] = routes.flatMap(({ RouteKey, Target }) => (RouteKey === 'GET /v1/actions' ? textOf(Target) : []))
  const leads = resourcesOf(assembly.hotwork, 'AWS::ApiGatewayV2::Integration').flatMap(([id, { Properties }]) =>
    target.endsWith(textOf({ Ref: id })) ? textOf(Properties['IntegrationUri']) : [],
  )
  expect(leads).toEqual(['<CountActions>'])
  const { Properties } = theOnly(assembly.hotwork, 'AWS::ApiGatewayV2::Stage')
  expect(Properties['RouteSettings']).toHaveProperty(['GET /v1/actions'], {
    ...{ ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
  })
})

test('the role of count-actions may only write its log', () => {
  const rights = rightsOf(assembly.hotwork).get(name) ?? []
  expect(rights.length).toBeGreaterThan(0)
  expect(rights.filter((right) => !right.startsWith('logs:'))).toEqual([])
})
