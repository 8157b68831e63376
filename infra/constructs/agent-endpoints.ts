// Rules: test/infra/least-privilege.test.ts
import { Construct } from 'constructs'
import { lambdaOf } from '../functions.ts'
import type { Ground } from './ground.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { TargetEndpoints } from './target-endpoints.ts'
import { grantAssume } from './target-roles.ts'
import { say } from './variables.ts'

export class AgentEndpoints extends Construct {
  /** Looks up mediated calls with an unknown outcome. */
  readonly caller: HotworkFunction
  /** Has verifications sent. */
  readonly manageStream: HotworkFunction
  /** The endpoints of every kind of target but AWS. */
  readonly targets: TargetEndpoints

  constructor(scope: Construct, id: string, ground: Ground) {
    super(scope, id)
    const metadata = this.#publish(ground)
    this.#makeRequests(ground)
    this.#makeTokens(ground)
    this.caller = this.#makeAwsAccess(ground)
    ground.key.grantVerify(ground.make(this, 'begin-use'))
    this.manageStream = ground.make(this, 'manage-stream')
    this.targets = new TargetEndpoints(this, 'Targets', { ground, metadata })
  }

  #publish({ anchor, key, clusterKey, make }: Ground): HotworkFunction {
    const metadata = make(this, 'metadata')
    key.grantVerify(metadata)
    anchor.key.grantVerify(metadata)
    clusterKey?.grantVerify(metadata)
    return metadata
  }

  #makeRequests(ground: Ground): void {
    const { key, clusterKey, reading, tables, make } = ground
    const { requests } = tables
    // A separate function signs the statements that agents carry from call to call: its callers can make no token.
    const signer = make(this, 'sign-statement')
    key.grantSign(signer, 'Statements')
    clusterKey?.grantSign(signer, 'Statements')
    reading.signWith(signer)

    const evaluate = make(this, 'evaluate')
    reading.grantSigned(evaluate)
    key.grantVerify(evaluate)
    requests.grantFind(evaluate, 'by-agent')

    make(this, 'list-actions')

    const submitRequest = make(this, 'submit-request')
    key.grantVerify(submitRequest)
    grantAsk(submitRequest, ground)

    const readTask = make(this, 'read-task')
    reading.grantSigned(readTask)
    requests.grantRead(readTask)
  }

  #makeTokens(ground: Ground): void {
    const { key, tables, make } = ground
    const issueToken = make(this, 'issue-token')
    key.grantSign(issueToken, 'Tokens')
    key.grantVerify(issueToken)
    grantAsk(issueToken, ground)

    const introspectToken = make(this, 'introspect-token')
    key.grantVerify(introspectToken)
    tables.requests.grantRead(introspectToken)

    key.grantVerify(make(this, 'revoke-token'))
  }

  /** Both need the same rights, under the one name that target accounts trust, and so share a role. */
  #makeAwsAccess({ key, reading, roles, deadLetters, make }: Ground): HotworkFunction {
    const broker = make(this, lambdaOf('aws', 'issue'))
    const callAws = make(this, lambdaOf('aws', 'call'), broker.role)
    for (const each of [broker, callAws]) {
      key.grantVerify(each)
      grantAssume(each, roles)
      reading.grant(each)
    }

    // The sweep only names the calls to look up.
    deadLetters.keepInvocations(callAws)
    say(this, { CALLS_FUNCTION: callAws.lambda.functionArn })
    return callAws
  }
}

/** The rights for making a request, beside its rows. */
export function grantAsk(to: HotworkFunction, { bundle, incidents, reading, tables }: Ground): void {
  tables.requests.grantFind(to, 'by-agent', 'open')
  if (bundle.deployment.incidents) incidents.grantRead(to)
  reading.grant(to)
}
