import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  type CfnRoute,
  type CfnStage,
  HttpApi,
  type HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct, type Node } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'

/** A route as API Gateway writes it: `POST /token`. */
export type Route = `${'GET' | 'POST' | 'DELETE'} /${string}`
/** All calls that no route is for. */
export const anythingElse = '$default'

/**
 * Calls a second to one route, and so many at once beside them. `public`: pages and metadata, which anyone may ask for
 * without a token, at no more than people and caches need. `own`: what stops things, and what lets things be done. The
 * rest share the stage's. A flood of one route takes nothing from another; who floods a route takes from that one alone.
 */
const limits = {
  public: { rate: 50, burst: 100 },
  own: { rate: 200, burst: 400 },
  stage: { rate: 200, burst: 400 },
} as const

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
  /** What tokens are issued by, and the base of every address that Hotwork tells. */
  readonly issuer: string
  readonly #stage: CfnStage
  readonly #limited: { [route: string]: object } = {}

  /** @param issuer the address that callers know, where it is not the API's own */
  constructor(scope: Construct, id: string, { issuer }: { issuer?: string }) {
    super(scope, id)
    this.api = new HttpApi(this, 'Api', { description: 'Hotwork', createDefaultStage: false })
    const log = new LogGroup(this, 'AccessLog', {
      // AWS writes it by a resource policy that lists log groups one by one, up to 5,120 characters an account, but for
      // those of this name: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
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
    })
    this.issuer = issuer ?? this.api.apiEndpoint
    this.#stage = stage.node.defaultChild as CfnStage
    this.#stage.routeSettings = this.#limited
    Validations.of(this.api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        "API Gateway's JWT authorizer knows RSA only and no DPoP: each function verifies its caller itself, Slack's signature too",
    })
  }

  /** Tells a function the issuer. Those behind a route know it without. */
  tellIssuer(to: HotworkFunction): void {
    to.tell({ ISSUER: this.issuer })
  }

  /** Routes within the limit of the stage. */
  route(handler: HotworkFunction, ...routes: readonly (Route | typeof anythingElse)[]): void {
    this.#add(handler, routes)
  }

  /** Routes with a limit each of their own. */
  routeAs(
    limit: 'public' | 'own',
    handler: HotworkFunction,
    ...routes: readonly (Route | typeof anythingElse)[]
  ): void {
    const { rate, burst } = limits[limit]
    for (const added of this.#add(handler, routes)) {
      // API Gateway refuses the settings of a route that is not there yet.
      this.#stage.addResourceDependency(added.node.defaultChild as CfnRoute)
      this.#limited[added.key] = { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst }
    }
  }

  #add(handler: HotworkFunction, routes: readonly (Route | typeof anythingElse)[]) {
    this.tellIssuer(handler)
    // This API may call the function, by whichever of its routes: a permission for each route is a resource each, and a
    // stack has five hundred.
    const integration = new HttpLambdaIntegration(handler.node.id, handler.lambda, { scopePermissionToRoute: false })
    return routes.flatMap((key): { key: string; node: Node }[] => {
      if (key === anythingElse) {
        const routeKey = HttpRouteKey.DEFAULT
        return [
          { key, node: new HttpRoute(this.api, 'AnythingElse', { httpApi: this.api, integration, routeKey }).node },
        ]
      }
      const [method, path] = key.split(' ') as [HttpMethod, string]
      const added = this.api.addRoutes({ path, methods: [method], integration })
      return added.map(({ node }) => ({ key, node }))
    })
  }
}
