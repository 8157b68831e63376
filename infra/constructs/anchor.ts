// Rules: test/infra/anchor-account.test.ts, test/infra/least-privilege.test.ts
import { type CfnElement, Duration, Stack, Validations } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { type PolicyBundle, roleArn } from '../policy-bundle.ts'
import { AnchorBucket } from './anchor-bucket.ts'
import { SigningKey } from './credential-key.ts'
import { LedgerStreamReader, runEvery } from './event-sources.ts'
import type { Ground } from './ground.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { LogIndexTable } from './tables.ts'
import { say } from './variables.ts'

export type AnchorPlace = {
  anchor: PolicyBundle['deployment']['anchor']
  home: { accountId: string; region: string }
  deletionProtection: boolean
  notaryKeys: readonly [number, ...number[]]
}

/** The log's bucket, its signing key, and the index that finds an entry in it. */
export class Anchor extends Construct {
  readonly key: SigningKey
  readonly index: LogIndexTable
  readonly bucketName: string
  readonly #arn: string
  /** The bucket's ARN in cdk-nag's form. */
  readonly #label: string

  constructor(scope: Construct, id: string, { anchor, home, deletionProtection, notaryKeys }: AnchorPlace) {
    super(scope, id)
    const { stackName, partition } = Stack.of(this)
    const { retentionDays = 400, elsewhere } = anchor ?? {}
    const account = { accountId: home.accountId, region: home.region, partition, externalId: '' }
    if (elsewhere && elsewhere.accountId !== home.accountId) {
      this.bucketName = elsewhere.bucket
      this.#arn = `arn:${partition}:s3:::${elsewhere.bucket}`
      this.#label = `arn:<AWS::Partition>:s3:::${elsewhere.bucket}`
    } else {
      const notary = roleArn('notary', stackName, account)
      const { bucket } = new AnchorBucket(this, 'Bucket', { notary, retentionDays })
      this.bucketName = bucket.bucketName
      this.#arn = bucket.bucketArn
      this.#label = `<${Stack.of(this).getLogicalId(bucket.node.defaultChild as CfnElement)}.Arn>`
    }
    say(this, { LOG_BUCKET: this.bucketName })
    this.index = new LogIndexTable(this, 'Index', { deletionProtection })
    this.key = new SigningKey(this, 'Key', notaryKeys, {
      what: "the notary's checkpoints and receipts",
      verifies: 'NOTARY_KEYS',
    })
  }

  /** Allows finding the part of a chain that the latest checkpoint covers, without reading tiles. */
  grantFind(to: HotworkFunction): void {
    this.index.grantFind(to)
    to.allow(['s3:GetObject'], [`${this.#arn}/checkpoint`])
    this.#grantList(to)
  }

  grantRead(to: HotworkFunction): void {
    Validations.of(to.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${this.#label}/tile/*]`,
      reason: 'The tiles of a log are as many as it has entries; the bucket holds nothing else',
    })
    to.allow(['s3:GetObject'], [`${this.#arn}/checkpoint`, `${this.#arn}/tile/*`])
    this.#grantList(to)
  }

  /** With this right S3 answers 404 for a missing object, otherwise 403. */
  #grantList(to: HotworkFunction): void {
    to.allow(['s3:ListBucket'], [this.#arn])
  }

  grantAdd(to: HotworkFunction): void {
    this.grantRead(to)
    to.allow(['s3:PutObject'], [`${this.#arn}/checkpoint`, `${this.#arn}/tile/*`])
  }
}

/** The notary, the reconciliation of the tables with its log, and the log's readers. */
export class Log extends Construct {
  readonly reconcile: HotworkFunction

  constructor(scope: Construct, id: string, ground: Ground) {
    super(scope, id)
    const notarize = this.#notarize(ground)
    this.reconcile = this.#reconcile(ground, notarize)
    ground.anchor.grantRead(ground.make(this, 'read-log'))
    this.#signReceipts(ground)
  }

  /** Signs receipts. It cannot add to the log. */
  #signReceipts({ tables, anchor, make }: Ground): void {
    const signReceipt = make(this, 'sign-receipt')
    tables.requests.grantRead(signReceipt)
    tables.ledger.grantRead(signReceipt)
    anchor.index.grantFind(signReceipt)
    anchor.grantRead(signReceipt)
    anchor.key.grantSign(signReceipt, 'Receipts')
  }

  #notarize({ tables, anchor, alarms, make }: Ground): HotworkFunction {
    const notarize = make(this, 'notarize-entries')
    tables.ledger.grantRead(notarize)
    anchor.index.grantPlace(notarize)
    anchor.grantAdd(notarize)
    anchor.key.grantSign(notarize, 'Checkpoints')
    new LedgerStreamReader(this, 'Ledger', { table: tables.ledger.table, reader: notarize })
    alarms.watchStream(notarize, Duration.minutes(10))
    say(this, { NOTARY_FUNCTION: notarize.lambda.functionArn })
    return notarize
  }

  #reconcile({ tables, anchor, make }: Ground, notarize: HotworkFunction): HotworkFunction {
    const reconcile = make(this, 'reconcile-ledger')
    tables.requests.grantReadMany(reconcile)
    tables.ledger.grantCompare(reconcile)
    anchor.index.grantFind(reconcile)
    anchor.grantRead(reconcile)
    anchor.key.grantVerify(reconcile)
    notarize.grantInvoke(reconcile)
    runEvery(this, 'Reconcile', { every: Duration.hours(1), worker: reconcile, within: Duration.minutes(10) })
    return reconcile
  }
}
