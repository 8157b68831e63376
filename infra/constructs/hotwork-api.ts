import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  HttpApi,
  type HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'

/** A route as API Gateway writes it: `POST /token`. */
export type Route = `${'GET' | 'POST' | 'DELETE'} /${string}`
/** All calls that no route is for. */
export const anythingElse = '$default'

/** Who called what and how it went. No header, no query, no body: those carry tokens, arguments and reasons. */
const accessLog = {
  requestId: '$context.requestId',
  at: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  sourceIp: '$context.identity.sourceIp',
  milliseconds: '$context.responseLatency',
  integrationError: '$context.integrationErrorMessage',
}

/** The HTTP API: one route an endpoint. It depends on no Lambda, so that its address can be told to all of them. */
export class HotworkApi extends Construct {
  readonly api: HttpApi

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.api = new HttpApi(this, 'Api', { description: 'Hotwork', createDefaultStage: false })
    const log = new LogGroup(this, 'AccessLog', {
      // AWS writes it by a resource policy that lists log groups one by one, up to 5,120 characters an account, but for
      // those of this name: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
      logGroupName: `/aws/vendedlogs/${Stack.of(this).stackName}/api`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: 200, burstLimit: 400 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(JSON.stringify(accessLog)),
      },
    })
    Validations.of(this.api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        "API Gateway's JWT authorizer knows RSA only and no DPoP: each function verifies its caller itself, Slack's signature too",
    })
  }

  get id(): string {
    return this.api.apiId
  }

  /** The API's own address, without a path. */
  get endpoint(): string {
    return this.api.apiEndpoint
  }

  route(handler: HotworkFunction, ...routes: readonly (Route | typeof anythingElse)[]): void {
    // This API may call the function, by whichever of its routes: a permission for each route is a resource each, and a
    // stack has five hundred.
    const integration = new HttpLambdaIntegration(handler.node.id, handler.lambda, { scopePermissionToRoute: false })
    for (const route of routes) {
      if (route === anythingElse) {
        new HttpRoute(this.api, 'AnythingElse', { httpApi: this.api, integration, routeKey: HttpRouteKey.DEFAULT })
        continue
      }
      const [method, path] = route.split(' ') as [HttpMethod, string]
      this.api.addRoutes({ path, methods: [method], integration })
    }
  }
}
