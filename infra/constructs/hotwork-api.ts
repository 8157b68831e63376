// Rules: test/infra/resources.test.ts
import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import type { CfnRoute, CfnStage, HttpMethod, IDomainName } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpApi, HttpRoute, HttpRouteKey, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Route } from '../functions.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { say } from './variables.ts'

/** The limits of calls to one route in a second. A flood of one route does not affect another. */
const limits = {
  public: { rate: 50, burst: 100 },
  own: { rate: 200, burst: 400 },
  stage: { rate: 200, burst: 400 },
} as const

/** The access log has no header, query or body, since those carry tokens, arguments and reasons. */
const accessLog = {
  requestId: '$context.requestId',
  at: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  sourceIp: '$context.identity.sourceIp',
  milliseconds: '$context.responseLatency',
  integrationError: '$context.integrationErrorMessage',
}

type Address = { issuer: string | undefined; domain: IDomainName | undefined }

/** The API comes before the Lambdas, so that all of them know its address. */
export class HotworkApi extends Construct {
  readonly api: HttpApi
  readonly issuer: string
  readonly #stage: CfnStage
  readonly #limited: { [route: string]: object } = {}
  readonly #integrations = new Map<HotworkFunction, HttpLambdaIntegration>()

  /** @param issuer the address that callers use, if it is neither the domain nor the API's own */
  constructor(scope: Construct, id: string, { issuer, domain }: Address) {
    super(scope, id)
    this.api = new HttpApi(this, 'Api', { description: 'Hotwork', createDefaultStage: false })
    const log = new LogGroup(this, 'AccessLog', {
      // A prefix that AWS's resource policy allows as a whole; other log groups are listed one by one, up to 5,120
      // characters an account:
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
      logGroupName: `/aws/vendedlogs/${Stack.of(this).stackName}/api`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: limits.stage.rate, burstLimit: limits.stage.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(JSON.stringify(accessLog)),
      },
      ...(domain && { domainMapping: { domainName: domain } }),
    })
    this.issuer = issuer ?? (domain ? `https://${domain.name}` : this.api.apiEndpoint)
    say(this, { ISSUER: this.issuer })
    this.#stage = stage.node.defaultChild as CfnStage
    this.#stage.routeSettings = this.#limited
    Validations.of(this.api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        "API Gateway's JWT authorizer knows RSA only and no DPoP: each function verifies its caller itself, Slack's signature too",
    })
  }

  /** Adds the routes of its descriptor, or others, with their limit. */
  route(handler: HotworkFunction, routes: readonly Route[] = handler.descriptor.routes ?? []): void {
    const { limit } = handler.descriptor
    for (const key of routes) {
      const added = this.#add(handler, key)
      if (limit === undefined) continue
      // The settings of a route come after it, since API Gateway refuses them for a missing route.
      this.#stage.addResourceDependency(added.node.defaultChild as CfnRoute)
      const { rate, burst } = limits[limit]
      this.#limited[key] = { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst }
    }
  }

  #add(handler: HotworkFunction, key: Route): Construct {
    // One permission and one integration for all routes, since each is a resource, and a stack may have five hundred.
    const integration =
      this.#integrations.get(handler) ??
      new HttpLambdaIntegration(handler.node.id, handler.lambda, { scopePermissionToRoute: false })
    this.#integrations.set(handler, integration)
    const [method, path = ''] = key.split(' ') as [HttpMethod, string?]
    if (key === '$default')
      return new HttpRoute(this.api, 'AnythingElse', { httpApi: this.api, integration, routeKey: HttpRouteKey.DEFAULT })
    return this.api.addRoutes({ path, methods: [method], integration })[0] as HttpRoute
  }
}
