import { Annotations, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { Alarms } from './constructs/alarms.ts'
import { ApprovalWorkflow, grantSignal } from './constructs/approval-workflow.ts'
import { CredentialKey } from './constructs/credential-key.ts'
import { EmergenciesTopic } from './constructs/emergencies-topic.ts'
import { runEvery, StreamReader, Timers, WorkQueue } from './constructs/event-sources.ts'
import { FunctionCode } from './constructs/function-code.ts'
import { anythingElse, HotworkApi } from './constructs/hotwork-api.ts'
import { HotworkFunction, type HotworkFunctionProps } from './constructs/hotwork-function.ts'
import { DecisionMeasures, failedInvocation, LoggedTrouble, MeasuredLag } from './constructs/log-metrics.ts'
import { SealedUses, type SealedUsesProps } from './constructs/sealed-role.ts'
import { IncidentSecret, SlackSecret } from './constructs/secrets.ts'
import { CardTable, LedgerTable, RequestTable, WaitTable } from './constructs/tables.ts'
import {
  grantAssume,
  grantBecome,
  grantDeny,
  grantReadCalls,
  grantReadDenies,
  ofAccount,
} from './constructs/target-roles.ts'
import { type FunctionName, functions, quotaNeeded, rowOf } from './functions.ts'
import type { PolicyBundle } from './policy-bundle.ts'
import { writesOf } from './rows.ts'
import { troubles } from './troubles.ts'

export type HotworkStackProps = StackProps & {
  bundle: PolicyBundle
  /** ARNs of the target roles, one an account. */
  targetRoles: readonly string[]
  /** ARNs of the roles through which the denies of target roles in other accounts are written. */
  foreignRevokers: readonly string[]
  /** ARNs of the roles through which what those accounts have of Hotwork is read. */
  foreignAuditors: readonly string[]
  /** Which accounts have a sealed role. */
  sealed: SealedUsesProps
  issuer?: string
  /** Whether concurrency is set apart for what stops things. */
  reservedConcurrency: 'usual' | 'none'
  alarmTopic?: string
  /** Whether the tables are protected against deletion, as they should be from the second deployment on. */
  protectTables: boolean
  /** The first signs, all are published. */
  signingKeys: readonly [number, ...number[]]
}

/** Hotwork: what exists, and who may touch what. Composition only; each construct says what it is. */
export class HotworkStack extends Stack {
  constructor(scope: Construct, id: string, props: HotworkStackProps) {
    const {
      bundle,
      targetRoles,
      foreignRevokers,
      foreignAuditors,
      sealed,
      reservedConcurrency,
      alarmTopic,
      signingKeys,
      protectTables,
      ...stackProps
    } = props
    super(scope, id, stackProps)

    const kept = { deletionProtection: protectTables }
    if (!protectTables)
      Annotations.of(this).addWarningV2(
        'hotwork:protectTables',
        'the tables can still be deleted by hand: once the first deployment is through, deploy with -c protectTables=yes',
      )
    const requests = new RequestTable(this, 'Requests', kept)
    const ledger = new LedgerTable(this, 'Ledger', kept)
    const waits = new WaitTable(this, 'Waits', kept)
    const cards = new CardTable(this, 'Cards', kept)
    const key = new CredentialKey(this, 'CredentialKey', { signingKeys })
    const slack = new SlackSecret(this, 'Slack')
    const api = new HotworkApi(this, 'Api')
    const alarms = new Alarms(this, 'Alarms', { ...(alarmTopic !== undefined && { topic: alarmTopic }) })
    const code = new FunctionCode(this, { policies: bundle.file })

    // One log for all: what is counted in it is counted once, and who looks reads one story in the order it happened. A log
    // is no record: the ledger is, and it is kept.
    const log = new LogGroup(this, 'Log', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    })

    const issuer = props.issuer ?? api.endpoint
    const truth = { REQUESTS_TABLE: requests.name, LEDGER_TABLE: ledger.name }
    const slackApp = { SLACK_SECRET: slack.name, SLACK_API_URL: bundle.deployment.slack.apiUrl }
    const targetRole = { TARGET_ROLE: `hotwork/${this.stackName}-target` }
    const targetRolesHere = ofAccount(targetRoles, this.account)

    if (reservedConcurrency === 'none')
      Annotations.of(this).addWarningV2(
        'hotwork:reservedConcurrency',
        `no Lambda concurrency is set apart for halting, revoking and the gate: once the account's quota is ${quotaNeeded} or more, deploy with -c reservedConcurrency=usual`,
      )

    const make = (name: FunctionName, environment: HotworkFunctionProps['environment'], more: More = {}) => {
      const made = new HotworkFunction(this, pascal(name), {
        name,
        code,
        log,
        environment,
        reserve: reservedConcurrency === 'usual',
        ...more,
      })
      if (rowOf(name).alarm) alarms.watchFunction(made)
      return made
    }
    /** One that decides: it reads the truth, and writes it together with the entries that say why. */
    const makeDecider = (
      name: FunctionName,
      environment: HotworkFunctionProps['environment'] = {},
      more: More = {},
    ) => {
      const made = make(name, { ...truth, ...environment }, more)
      const { requests: rows, ledger: chains } = writesOf(name)
      requests.grantRead(made.role)
      // What asks policy reads all that the answer rests on: ancestors, halts, stand-ins.
      if (functions[name].policy === 'answers') requests.grantReadMany(made.role)
      requests.grantPut(made.role, rows)
      ledger.grantAppend(made.role, chains)
      return made
    }

    // Anyone.
    const metadata = make('metadata', { ISSUER: issuer, PUBLISHED_KEYS: key.published })
    key.grantVerify(metadata.role)
    api.routeAs(
      'public',
      metadata,
      'GET /.well-known/authzen-configuration',
      'GET /.well-known/oauth-authorization-server',
      'GET /.well-known/oauth-protected-resource',
      'GET /.well-known/oauth-protected-resource/aws',
      'GET /.well-known/jwks.json',
      'GET /schemas/access-request.json',
      'GET /authorize',
      'GET /problems/{code}',
      anythingElse,
    )

    // What agents carry from one call to the next is signed with the key of tokens, by a function that can sign nothing
    // else: its callers can make no token, and hold no right to the key.
    const signStatement = make('sign-statement', {
      ISSUER: issuer,
      SIGNING_KEY: key.signing,
      PUBLISHED_KEYS: key.published,
    })
    key.grantSign(signStatement.role, 'Statements')
    key.grantVerify(signStatement.role)
    const statements = { SIGN_FUNCTION: signStatement.lambda.functionArn }

    // Agents.
    const evaluate = make('evaluate', { ISSUER: issuer, ...truth, ...statements })
    signStatement.grantInvoke(evaluate.role)
    requests.grantRead(evaluate.role)
    requests.grantReadMany(evaluate.role)
    requests.grantPut(evaluate.role, writesOf('evaluate').requests)
    ledger.grantAppend(evaluate.role, writesOf('evaluate').ledger)
    // How often an agent asked lately is a circumstance of the question.
    requests.grantFind(evaluate.role, 'by-agent')
    api.route(evaluate, 'POST /access/v1/evaluation', 'POST /access/v1/evaluations')

    const submitRequest = makeDecider('submit-request', { ISSUER: issuer, ...statements, ...targetRole })
    signStatement.grantInvoke(submitRequest.role)
    requests.grantFind(submitRequest.role, 'by-agent', 'open')
    api.route(submitRequest, 'POST /access/v1/requests')

    const readTask = make('read-task', { ISSUER: issuer, REQUESTS_TABLE: requests.name, ...statements })
    requests.grantRead(readTask.role)
    requests.grantPut(readTask.role, writesOf('read-task').requests)
    signStatement.grantInvoke(readTask.role)
    api.route(readTask, 'GET /access/v1/requests/{id}')

    api.route(makeDecider('cancel-request', { ISSUER: issuer }), 'POST /access/v1/requests/{id}/cancel')
    api.route(makeDecider('complete-request', { ISSUER: issuer }), 'POST /v1/requests/{id}/complete')
    api.route(makeDecider('delegate-request', { ISSUER: issuer, ...targetRole }), 'POST /v1/requests/{id}/delegations')

    const issueToken = makeDecider('issue-token', { ISSUER: issuer, SIGNING_KEY: key.signing })
    key.grantSign(issueToken.role, 'Tokens')
    api.route(issueToken, 'POST /token')

    // It tells what is so, and records nothing.
    const introspectToken = make('introspect-token', {
      ISSUER: issuer,
      REQUESTS_TABLE: requests.name,
      PUBLISHED_KEYS: key.published,
    })
    requests.grantRead(introspectToken.role)
    requests.grantReadMany(introspectToken.role)
    key.grantVerify(introspectToken.role)
    api.route(introspectToken, 'POST /introspect')

    const revokeToken = makeDecider('revoke-token', { ISSUER: issuer, PUBLISHED_KEYS: key.published })
    key.grantVerify(revokeToken.role)
    api.routeAs('own', revokeToken, 'POST /revoke')

    const broker = makeDecider('issue-aws-credentials', {
      ISSUER: issuer,
      PUBLISHED_KEYS: key.published,
      ...targetRole,
    })
    key.grantVerify(broker.role)
    grantAssume(broker.role, targetRoles)
    api.route(broker, 'POST /aws/credentials')

    // What Hotwork does itself. Its rights are the broker's to the letter (decide, verify tokens, assume a target role, by
    // the one name that target accounts trust), so it shares that role: a second one would be the same rights twice. Its
    // code is apart, so that nobody who waits for credentials loads the clients of other services.
    const callAws = make(
      'call-aws',
      { ...truth, ISSUER: issuer, PUBLISHED_KEYS: key.published, ...targetRole },
      { role: broker.role },
    )
    api.route(callAws, 'POST /aws/calls')
    // What was not heard of again it looks up, too: the sweep says which, and has none of these rights.
    const calls = new WorkQueue(this, 'CallsQueue', { order: 'none', attempts: 5, worker: Duration.seconds(29) })
    calls.consumedBy(callAws, { batchSize: 1 })

    // Tools: the gate.
    const beginUse = makeDecider('begin-use', { ISSUER: issuer, PUBLISHED_KEYS: key.published })
    key.grantVerify(beginUse.role)
    api.routeAs('own', beginUse, 'POST /v1/uses')
    api.route(makeDecider('end-use', { ISSUER: issuer }), 'POST /v1/uses/{id}/end')

    // People.
    api.route(makeDecider('decide-request', { ISSUER: issuer }), 'POST /v1/requests/{id}/decisions')
    api.routeAs('own', makeDecider('revoke-request', { ISSUER: issuer }), 'POST /v1/requests/{id}/revoke')
    api.route(makeDecider('give-permit', { ISSUER: issuer }), 'POST /v1/requests/{id}/standing-permits')
    api.route(makeDecider('revoke-permit', { ISSUER: issuer }), 'DELETE /v1/standing-permits/{id}')
    api.route(makeDecider('give-stand-in', { ISSUER: issuer }), 'POST /v1/stand-ins')
    api.route(makeDecider('end-stand-in', { ISSUER: issuer }), 'DELETE /v1/stand-ins/{id}')
    const haltable = { TARGET_ROLES: targetRoles.join(' ') }
    api.routeAs('own', makeDecider('declare-halt', { ISSUER: issuer, ...haltable }), 'POST /v1/halts')
    api.routeAs('own', makeDecider('lift-halt', { ISSUER: issuer }), 'DELETE /v1/halts/{id}')

    const readRequests = make('read-requests', { ISSUER: issuer, ...truth })
    requests.grantRead(readRequests.role)
    requests.grantReadMany(readRequests.role)
    requests.grantFind(readRequests.role, 'by-time', 'by-status', 'by-agent', 'by-owner')
    ledger.grantRead(readRequests.role)
    api.route(
      readRequests,
      'GET /v1/requests',
      'GET /v1/requests/{id}',
      'GET /v1/requests/{id}/ledger',
      'GET /v1/ledger/{aggregate}',
      'GET /v1/stand-ins',
      'GET /v1/standing-permits',
    )

    // People in an emergency. Opening needs the tables and nothing else: no queue, no workflow, no Slack.
    const incidents = new IncidentSecret(this, 'Incidents')
    const incidentTool = { INCIDENT_SECRET: incidents.name }
    const openBreakGlass = makeDecider('open-break-glass', { ISSUER: issuer, ...incidentTool })
    // Only where the deployment says where incidents are asked for; that it does not answer keeps nobody out.
    if (bundle.deployment.incidents) incidents.grantRead(openBreakGlass.role)
    api.routeAs('own', openBreakGlass, 'POST /v1/break-glass')
    const concludeBreakGlass = makeDecider('conclude-break-glass', { ISSUER: issuer, ...incidentTool })
    incidents.grantRead(concludeBreakGlass.role)
    api.routeAs(
      'own',
      concludeBreakGlass,
      'POST /v1/break-glass/{id}/end',
      'POST /v1/break-glass/{id}/review',
      'POST /v1/break-glass/vouchers',
      // By whatever keeps incidents: one that is closed ends what was opened for it.
      'POST /v1/incident-events',
    )
    /** One that shows what a review goes by: the record, the calls that AWS has on its own, and when people were told. */
    const makeWitness = (name: FunctionName) => {
      const made = make(name, { ISSUER: issuer, ...truth, CARDS_TABLE: cards.name, ACCOUNT: this.account })
      requests.grantRead(made.role)
      ledger.grantRead(made.role)
      cards.grantRead(made.role)
      grantReadCalls(made.role)
      return made
    }
    api.route(
      makeWitness('read-break-glass'),
      'GET /v1/break-glass',
      'GET /v1/break-glass/{id}',
      'GET /v1/break-glass/{id}/ledger',
      'GET /v1/break-glass/{id}/drill',
    )

    // People with a browser, one function a right: to look, to decide, to begin and end sessions, to say whose a Slack
    // account is. Who looks cannot decide, and who logs people in writes no entry.
    const showPages = makeWitness('show-pages')
    requests.grantReadMany(showPages.role)
    requests.grantFind(showPages.role, 'by-status')
    api.routeAs(
      'public',
      showPages,
      'GET /decide',
      'GET /decide/{id}',
      'GET /break-glass',
      'GET /break-glass/{id}',
      'GET /break-glass/{id}/drill',
    )
    api.routeAs(
      'own',
      makeDecider('decide-on-page', { ISSUER: issuer }),
      'POST /decide/{id}',
      'GET /login/decision',
      'POST /break-glass/{id}',
    )
    // What was prepared in Slack is opened here: it begins logins, as strong as that takes.
    const openOnPage = makeDecider('open-on-page', { ISSUER: issuer, ...incidentTool })
    if (bundle.deployment.incidents) incidents.grantRead(openOnPage.role)
    api.routeAs('own', openOnPage, 'GET /break-glass/open/{id}', 'POST /break-glass/open/{id}')
    const logIn = make('log-in', { ISSUER: issuer, REQUESTS_TABLE: requests.name })
    requests.grantRead(logIn.role)
    requests.grantPut(logIn.role, writesOf('log-in').requests)
    api.routeAs('public', logIn, 'GET /login', 'GET /login/callback', 'POST /logout')
    const linkSlack = makeDecider('link-slack', { ISSUER: issuer, ...slackApp })
    slack.grantRead(linkSlack.role)
    api.routeAs('public', linkSlack, 'GET /link', 'POST /link', 'POST /link/unlink')

    const receiveSlack = makeDecider('receive-slack', { ISSUER: issuer, CARDS_TABLE: cards.name, ...slackApp })
    cards.grantRead(receiveSlack.role)
    // A person's own tab: what waits, what is live, what their agents asked for, and the newest by how an id begins.
    requests.grantFind(receiveSlack.role, 'by-owner', 'by-status', 'by-time')
    slack.grantRead(receiveSlack.role)
    api.routeAs('own', receiveSlack, 'POST /slack/events')

    // The clock.
    const awaitOutcome = make('await-outcome', { REQUESTS_TABLE: requests.name, WAITS_TABLE: waits.name })
    requests.grantRead(awaitOutcome.role)
    waits.grantRemember(awaitOutcome.role)
    grantSignal(awaitOutcome.role)
    const advanceWorkflow = makeDecider('advance-workflow')
    const workflow = new ApprovalWorkflow(this, 'Workflow', { ladder: bundle.ladder, awaitOutcome, advanceWorkflow })
    alarms.watchWorkflow(workflow.machine)

    // What follows from the record: the first reader of the stream moves the workflow...
    const follow = new WorkQueue(this, 'Follow', { order: 'none', attempts: 5 })
    const followWorkflow = make('follow-workflow', {
      REQUESTS_TABLE: requests.name,
      WAITS_TABLE: waits.name,
      STATE_MACHINE: workflow.machine.stateMachineArn,
      FOLLOW_QUEUE: follow.url,
    })
    requests.grantRead(followWorkflow.role)
    waits.grantEnd(followWorkflow.role)
    workflow.grantStart(followWorkflow.role)
    grantSignal(followWorkflow.role)
    follow.grantSend(followWorkflow.role)
    follow.consumedBy(followWorkflow, { batchSize: 10 })

    // ...and the second hands ids on: to cards, in order for each request, and to denies, in order for each role.
    // Sixty tries a minute or two apart: an hour of a Slack or an IAM that does not answer. Then a person looks.
    const cardsQueue = new WorkQueue(this, 'CardsQueue', { order: 'group', attempts: 60, timed: true })
    const deniesQueue = new WorkQueue(this, 'DeniesQueue', { order: 'group', attempts: 60 })
    const reminders = new WorkQueue(this, 'Reminders', { order: 'none', attempts: 5 })
    // A press for all of a list is on record before anything follows from it; each of the list is decided by whoever works
    // these off.
    const presses = new WorkQueue(this, 'PressesQueue', { order: 'none', attempts: 5 })
    const handOn = make('hand-on', {
      CARDS_QUEUE: cardsQueue.url,
      DENIES_QUEUE: deniesQueue.url,
      PRESSES_QUEUE: presses.url,
      REMINDERS_QUEUE: reminders.url,
      ...haltable,
    })
    cardsQueue.grantSend(handOn.role)
    deniesQueue.grantSend(handOn.role)
    reminders.grantSend(handOn.role)
    presses.grantSend(handOn.role)
    new DecisionMeasures(this, 'Decisions', { log })

    const emergencies = new EmergenciesTopic(this, 'Emergencies')
    const drawCard = make('draw-card', {
      ISSUER: issuer,
      ...truth,
      CARDS_TABLE: cards.name,
      CARDS_QUEUE: cardsQueue.url,
      BREAK_GLASS_TOPIC: emergencies.arn,
      ...slackApp,
    })
    requests.grantRead(drawCard.role)
    requests.grantReadMany(drawCard.role)
    // Whether many wait alike, which one card then shows: a burst is a group of its own in the same queue.
    requests.grantFind(drawCard.role, 'open')
    cardsQueue.grantSend(drawCard.role)
    // Slack says how long to wait.
    cardsQueue.grantHold(drawCard.role)
    cards.grantDraw(drawCard.role)
    slack.grantRead(drawCard.role)
    // What was done in an emergency is on its card in the end, and whoever is woken hears that there is one.
    ledger.grantRead(drawCard.role)
    emergencies.grantPage(drawCard.role)
    // Slack takes about one message a second in a channel: more hands than these would only be told to wait.
    cardsQueue.consumedBy(drawCard, { batchSize: 5, atOnce: 2 })

    const decideBurst = makeDecider('decide-burst', { CARDS_QUEUE: cardsQueue.url })
    cardsQueue.grantSend(decideBurst.role)
    presses.consumedBy(decideBurst, { batchSize: 1 })

    // A reminder is a timer that has the cards looked at; the end of an emergency, one that has it stored, whatever became
    // of its workflow. Nobody else may make one.
    const timers = new Timers(this, 'Timers', { draws: cardsQueue, stores: advanceWorkflow })
    const setReminders = make('set-reminders', {
      REQUESTS_TABLE: requests.name,
      TIMER_GROUP: timers.group,
      TIMER_ROLE: timers.roleArn,
      CARDS_QUEUE: cardsQueue.queue.queueArn,
      ADVANCE_FUNCTION: advanceWorkflow.lambda.functionArn,
    })
    requests.grantRead(setReminders.role)
    timers.grantSet(setReminders.role)
    reminders.consumedBy(setReminders, { batchSize: 10 })

    // It also ends what was delegated from what has ended, and what a halt covers, so that those sessions are denied too.
    const revoker = makeDecider('write-denies', { ACCOUNT: this.account })
    requests.grantReadMany(revoker.role)
    requests.grantQuery(revoker.role)
    requests.grantFind(revoker.role, 'by-status')
    grantDeny(revoker.role, targetRolesHere)
    grantBecome(revoker.role, foreignRevokers)
    deniesQueue.consumedBy(revoker, { batchSize: 10 })

    // Whatever was lost is followed again, at a cost that does not grow with what waits.
    const sweep = makeDecider('sweep-overdue', {
      FOLLOW_QUEUE: follow.url,
      CALLS_QUEUE: calls.url,
      DENIES_QUEUE: deniesQueue.url,
    })
    requests.grantFind(sweep.role, 'overdue')
    follow.grantSend(sweep.role)
    calls.grantSend(sweep.role)
    deniesQueue.grantSend(sweep.role)
    runEvery(this, 'Sweep', { every: Duration.minutes(1), worker: sweep })

    // For the day that it was down itself: what was done by the sealed role is on record once somebody can write.
    const { uses, undelivered } = new SealedUses(this, 'Sealed', sealed)
    if (undelivered) alarms.watchDeadLetters('SealedBell', undelivered)
    uses.consumedBy(makeDecider('report-sealed-use'), { batchSize: 1 })

    // What AWS has, held against what the table says, by one that may write neither.
    const reconcile = make('reconcile-sessions', {
      ...truth,
      ACCOUNT: this.account,
      REGION: this.region,
      ...haltable,
      DENIES_QUEUE: deniesQueue.url,
      SEALED_QUEUE: uses.url,
    })
    requests.grantRead(reconcile.role)
    requests.grantReadMany(reconcile.role)
    requests.grantQuery(reconcile.role)
    // Which chains to verify: what lives, what is new, and what has its turn.
    requests.grantFind(reconcile.role, 'by-time', 'by-status')
    ledger.grantRead(reconcile.role)
    grantReadDenies(reconcile.role, targetRolesHere)
    grantReadCalls(reconcile.role)
    grantBecome(reconcile.role, foreignAuditors)
    deniesQueue.grantSend(reconcile.role)
    uses.grantSend(reconcile.role)
    runEvery(this, 'Reconcile', { every: Duration.hours(1), worker: reconcile, within: Duration.minutes(10) })

    // Who is in Slack's user groups, where the directory takes any from there. It reads whose a Slack account is, too.
    const groups = make('refresh-slack-groups', { ...truth, ...slackApp })
    requests.grantRead(groups.role)
    requests.grantPut(groups.role, writesOf('refresh-slack-groups').requests)
    slack.grantRead(groups.role)
    runEvery(this, 'SlackGroups', {
      every: Duration.minutes(5),
      worker: groups,
      enabled: Object.keys(bundle.directory.slackGroups ?? {}).length > 0,
    })

    const readers = {
      FollowStream: { reader: followWorkflow, of: ['REQ#'] },
      HandOnStream: { reader: handOn, of: ['REQ#', 'HALT#', 'PERMIT#', 'PRESS#'] },
    } as const
    for (const [name, reader] of Object.entries(readers)) {
      const { deadLetters } = new StreamReader(this, name, { table: requests.table, ...reader })
      alarms.watchDeadLetters(name, deadLetters)
    }
    alarms.watchQueue(presses, { oldest: Duration.minutes(2) })
    alarms.watchQueue(follow, { oldest: Duration.minutes(5) })
    alarms.watchQueue(cardsQueue, { oldest: Duration.minutes(10) })
    alarms.watchQueue(reminders, { oldest: Duration.minutes(5) })
    alarms.watchQueue(uses, { oldest: Duration.minutes(10) })
    alarms.watchQueue(calls, { oldest: Duration.minutes(10) })
    // Until its deny is written an ended AWS session works on, so this one is the most urgent.
    alarms.watchQueue(deniesQueue, { oldest: Duration.minutes(2), urgent: true })
    alarms.watchLag(new MeasuredLag(this, 'RevocationLag', { line: 'deny_written', log }), {
      longest: Duration.minutes(1),
      means: 'an ended AWS session was denied a minute or more after its end',
    })
    alarms.watchTrouble(new LoggedTrouble(this, 'FunctionErrors', { lines: failedInvocation, log }), {
      means: 'functions have thrown, run out of time, or could not start: the log says which',
    })
    alarms.watchApi(api)
    for (const [name, { lines, ...trouble }] of Object.entries(troubles))
      alarms.watchTrouble(new LoggedTrouble(this, name, { lines, log }), trouble)

    this.#tell({
      ApiEndpoint: api.endpoint,
      ApiId: api.id,
      Issuer: issuer,
      StateMachineArn: workflow.machine.stateMachineArn,
      RequestsTable: requests.name,
      LedgerTable: ledger.name,
      WaitsTable: waits.name,
      CardsTable: cards.name,
      SlackSecret: slack.name,
      EmergenciesTopic: emergencies.arn,
      IncidentSecret: incidents.name,
    })
  }

  #tell(outputs: { readonly [name: string]: string }): void {
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value })
  }
}

type More = Partial<Pick<HotworkFunctionProps, 'role'>>

const pascal = (name: string) => name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
