import { once } from 'node:events'
import { get } from 'node:http'
import { type CheckoutService, startCheckoutService } from '../../../examples/checkout-service/checkout-service.ts'
import { listenOnLoopback } from '../../../local/loopback.ts'

/** A Systems Manager that has one parameter, or none. */
let value: string | undefined
let ssm: Awaited<ReturnType<typeof listenOnLoopback>>
let checkout: CheckoutService

beforeAll(async () => {
  ssm = await listenOnLoopback()
  ssm.handle((_request, response) => {
    const [status, body] =
      value === undefined
        ? [400, { __type: 'ParameterNotFound', message: 'no such parameter' }]
        : [200, { Parameter: { Name: '/prod/checkout/payment-timeout-ms', Value: value } }]
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
  })
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  checkout = await startCheckoutService({ aws: { endpoint: ssm.url, region: 'us-east-1', credentials } })
})
afterAll(async () => {
  await checkout.close()
  await ssm.close()
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
