// Rules: test/infra/anchor-account.test.ts
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { AnyPrincipal, Effect, type IPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectLockRetention, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'

type AnchorBucketProps = {
  /** The ARN of the one role that may add to it. */
  notary: string
  retentionDays: number
  /**
   * Set if the bucket is in another account than Hotwork: its name, and the account whose roles may use it by their own
   * policies.
   */
  elsewhere?: { bucket: string; home: IPrincipal }
}

/**
 * The log's bucket. Its objects cannot be deleted or overwritten before their time, by any role, the account's root or
 * AWS's support.
 */
export class AnchorBucket extends Construct {
  readonly bucket: Bucket

  constructor(scope: Construct, id: string, { notary, retentionDays, elsewhere }: AnchorBucketProps) {
    super(scope, id)
    this.bucket = new Bucket(this, 'Bucket', {
      ...(elsewhere && { bucketName: elsewhere.bucket }),
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.compliance(Duration.days(retentionDays)),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    })
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Who wrote what is in the log itself, and CloudTrail data events can be had for it where they are wanted',
    })
    this.#deny(
      'OnlyTheNotaryAdds',
      ['s3:PutObject', 's3:PutObjectRetention', 's3:PutObjectLegalHold', 's3:PutObjectTagging'],
      {
        ArnNotEquals: { 'aws:PrincipalArn': notary },
      },
    )
    // Requires a condition: a put without one could hide an existing object behind a newer version.
    this.#deny('NothingIsWrittenOver', ['s3:PutObject'], {
      Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' },
    })
    this.#deny('NothingIsWrittenOverInTheTree', ['s3:PutObject'], { Null: { 's3:if-none-match': 'true' } }, 'tile/*')
    this.#deny('NothingGoes', ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'])
    if (elsewhere) this.#allow(elsewhere.home, notary)
  }

  #deny(sid: string, actions: string[], conditions: Record<string, unknown> = {}, keys = '*'): void {
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions,
        resources: [this.bucket.arnForObjects(keys)],
        conditions,
      }),
    )
  }

  #allow(home: IPrincipal, notary: string): void {
    const to = (sid: string, actions: string[], resource: string, conditions: Record<string, unknown> = {}) =>
      this.bucket.addToResourcePolicy(
        new PolicyStatement({ sid, principals: [home], actions, resources: [resource], conditions }),
      )
    to('TheNotaryAdds', ['s3:PutObject'], this.bucket.arnForObjects('*'), { ArnEquals: { 'aws:PrincipalArn': notary } })
    to('HotworkReads', ['s3:GetObject'], this.bucket.arnForObjects('*'))
    // With this right S3 answers 404 for a missing object, otherwise 403.
    to('HotworkLists', ['s3:ListBucket'], this.bucket.bucketArn)
  }
}
