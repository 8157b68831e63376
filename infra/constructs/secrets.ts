import { ArnFormat, Stack, Validations } from 'aws-cdk-lib'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'

type OperatorSecretProps = {
  /** Behind the stack's name. */
  name: string
  description: string
  /** The member that is made at random, and those that are beside it. */
  random: string
  beside?: { readonly [member: string]: string }
  /** Why nothing rotates it by itself. */
  notRotated: string
}

/**
 * A secret that somebody else's tool and we share, put here by the operator. It is made with a random one that nobody
 * knows, so that nothing is accepted until the real one is there.
 */
class OperatorSecret extends Construct {
  /** Its name and, to the SDK, its id. Not its ARN: the local emulator's `Ref` of a secret is the name. */
  readonly name: string

  constructor(scope: Construct, id: string, props: OperatorSecretProps) {
    super(scope, id)
    this.name = `${Stack.of(this).stackName}/${props.name}`
    const secret = new Secret(this, 'Secret', {
      secretName: this.name,
      description: props.description,
      generateSecretString: {
        secretStringTemplate: JSON.stringify(props.beside ?? {}),
        generateStringKey: props.random,
        // Letters and digits, of a number that four divides: base 64 too.
        passwordLength: 64,
        excludePunctuation: true,
      },
    })
    Validations.of(secret).acknowledge({ id: 'AwsSolutions-SMG4', reason: props.notRotated })
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

/** Slack's bot token and signing secret. */
export class SlackSecret extends OperatorSecret {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      name: 'slack',
      description: 'Slack: botToken and signingSecret, put here by the operator',
      random: 'signingSecret',
      beside: { botToken: 'xoxb-to-be-replaced' },
      notRotated:
        'Slack has no API that rotates a signing secret; the operator replaces it and the old one is accepted meanwhile',
    })
  }
}

/** What the tool that keeps incidents signs with, and what it wants to be asked with. */
export class IncidentSecret extends OperatorSecret {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      name: 'incidents',
      description:
        'Incidents: webhookSecret (Standard Webhooks) and perhaps checkAuthorization, put here by the operator',
      random: 'webhookSecret',
      notRotated:
        'The other end is a tool of somebody else; the operator replaces it and the old one is accepted meanwhile',
    })
  }
}
