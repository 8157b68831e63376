// Rules: test/infra/signing-keys.test.ts
import { RemovalPolicy } from 'aws-cdk-lib'
import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'
import { say } from './variables.ts'

/** Administration of a key, without signing. Only the key's policy lets others sign. */
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
  // CloudFormation calls it for every key, though an asymmetric key does not rotate.
  'kms:GetKeyRotationStatus',
]

const algorithms = {
  ES256: { spec: KeySpec.ECC_NIST_P256, signs: 'ECDSA_SHA_256' },
  RS256: { spec: KeySpec.RSA_2048, signs: 'RSASSA_PKCS1_V1_5_SHA_256' },
} as const

/** The conditions of signing: only one algorithm over a digest. */
const signs = (algorithm: string) => ({
  // `IfExists`, since the local emulator lacks both keys; on AWS every Sign carries them.
  StringEqualsIfExists: { 'kms:SigningAlgorithm': algorithm, 'kms:MessageType': 'DIGEST' },
})

type KeyUse = {
  /** The purpose of the signatures, for the description. */
  what: string
  /** @default ES256 */
  alg?: keyof typeof algorithms
  /** The variable of the published keys; and that of the signing key, unless it is the first of them. */
  verifies: string
  signs?: string
}

/**
 * Keys that sign for one purpose, each with a permanent number. Each outlives its stack, since its signatures are in
 * use. An asymmetric key does not rotate, so a new key replaces it: first published, then signing, then alone
 * (docs/runbooks/rotate-signing-key.md).
 */
export class SigningKey extends Construct {
  readonly #keys: readonly [Key, ...Key[]]
  readonly #use: KeyUse

  /** The first key signs; all are published. */
  constructor(scope: Construct, id: string, [signing, ...others]: readonly [number, ...number[]], use: KeyUse) {
    super(scope, id)
    this.#use = use
    this.#keys = [this.#makeKey(signing), ...others.map((number) => this.#makeKey(number))]
    const arns = this.#keys.map(({ keyArn }) => keyArn)
    say(this, { [use.verifies]: arns.join(' '), ...(use.signs !== undefined && { [use.signs]: arns[0] }) })
  }

  /**
   * Grants signing by the key's own policy, which delegates to no other policy of the account.
   * @param what part of the statement's id
   */
  grantSign(to: HotworkFunction, what: 'Tokens' | 'Statements' | 'Checkpoints' | 'Receipts'): void {
    const [signing] = this.#keys
    const conditions = signs(algorithms[this.#use.alg ?? 'ES256'].signs)
    signing.addToResourcePolicy(
      new PolicyStatement({
        sid: `Sign${what}`,
        actions: ['kms:Sign'],
        conditions,
        principals: [to.role.inKeyPolicy()],
        resources: ['*'],
      }),
    )
    to.allow(['kms:Sign'], [signing.keyArn], conditions)
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
    const { what, alg = 'ES256' } = this.#use
    return new Key(this, number === 1 ? 'Key' : `Key${number}`, {
      description: `Signs Hotwork ${what} (${alg}), number ${number}`,
      keySpec: algorithms[alg].spec,
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
