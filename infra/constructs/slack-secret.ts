import { ArnFormat, Stack, Validations } from 'aws-cdk-lib'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'

/**
 * Slack's bot token and signing secret. It is made with a random signing secret that nobody knows, so that nothing is
 * accepted until the operator has put the real ones there.
 */
export class SlackSecret extends Construct {
  /** Its name and, to the SDK, its id. Not its ARN: the local emulator's `Ref` of a secret is the name. */
  readonly name: string

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.name = `${Stack.of(this).stackName}/slack`
    const secret = new Secret(this, 'Secret', {
      secretName: this.name,
      description: 'Slack: botToken and signingSecret, put here by the operator',
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ botToken: 'xoxb-to-be-replaced' }),
        generateStringKey: 'signingSecret',
        passwordLength: 64,
        excludePunctuation: true,
      },
    })
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Slack has no API that rotates a signing secret; the operator replaces it and the old one is accepted meanwhile',
    })
  }

  /** Allows reading the secret. AWS puts six random characters behind the name in its ARN. */
  grantRead(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [
        Stack.of(this).formatArn({
          service: 'secretsmanager',
          resource: 'secret',
          resourceName: `${this.name}-??????`,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
    })
  }
}
