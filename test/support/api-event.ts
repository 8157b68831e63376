import type { APIGatewayProxyEventV2 } from 'aws-lambda'

/**
 * A call as API Gateway hands it to a Lambda.
 * @param at when it arrived, in seconds
 */
export const apiEvent = (routeKey: string, at: number, more: Partial<APIGatewayProxyEventV2> = {}) => ({
  ...{ version: '2.0', routeKey, rawPath: '/', rawQueryString: '', isBase64Encoded: false, headers: {} },
  requestContext: { requestId: 'r', timeEpoch: at * 1000 } as APIGatewayProxyEventV2['requestContext'],
  ...more,
})

export const jsonCall = (routeKey: string, at: number, body: object) =>
  apiEvent(routeKey, at, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
