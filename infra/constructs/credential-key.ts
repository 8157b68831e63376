// Rules: test/infra/signing-keys.test.ts
import { RemovalPolicy } from 'aws-cdk-lib'
import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'
import { say } from './variables.ts'

/** Neither signing, nor any way to let others sign but by the key's policy. */
export const administration = [
  'kms:DescribeKey',
  'kms:GetKeyPolicy',
  'kms:PutKeyPolicy',
  'kms:GetPublicKey',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:ListGrants',
  'kms:RevokeGrant',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateKeyDescription',
  'kms:EnableKey',
  'kms:DisableKey',
  'kms:ScheduleKeyDeletion',
  'kms:CancelKeyDeletion',
  // CloudFormation asks for it of any key, though an asymmetric one does not rotate.
  'kms:GetKeyRotationStatus',
]

/** The key signs only ES256 over a digest. */
const signs = {
  // IfExists: on AWS every Sign carries both keys; the local emulator knows neither.
  StringEqualsIfExists: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' },
}

type KeyUse = {
  /** The signed statements, for the description. */
  what: string
  /** The variable of the published keys, and, unless the first of those is known to sign, the variable of the signing one. */
  verifies: string
  signs?: string
}

/**
 * Keys that sign for one purpose, each with a permanent number. Each outlives its stack, because its signatures are still in
 * use. An asymmetric key does not rotate, so another takes its place: published first, then signing, then alone
 * (docs/runbooks/rotate-signing-key.md).
 */
export class SigningKey extends Construct {
  readonly #keys: readonly [Key, ...Key[]]
  readonly #use: KeyUse

  /** The first signs, and all are published. */
  constructor(scope: Construct, id: string, [signing, ...others]: readonly [number, ...number[]], use: KeyUse) {
    super(scope, id)
    this.#use = use
    this.#keys = [this.#makeKey(signing), ...others.map((number) => this.#makeKey(number))]
    const arns = this.#keys.map(({ keyArn }) => keyArn)
    say(this, { [use.verifies]: arns.join(' '), ...(use.signs !== undefined && { [use.signs]: arns[0] }) })
  }

  /**
   * Grants by the key's own policy, which delegates to no other policy of the account. @param what part of the statement's id
   */
  grantSign(to: HotworkFunction, what: 'Tokens' | 'Statements' | 'Checkpoints' | 'Receipts'): void {
    const [signing] = this.#keys
    signing.addToResourcePolicy(
      new PolicyStatement({
        sid: `Sign${what}`,
        actions: ['kms:Sign'],
        conditions: signs,
        principals: [to.role.inKeyPolicy()],
        resources: ['*'],
      }),
    )
    to.allow(['kms:Sign'], [signing.keyArn], signs)
    if (this.#use.signs === undefined) this.grantVerify(to)
    else to.allow(['kms:GetPublicKey'], [signing.keyArn])
  }

  grantVerify(to: HotworkFunction): void {
    to.allow(
      ['kms:GetPublicKey'],
      this.#keys.map(({ keyArn }) => keyArn),
    )
  }

  #makeKey(number: number): Key {
    return new Key(this, number === 1 ? 'Key' : `Key${number}`, {
      description: `Signs Hotwork ${this.#use.what} (ES256), number ${number}`,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      policy: new PolicyDocument({
        statements: [
          new PolicyStatement({
            sid: 'AdministerButNeverSign',
            principals: [new AccountRootPrincipal()],
            actions: administration,
            resources: ['*'],
          }),
        ],
      }),
    })
  }
}
