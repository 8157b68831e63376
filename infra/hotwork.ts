// Rules: test/infra/constructs.test.ts
import { join } from 'node:path'
import { Annotations, Aspects, CfnOutput, RemovalPolicy, Stack, Stage, Token, Validations } from 'aws-cdk-lib'
import type { IDomainName } from 'aws-cdk-lib/aws-apigatewayv2'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { AgentEndpoints } from './constructs/agent-endpoints.ts'
import { Alarms, LogMetrics } from './constructs/alarms.ts'
import { Anchor, Log } from './constructs/anchor.ts'
import { Workflow } from './constructs/approval-workflow.ts'
import { BreakGlass } from './constructs/break-glass.ts'
import { CallReader } from './constructs/call-reader.ts'
import { SlackChannel } from './constructs/chats.ts'
import { SigningKey } from './constructs/credential-key.ts'
import { DeadLetters } from './constructs/event-sources.ts'
import { FunctionCode } from './constructs/function-code.ts'
import { functionMaker, type Ground, makeOthers } from './constructs/ground.ts'
import { HostLooker } from './constructs/host-looker.ts'
import { HotworkApi } from './constructs/hotwork-api.ts'
import { lookRights } from './constructs/look-rights.ts'
import { PeopleEndpoints } from './constructs/people-endpoints.ts'
import { Reading } from './constructs/reading.ts'
import { RecordFollowers } from './constructs/record-followers.ts'
import { ChatSecret, IncidentSecret, SourceSecret } from './constructs/secrets.ts'
import { CardTable, LedgerTable, RequestTable, TextTable, WaitTable } from './constructs/tables.ts'
import { say } from './constructs/variables.ts'
import { quotaNeeded } from './functions.ts'
import {
  type Account,
  compilePolicies,
  followsOf,
  type HotworkAccount,
  listAccounts,
  type PolicyBundle,
  rolesOf,
  runsOf,
} from './policy-bundle.ts'
import { checkSettings, checkStackName, must, type Settings } from './settings.ts'
import { SizeLimits } from './sizes.ts'

export type { HotworkAccount } from './policy-bundle.ts'

export type HotworkProps = {
  /** The policy folder. @default 'policies' */
  policies?: string | undefined
  /** The deployment file: the meaning of the policies' aliases here (docs/deploy.md). */
  deployment: string
  /** The topic of alarms. @default none: alarms only show in the console */
  alarmTopic?: ITopic | undefined
  /** The API's own domain, which becomes the issuer. You provide its certificate, and the record in DNS. */
  domain?: IDomainName | undefined
  /** The address that callers use, if a proxy with a different host is before the API: `https://HOST`. */
  issuer?: string | undefined
  /** The keys of access tokens, the signing one first: docs/runbooks/rotate-signing-key.md. @default [1] */
  signingKeys?: readonly number[] | undefined
  /** The keys of the notary, the signing one first: docs/runbooks/rotate-signing-key.md. @default [1] */
  notaryKeys?: readonly number[] | undefined
  /** Whether the tables are protected against deletion: from the second deployment on. @default false */
  protectTables?: boolean | undefined
  /** Whether Lambda concurrency is reserved for halting, revoking, the gate and break-glass. @default 'none' */
  reservedConcurrency?: 'usual' | 'none' | undefined
  /** The shards of the tables' busiest keys: docs/scale.md. Never less than before. @default 1 */
  shards?: number | undefined
  /** The share of a stage's decisions, in percent, that took less than 5 s and is an alarm. @default none */
  hardlyRead?: number | undefined
}

/** The permit desk, in one stack: one construct for each audience, over shared resources. */
export class Hotwork extends Construct {
  /** The address of the API. */
  readonly apiEndpoint: string
  /** Hotwork's name for callers: the `iss` of its tokens, and the audience of theirs. */
  readonly issuer: string
  /** Receives each opening of break-glass. Subscribe your pager to it. */
  readonly emergencyTopic: ITopic
  /** Receives each decision event. Add your rules. */
  readonly events: EventBus
  /** The accounts. Each needs a HotworkTarget. */
  readonly accounts: readonly HotworkAccount[]
  /** @internal for HotworkTarget */
  readonly alarmTopic: ITopic | undefined
  /** @internal for HotworkTarget */
  readonly bundle: PolicyBundle
  /** @internal for HotworkTarget: Hotwork's own account and Region */
  readonly home: { accountId: string; region: string }
  /** The targets by account. */
  readonly #targets = new Map<string, Construct>()
  readonly #sizes = new SizeLimits()

