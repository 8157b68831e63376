import { Annotations, CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { AgentEndpoints } from './constructs/agent-endpoints.ts'
import { Alarms, LogMetrics } from './constructs/alarms.ts'
import { Workflow } from './constructs/approval-workflow.ts'
import { BreakGlass } from './constructs/break-glass.ts'
import { CredentialKey } from './constructs/credential-key.ts'
import { FunctionCode } from './constructs/function-code.ts'
import { functionMaker, type Ground } from './constructs/ground.ts'
import { HotworkApi } from './constructs/hotwork-api.ts'
import { PeopleEndpoints } from './constructs/people-endpoints.ts'
import { RecordFollowers } from './constructs/record-followers.ts'
import type { SealedUsesProps } from './constructs/sealed-role.ts'
import { IncidentSecret, SlackSecret } from './constructs/secrets.ts'
import { SlackChannel } from './constructs/slack-channel.ts'
import { CardTable, LedgerTable, RequestTable, WaitTable } from './constructs/tables.ts'
import type { TargetRoles } from './constructs/target-roles.ts'
import { quotaNeeded } from './functions.ts'
import type { PolicyBundle } from './policy-bundle.ts'
import type { Settings } from './settings.ts'

type HotworkStackProps = Required<Pick<StackProps, 'env'>> &
  Omit<Settings, 'stackName' | 'policies' | 'deployment'> & {
    bundle: PolicyBundle
    roles: TargetRoles
    sealed: SealedUsesProps
  }

/** Hotwork: one construct for each audience, on the ground that all stand on. */
export class HotworkStack extends Stack {
  constructor(scope: Construct, id: string, props: HotworkStackProps) {
    super(scope, id, { env: props.env })
    const ground = this.#makeGround(props)
    const agents = new AgentEndpoints(this, 'Agents', ground)
    new PeopleEndpoints(this, 'People', ground)
    const { topic, sealedUses } = new BreakGlass(this, 'BreakGlass', { ...ground, sealed: props.sealed })
    const workflow = new Workflow(this, 'Clock', ground)
    const channel = new SlackChannel(this, 'SlackChannel', { ...ground, topic, advance: workflow.advance })
    new RecordFollowers(this, 'Record', {
      ...ground,
      ...{ channel, sealedUses, follow: workflow.follow, calls: agents.calls },
    })
    this.#warn(props)
    const { tables, api } = ground
    const outputs = {
      ApiEndpoint: api.api.apiEndpoint,
      ApiId: api.api.apiId,
      Issuer: api.issuer,
      StateMachineArn: workflow.machine.stateMachineArn,
      RequestsTable: tables.requests.name,
      LedgerTable: tables.ledger.name,
      WaitsTable: tables.waits.name,
      CardsTable: tables.cards.name,
      SlackSecret: ground.slack.name,
      BreakGlassTopic: topic.arn,
      IncidentSecret: ground.incidents.name,
    }
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value })
  }

  #makeGround(props: HotworkStackProps): Ground {
    const { bundle, roles, issuer, alarmTopic, signingKeys, protectTables, reservedConcurrency } = props
    const kept = { deletionProtection: protectTables }
    const tables = {
      requests: new RequestTable(this, 'Requests', kept),
      ledger: new LedgerTable(this, 'Ledger', kept),
      waits: new WaitTable(this, 'Waits', kept),
      cards: new CardTable(this, 'Cards', kept),
    }
    const alarms = new Alarms(this, 'Alarms', alarmTopic)
    const api = new HotworkApi(this, 'Api', issuer)
    alarms.watchApi(api)
    // One log for all functions, to count in it once. It is no record: the ledger is, and that is kept.
    const log = new LogGroup(this, 'Log', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    new LogMetrics(this, 'LogMetrics', { log, alarms })
    const code = new FunctionCode(this, bundle.file)
    return {
      ...{ bundle, roles, tables, alarms, api },
      key: new CredentialKey(this, 'CredentialKey', signingKeys),
      slack: new SlackSecret(this, 'Slack', bundle.deployment.chat.apiUrl),
      incidents: new IncidentSecret(this, 'Incidents'),
      make: functionMaker({ code, log, alarms, tables, reserve: reservedConcurrency === 'usual' }),
    }
  }

  #warn({ protectTables, reservedConcurrency }: HotworkStackProps): void {
    if (!protectTables)
      Annotations.of(this).addWarningV2(
        'hotwork:protectTables',
        'the tables can still be deleted by hand: once the first deployment is through, deploy with -c protectTables=yes',
      )
    if (reservedConcurrency === 'none')
      Annotations.of(this).addWarningV2(
        'hotwork:reservedConcurrency',
        `no Lambda concurrency is set apart for halting, revoking and the gate: once the account's quota is ${quotaNeeded} or more, deploy with -c reservedConcurrency=usual`,
      )
  }
}
