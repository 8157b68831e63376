// Rules: test/infra/least-privilege.test.ts
import { Duration } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { runEvery } from './event-sources.ts'
import type { Ground } from './ground.ts'
import { HostChanges } from './host-changes.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { grantLook } from './target-roles.ts'
import { say } from './variables.ts'

/** The one function that looks at the hosts of agents: daily, after changes at AWS, and when a person reads an agent. */
export class HostLooker extends Construct {
  readonly looker: HotworkFunction

  constructor(scope: Construct, id: string, ground: Ground) {
    super(scope, id)
    const { roles, make } = ground
    this.looker = make(this, 'look-at-hosts')
    grantLook(this.looker, roles)
    say(this, { LOOK_AT_HOSTS_FUNCTION: this.looker.lambda.functionArn })
    new HostChanges(this, 'Changes', { ...ground, looker: this.looker, senders: roles.foreignSenders })
    runEvery(this, 'Daily', { every: Duration.days(1), worker: this.looker, within: Duration.hours(1) })
  }

  grantAsk(to: HotworkFunction): void {
    this.looker.grantInvoke(to)
  }
}
