import { RemovalPolicy } from 'aws-cdk-lib'
import {
  AccountRootPrincipal,
  ArnPrincipal,
  Effect,
  Grant,
  type IRole,
  PolicyDocument,
  PolicyStatement,
} from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'

/** What the account's administrators may do with the key. Signing is not in it, nor any way to let others sign but by its policy. */
const administration = [
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

/** ES256 over a digest: what access tokens are signed with, and all that the key may be asked for. */
const signs = {
  // IfExists changes nothing on AWS, where every Sign carries both keys; the local emulator knows neither.
  StringEqualsIfExists: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' },
}

/** The key that signs access tokens. It never leaves KMS, and outlives the stack: tokens signed with it are still out. */
export class CredentialKey extends Construct {
  readonly key: Key

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.key = new Key(this, 'Key', {
      description: 'Signs Hotwork access tokens (ES256)',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
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

  get arn(): string {
    return this.key.keyArn
  }

  /** Allows one role to sign access tokens: by the key's own policy, which trusts no other policy of the account to. */
  grantSign(role: IRole): Grant {
    const statement = { effect: Effect.ALLOW, actions: ['kms:Sign'], conditions: signs }
    this.key.addToResourcePolicy(
      new PolicyStatement({
        ...statement,
        sid: 'Sign',
        principals: [new ArnPrincipal(role.roleArn)],
        resources: ['*'],
      }),
    )
    return Grant.addToPrincipal({
      grantee: role,
      actions: statement.actions,
      resourceArns: [this.arn],
      conditions: signs,
    }).combine(this.grantVerify(role))
  }

  /** Allows fetching the public key. */
  grantVerify(role: IRole): Grant {
    return Grant.addToPrincipal({ grantee: role, actions: ['kms:GetPublicKey'], resourceArns: [this.arn] })
  }
}
