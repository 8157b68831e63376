// Rules: test/infra/least-privilege.test.ts
import { Construct } from 'constructs'
import { lambdaOf } from '../functions.ts'
import type { Ground } from './ground.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { grantReadSessions } from './target-roles.ts'
import { say } from './variables.ts'

/**
 * The one function that reads CloudTrail for people. It takes a request's id, and looks for sessions of that request
 * alone, so public functions need no right to an account's whole record.
 */
export class CallReader extends Construct {
  readonly #reader: HotworkFunction

  constructor(scope: Construct, id: string, { tables: { requests, ledger }, roles, make }: Ground) {
    super(scope, id)
    this.#reader = make(this, lambdaOf('aws', 'tell'))
    requests.grantRead(this.#reader)
    ledger.grantRead(this.#reader)
    grantReadSessions(this.#reader, roles)
    say(this, { READ_CALLS_FUNCTION: this.#reader.lambda.functionArn })
  }

  grantAsk(to: HotworkFunction): void {
    this.#reader.grantInvoke(to)
  }
}
