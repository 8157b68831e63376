import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { GetParameterCommand, SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm'

/** The parameter that the service reads at every payment, so that a change needs no restart. */
export const timeoutParameter = '/prod/checkout/payment-timeout-ms'

/** The response time of this example's payment provider. A timeout below it fails every payment. */
const providerMilliseconds = 250

export interface CheckoutService {
  /** `http://127.0.0.1:PORT` */
  url: string
  close(): Promise<void>
}

/**
 * Starts the checkout service: `GET /health` makes one test payment and answers 200 `healthy` or 503 `unhealthy`, with
 * the timeout that it read and the reason. AWS settings default to the SDK's own (`AWS_ENDPOINT_URL`, keys).
 */
export async function startCheckoutService(
  options: { aws?: SSMClientConfig; parameter?: string; port?: number } = {},
): Promise<CheckoutService> {
  const { aws = {}, parameter = timeoutParameter, port = 0 } = options
  const ssm = new SSMClient(aws)
  const server = createServer((request, response) => {
    // A page elsewhere reaches loopback by a name of its own (DNS rebinding).
    if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? ''))
      return answer(response, 403, { error: 'there is only 127.0.0.1 and localhost' })
    if (request.method !== 'GET' || request.url !== '/health')
      return answer(response, 404, { error: 'there is only GET /health' })
    readTimeout(ssm, parameter)
      .then(async (timeoutMs) => {
        const reason = await tryPayment(timeoutMs)
        const found = { parameter, payment_timeout_ms: timeoutMs }
        if (reason === undefined) answer(response, 200, { status: 'healthy', ...found })
        else answer(response, 503, { status: 'unhealthy', ...found, reason })
      })
      .catch((fault: Error) => answer(response, 503, { status: 'unhealthy', parameter, reason: fault.message }))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        ssm.destroy()
      }),
  }
}

async function readTimeout(ssm: SSMClient, parameter: string): Promise<number> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: parameter }))
  const timeoutMs = Number(Parameter?.Value)
  if (Number.isInteger(timeoutMs) && timeoutMs > 0) return timeoutMs
  throw new Error(`${parameter} is no timeout in milliseconds: ${JSON.stringify(Parameter?.Value)}`)
}

/** Makes a payment that moves no money. @returns the reason of a failure, or nothing */
async function tryPayment(timeoutMs: number): Promise<string | undefined> {
  try {
    await delay(providerMilliseconds, undefined, { signal: AbortSignal.timeout(timeoutMs) })
    return undefined
  } catch {
    return `payments do not come back within ${timeoutMs} ms`
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}