  constructor(scope: Construct, id: string, props: HotworkProps) {
    super(scope, id)
    const settings = checkSettings(props)
    const { alarmTopic, domain } = props
    must(
      alarmTopic === undefined || typeof alarmTopic === 'object',
      '`alarmTopic` is a topic: give `Topic.fromTopicArn(this, "AlarmTopic", ARN)`',
    )
    must(domain === undefined || settings.issuer === undefined, '`domain` says the issuer already: leave out `issuer`')
    this.#checkPlace()
    const stack = Stack.of(this)
    this.bundle = compilePolicies(settings, join(outdirOf(this), `${stack.artifactId}.policies.json`))
    this.home = this.#findHome()
    this.accounts = listAccounts(this.bundle, this.home.accountId)
    this.alarmTopic = alarmTopic
    const ground = this.#makeGround(settings, domain)
    this.apiEndpoint = domain === undefined ? ground.api.api.apiEndpoint : ground.api.issuer
    this.issuer = ground.api.issuer
    const { topic, bus } = this.#makeAudiences(ground)
    this.emergencyTopic = topic
    this.events = bus
    this.#warn(settings)
    this.#sizes.watch(stack)
    Validations.of(this).addPlugins(this.#sizes)
  }

  /** Allows an agent's role to get an identity token from AWS, for this Hotwork only and for at most five minutes. */
  grantAsk(role: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee: role,
      actions: ['sts:GetWebIdentityToken'],
      // The call names no resource.
      resourceArns: ['*'],
      conditions: {
        // A call can name several audiences: each must be this one.
        'ForAllValues:StringEquals': { 'sts:IdentityTokenAudience': [this.issuer] },
        StringEquals: { 'sts:SigningAlgorithm': 'ES384' },
        NumericLessThanEquals: { 'sts:DurationSeconds': '300' },
      },
    })
  }

  /**
   * @internal Adds a target. A role's name is unique in its account.
   * @throws UnusableSettings for an account that has a target already
   */
  addTarget(account: string, target: Construct): void {
    const other = this.#targets.get(account)
    must(
      other === undefined,
      `account ${account} has a HotworkTarget in stack \`${other && Stack.of(other).stackName}\` already: remove one of the two`,
    )
    this.#targets.set(account, target)
    this.#sizes.watch(Stack.of(target))
  }

  /** @internal for HotworkWatch */
  targetOf(account: string): Construct | undefined {
    return this.#targets.get(account)
  }

  /** Checks the stack: names are derived from its name, which must fit, and it must have only one Hotwork. */
  #checkPlace(): void {
    const { stackName, account } = Stack.of(this)
    must(
      !Token.isUnresolved(stackName),
      'CloudFormation makes up the name of a nested stack, and target accounts must know it: put Hotwork into a stack of its own',
    )
    checkStackName(stackName)
    for (const other of this.node.root.node.findAll()) {
      if (!(other instanceof Hotwork) || other === this) continue
      const [place, theirs] = [Stack.of(this), Stack.of(other)]
      must(place !== theirs, `stack \`${stackName}\` has a Hotwork already: put each into a stack of its own`)
      must(
        theirs.stackName !== stackName || known(theirs.account) !== known(account),
        `stack \`${theirs.node.path}\` makes the same role names in the account: give one of the two another \`stackName\``,
      )
    }
  }

  /** The stack's account and Region; if unknown at synth, the only ones of the deployment file. */
  #findHome(): { accountId: string; region: string } {
    const { account, region, stackName } = Stack.of(this)
    if (!Token.isUnresolved(account) && !Token.isUnresolved(region)) return { accountId: account, region }
    const places = Object.values(this.bundle.deployment.accounts)
    const [first, ...more] = places
    must(
      first !== undefined && more.every((each) => each.accountId === first.accountId && each.region === first.region),
      `stack \`${stackName}\` names no account and Region, and the deployment file has ${places.length} accounts: give the stack \`env: { account, region }\`; with the app of the checkout, have AWS credentials or set CDK_DEFAULT_ACCOUNT and CDK_DEFAULT_REGION`,
    )
    return { accountId: first.accountId, region: first.region }
  }

  #makeGround(settings: Settings, domain: IDomainName | undefined): Ground {
    const { issuer, signingKeys, notaryKeys, protectTables, reservedConcurrency, shards, hardlyRead } = settings
    const { bundle, home } = this
    const kept = { deletionProtection: protectTables }
    const tables = {
      requests: new RequestTable(this, 'Requests', kept),
      ledger: new LedgerTable(this, 'Ledger', kept),
      texts: new TextTable(this, 'Texts', kept),
      waits: new WaitTable(this, 'Waits', kept),
      cards: new CardTable(this, 'Cards', kept),
    }
    const alarms = new Alarms(this, 'Alarms', this.alarmTopic)
    const api = new HotworkApi(this, 'Api', { issuer, domain })
    alarms.watchApi(api)
    const deadLetters = new DeadLetters(this, 'DeadLetters')
    alarms.watchDeadLetters('Standard', deadLetters.standard)
    alarms.watchDeadLetters('Ordered', deadLetters.ordered)
    alarms.watchDeadLetters('Invocations', deadLetters.invocations)
    // One log for all functions, so that metrics count in one place. The ledger is the record.
    const log = new LogGroup(this, 'Log', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    new LogMetrics(this, 'LogMetrics', { log, alarms, hardlyRead })
    const code = new FunctionCode(this, bundle.file)
    const accounts = Object.values(bundle.deployment.accounts)
    const foreign = accounts.filter(({ accountId }) => accountId !== home.accountId)
    const near = accounts.filter(({ accountId }) => accountId === home.accountId)
    const { stackName } = Stack.of(this)
    const targets = rolesOf('target', stackName, accounts)
    const entries = Object.values(bundle.actions)
    const having = (reachIn: typeof runsOf) =>
      Object.entries(bundle.deployment.accounts).flatMap(([alias, account]) =>
        reachIn(entries, { [alias]: account }).length > 0 ? [account] : [],
      )
    const running = having(runsOf)
    say(this, {
      ACCOUNT: Stack.of(this).account,
      REGION: Stack.of(this).region,
      TARGET_ROLE: `hotwork/${stackName}-target`,
      TARGET_ROLES: targets.join(' '),
      RUNNER_ROLE: `hotwork/${stackName}-runner`,
      FOLLOWER_ROLE: `hotwork/${stackName}-follower`,
    })
    return {
      ...{ bundle, tables, alarms, deadLetters, api },
      roles: {
        targets,
        targetsAtHome: rolesOf('target', stackName, near),
        runners: rolesOf('runner', stackName, running),
        runnersAtHome: rolesOf(
          'runner',
          stackName,
          running.filter(({ accountId }) => accountId === home.accountId),
        ),
        followers: rolesOf('follower', stackName, having(followsOf)),
        foreignRevokers: rolesOf('revoker', stackName, foreign),
        foreignAuditors: rolesOf('auditor', stackName, foreign),
        foreignSenders: rolesOf('changes', stackName, foreign),
        foreignSimulators: rolesOf('simulator', stackName, foreign),
        looksAtHome: near.slice(0, 1).flatMap((account) => lookRights(bundle, account)),
      },
      key: new SigningKey(this, 'CredentialKey', signingKeys, {
        what: 'access tokens',
        signs: 'SIGNING_KEY',
        verifies: 'PUBLISHED_KEYS',
      }),
      clusterKey: this.#makeClusterKey(signingKeys),
      anchor: new Anchor(this, 'Anchor', { ...kept, home, notaryKeys, anchor: bundle.deployment.anchor }),
      reading: new Reading(this, 'Reading', rolesOf('reader', stackName, accounts)),
      chats: ChatSecret.all(this, bundle),
      incidents: new IncidentSecret(this, 'Incidents'),
      sourceSecrets: SourceSecret.all(this, bundle),
      ...functionMaker({ code, log, alarms, api, tables, reserve: reservedConcurrency === 'usual', shards }),
    }
  }

  /** The keys for clusters that take RS256 alone, such as those of EKS. They are replaced with the keys of access tokens. */
  #makeClusterKey(signingKeys: Settings['signingKeys']): SigningKey | undefined {
    const told = { signs: 'CLUSTER_SIGNING_KEY', verifies: 'CLUSTER_KEYS' }
    const targets = Object.values(this.bundle.deployment.targets ?? {})
    if (targets.some(({ alg }) => alg === 'RS256'))
      return new SigningKey(this, 'ClusterKey', signingKeys, { what: 'tokens for clusters', alg: 'RS256', ...told })
    say(this, { [told.signs]: undefined, [told.verifies]: undefined })
    return undefined
  }

  /** @returns the topic of openings, and the bus of decision events */
  #makeAudiences(ground: Ground): { topic: ITopic; bus: EventBus } {
    const { tables, api } = ground
    const agents = new AgentEndpoints(this, 'Agents', ground)
    const calls = new CallReader(this, 'Calls', ground)
    const hosts = new HostLooker(this, 'Hosts', ground)
    const people = new PeopleEndpoints(this, 'People', { ...ground, calls, hosts })
    const { topic, sealedUses } = new BreakGlass(this, 'BreakGlass', { ...ground, calls, sealed: this.#findSealed() })
    const workflow = new Workflow(this, 'Clock', ground)
    const channel = new SlackChannel(this, 'SlackChannel', { ...ground, topic, advance: workflow.advance })
    const { events } = new RecordFollowers(this, 'Record', {
      ...ground,
      ...{
        channel,
        sealedUses,
        callReader: calls,
        follower: workflow.follower,
        recertify: people.recertify,
        caller: agents.caller,
        targets: agents.targets,
      },
    })
    events.deliveries.grantSend(agents.manageStream)
    const log = new Log(this, 'Notary', ground)
    makeOthers(agents, ['agents', 'tools'], ground)
    makeOthers(people, ['people', 'pages', 'transmitters'], ground)
    const outputs = {
      ApiEndpoint: this.apiEndpoint,
      ApiId: api.api.apiId,
      Issuer: api.issuer,
      StateMachineArn: workflow.machine.stateMachineArn,
      RequestsTable: tables.requests.name,
      LedgerTable: tables.ledger.name,
      TextsTable: tables.texts.name,
      WaitsTable: tables.waits.name,
      CardsTable: tables.cards.name,
      LogBucket: ground.anchor.bucketName,
      ReconcileFunction: log.reconcile.lambda.functionName,
      RefreshGroupsFunction: channel.groups.lambda.functionName,
      LookAtHostsFunction: hosts.looker.lambda.functionName,
      ...Object.fromEntries(ground.chats.map(({ output, name }) => [output, name])),
      BreakGlassTopic: topic.arn,
      IncidentSecret: ground.incidents.name,
      ...Object.fromEntries(ground.sourceSecrets.map(({ node, name }) => [`${node.id}Secret`, name])),
      ...(events.secret && { WebhookSecret: events.secret.name }),
      EventBus: events.bus.eventBusName,
    }
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value })
    return { topic: topic.topic, bus: events.bus }
  }

  /** The accounts with sealed roles. */
  #findSealed() {
    const isHere = ({ accountId, region }: Account) => accountId === this.home.accountId && region === this.home.region
    const sealed = Object.values(this.bundle.deployment.accounts).filter((account) => account.sealed !== undefined)
    const away = sealed.filter((account) => !isHere(account))
    return { here: sealed.some(isHere), elsewhere: rolesOf('bell', Stack.of(this).stackName, away) }
  }

  #warn({ protectTables, reservedConcurrency }: Settings): void {
    const annotations = Annotations.of(this)
    if (!protectTables)
      annotations.addWarningV2(
        'hotwork:protectTables',
        'the tables can still be deleted by hand: once the first deployment is through, say `protectTables: true` (with the checkout: -c protectTables=yes)',
      )
    if (reservedConcurrency === 'none')
      annotations.addWarningV2(
        'hotwork:reservedConcurrency',
        `no Lambda concurrency is set apart for halting, revoking and the gate: once the account's quota is ${quotaNeeded} or more, say \`reservedConcurrency: 'usual'\` (with the checkout: -c reservedConcurrency=usual)`,
      )
    // Runs after all constructs exist.
    Aspects.of(this).add({ visit: (node) => node === this && this.#warnOfAccounts() })
  }

  /** A warning, so that accounts can be added one after another. */
  #warnOfAccounts(): void {
    for (const { account, aliases } of this.accounts.filter((each) => !this.#targets.has(each.account)))
      Annotations.of(this).addWarningV2(
        `hotwork:target:${account}`,
        `account ${account} of the deployment file (\`${aliases.join('`, `')}\`) has no HotworkTarget: what is approved there cannot be done until a stack of that account has one`,
      )
  }
}

/** Empty for an account that is unknown at synth, since two unknown ones may be equal. */
const known = (account: string) => (Token.isUnresolved(account) ? '' : account)

const outdirOf = (construct: Construct) => Stage.of(construct)?.outdir ?? ''
