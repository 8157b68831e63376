// Rules: test/infra/least-privilege.test.ts
import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { lambdas } from '../functions.ts'
import { administration } from './credential-key.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { say } from './variables.ts'

/** The kinds of signed statements. The signer has an alias for each kind. */
const statementKinds = new Set(lambdas.flatMap(({ signs = [] }) => signs))

/** `IfExists`, since the local emulator lacks the key; on AWS every GenerateMac carries it. */
const macs = { StringEqualsIfExists: { 'kms:MacAlgorithm': 'HMAC_SHA_256' } }

/**
 * For functions that read the present state: the accounts' reader roles, and a key that protects digests of few
 * possible values from guesses. The key outlives the stack, as requests do.
 */
export class Reading extends Construct {
  readonly #readers: readonly string[]
  readonly #key: Key
  #signer: HotworkFunction | undefined

  /** @param readers the ARNs of the reader roles, one for each account */
  constructor(scope: Construct, id: string, readers: readonly string[]) {
    super(scope, id)
    this.#readers = readers
    this.#key = new Key(this, 'StateKey', {
      description: 'Keys the digests of what Hotwork reads, so that no value can be guessed from one',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      policy: new PolicyDocument({
        statements: [
          new PolicyStatement({
            sid: 'AdministerButNeverUse',
            principals: [new AccountRootPrincipal()],
            actions: [...administration],
            resources: ['*'],
          }),
        ],
      }),
    })
    say(this, { READER_ROLE: `hotwork/${Stack.of(this).stackName}-reader`, STATE_KEY: this.#key.keyArn })
  }

  /** Sets the function that signs agents' statements, and those that identify Hotwork to a tool. */
  signWith(signer: HotworkFunction): void {
    this.#signer = signer
    for (const kind of statementKinds) signer.nameLatest(kind)
    say(this, { SIGN_FUNCTION: signer.lambda.functionArn })
  }

  grant(to: HotworkFunction): void {
    if (this.#readers.length > 0) to.allow(['sts:AssumeRole'], this.#readers)
    this.grantKey(to)
  }

  /** Allows reading outside of AWS. */
  grantKey(to: HotworkFunction): void {
    this.#key.addToResourcePolicy(
      new PolicyStatement({
        actions: ['kms:GenerateMac'],
        conditions: macs,
        principals: [to.role.inKeyPolicy()],
        resources: ['*'],
      }),
    )
    to.allow(['kms:GenerateMac'], [this.#key.keyArn], macs)
    this.grantSigned(to)
  }

  /** Allows asking for signed statements of its own kinds only. */
  grantSigned(to: HotworkFunction): void {
    this.#signer?.grantInvoke(to, to.descriptor.signs ?? [])
  }
}
