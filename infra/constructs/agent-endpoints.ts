import { Construct } from 'constructs'
import { lambdaOf } from '../functions.ts'
import type { Ground } from './ground.ts'
import { anythingElse } from './hotwork-api.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { TargetEndpoints } from './target-endpoints.ts'
import { grantAssume, tellTargetName } from './target-roles.ts'

export class AgentEndpoints extends Construct {
  /** Looks up mediated calls whose outcome is not known. */
  readonly caller: HotworkFunction
  /** Has verifications sent. */
  readonly manageStream: HotworkFunction
  /** The doors of every kind of target but AWS. */
  readonly targets: TargetEndpoints

  constructor(scope: Construct, id: string, ground: Ground) {
    super(scope, id)
    const metadata = this.#publish(ground)
    this.#makeRequests(ground)
    this.#makeTokens(ground)
    this.caller = this.#makeAwsAccess(ground)
    this.manageStream = this.#makeGate(ground)
    this.targets = new TargetEndpoints(this, 'Targets', { ground, metadata })
  }

  #publish({ anchor, api, key, make }: Ground): HotworkFunction {
    const metadata = make(this, 'metadata')
    key.grantVerify(metadata)
    anchor.key.grantVerify(metadata)
    api.routeAs(
      'public',
      metadata,
      'GET /.well-known/authzen-configuration',
      'GET /.well-known/oauth-authorization-server',
      'GET /.well-known/oauth-protected-resource',
      'GET /.well-known/oauth-protected-resource/aws',
      'GET /.well-known/ssf-configuration',
      'GET /.well-known/jwks.json',
      'GET /schemas/access-request.json',
      'GET /authorize',
      'GET /problems/{code}',
      anythingElse,
    )
    return metadata
  }

  #makeRequests(ground: Ground): void {
    const { api, key, reading, tables, make } = ground
    const { requests } = tables
    // A function of its own signs what agents carry from call to call: its callers can make no token.
    const signer = make(this, 'sign-statement')
    api.tellIssuer(signer)
    key.grantSign(signer, 'Statements')
    reading.signWith(signer)

    const evaluate = make(this, 'evaluate')
    reading.grantSigned(evaluate)
    key.grantVerify(evaluate)
    requests.grantFind(evaluate, 'by-agent')
    api.route(
      evaluate,
      'POST /access/v1/evaluation',
      'POST /access/v1/evaluations',
      'POST /v1/asks',
      'GET /v1/mcp-tools',
    )

    const submitRequest = make(this, 'submit-request')
    key.grantVerify(submitRequest)
    grantAsk(submitRequest, ground)
    api.route(submitRequest, 'POST /access/v1/requests', 'POST /v1/requests/{id}/extend')

    const readTask = make(this, 'read-task')
    reading.grantSigned(readTask)
    requests.grantRead(readTask)
    api.route(readTask, 'GET /access/v1/requests/{id}')

    const delegateRequest = make(this, 'delegate-request')
    tellTargetName(delegateRequest)
    api.route(delegateRequest, 'POST /v1/requests/{id}/delegations')
    api.route(make(this, 'cancel-request'), 'POST /access/v1/requests/{id}/cancel')
    api.route(make(this, 'complete-request'), 'POST /v1/requests/{id}/complete')
  }

  #makeTokens(ground: Ground): void {
    const { api, key, tables, make } = ground
    const issueToken = make(this, 'issue-token')
    key.grantSign(issueToken, 'Tokens')
    key.grantVerify(issueToken)
    grantAsk(issueToken, ground)
    api.route(issueToken, 'POST /token')

    const introspectToken = make(this, 'introspect-token')
    key.grantVerify(introspectToken)
    tables.requests.grantRead(introspectToken)
    api.route(introspectToken, 'POST /introspect')

    const revokeToken = make(this, 'revoke-token')
    key.grantVerify(revokeToken)
    api.routeAs('own', revokeToken, 'POST /revoke')
  }

  /** Both need the same rights, under the one name that target accounts trust, and so share a role. */
  #makeAwsAccess({ api, key, reading, roles, deadLetters, make }: Ground): HotworkFunction {
    const broker = make(this, lambdaOf('aws', 'issue'))
    const callAws = make(this, lambdaOf('aws', 'call'), broker.role)
    for (const each of [broker, callAws]) {
      key.grantVerify(each)
      grantAssume(each, roles)
      reading.grant(each)
    }
    api.route(broker, 'POST /aws/credentials')
    api.route(callAws, 'POST /aws/calls')

    // The sweep says which calls have to be looked up, and has none of these rights.
    deadLetters.keepInvocations(callAws)
    return callAws
  }

  #makeGate({ api, key, make }: Ground): HotworkFunction {
    const beginUse = make(this, 'begin-use')
    key.grantVerify(beginUse)
    api.routeAs('own', beginUse, 'POST /v1/uses')
    api.route(make(this, 'end-use'), 'POST /v1/uses/{id}/end')

    const manageStream = make(this, 'manage-stream')
    for (const method of ['POST', 'GET', 'PATCH', 'PUT', 'DELETE'] as const)
      api.route(manageStream, `${method} /v1/ssf/streams`)
    api.route(manageStream, 'GET /v1/ssf/status', 'POST /v1/ssf/status', 'POST /v1/ssf/verification')
    return manageStream
  }
}

/** What making a request takes beside its rows. */
export function grantAsk(to: HotworkFunction, { bundle, incidents, reading, tables }: Ground): void {
  tables.requests.grantFind(to, 'by-agent', 'open')
  tellTargetName(to)
  if (bundle.deployment.incidents) incidents.grantRead(to)
  else incidents.tell(to)
  reading.grant(to)
}
