import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { requestIdOf } from '../../adapters/http/endpoint.ts'
import type { EdgeRequest } from '../../adapters/slack/edge/bolt-edge.ts'

/** What API Gateway hands over, as Slack's door takes it. */
export function slackRequestOf({
  requestContext,
  headers,
  body,
  isBase64Encoded,
}: APIGatewayProxyEventV2): EdgeRequest {
  const sent = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'x-request-id')?.[1]
  return {
    method: requestContext.http.method,
    headers: headers ?? {},
    // An absent body may also come as null.
    body: body ?? undefined,
    isBase64Encoded,
    arrivedAt: Math.floor(requestContext.timeEpoch / 1000),
    requestId: requestIdOf(sent, requestContext.requestId),
  }
}
