import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CheckoutService, startCheckoutService } from '../../../examples/checkout-service/checkout-service.ts'

/** A Systems Manager that has one parameter, or none. */
let value: string | undefined
const ssm = createServer((_request, response) => {
  const [status, body] =
    value === undefined
      ? [400, { __type: 'ParameterNotFound', message: 'no such parameter' }]
      : [200, { Parameter: { Name: '/prod/checkout/payment-timeout-ms', Value: value } }]
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
})
let checkout: CheckoutService

beforeAll(async () => {
  await new Promise<void>((resolve) => ssm.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(ssm.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  checkout = await startCheckoutService({ aws: { endpoint, region: 'us-east-1', credentials } })
})
afterAll(async () => {
  await checkout.close()
  ssm.closeAllConnections()
  await new Promise((resolve) => ssm.close(resolve))
})

test.each<[rule: string, parameter: string | undefined, status: number, says: RegExp]>([
  ['3000 ms is enough for a payment', '3000', 200, /"healthy".*"payment_timeout_ms":3000/],
  ['30 ms is not enough for a payment', '30', 503, /"unhealthy".*payments do not come back within 30 ms/],
  ['a value that is no timeout is unhealthy', 'soon', 503, /"unhealthy".*no timeout in milliseconds/],
  ['a missing parameter is unhealthy', undefined, 503, /"unhealthy".*no such parameter/],
])('%s', async (_rule, parameter, status, says) => {
  value = parameter
  const answer = await fetch(`${checkout.url}/health`)
  expect(answer.status).toBe(status)
  expect(await answer.text()).toMatch(says)
})

test('a request under a rebound name is refused', async () => {
  const { port } = new URL(checkout.url)
  const [answer] = await once(
    get({ port, host: '127.0.0.1', path: '/health', headers: { host: `evil.example:${port}` } }),
    'response',
  )
  expect(answer.resume().statusCode).toBe(403)
})
