// Rules: test/infra/resources.test.ts
import { ArnFormat, Stack, Validations } from 'aws-cdk-lib'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { PolicyBundle } from '../policy-bundle.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { say } from './variables.ts'

type OperatorSecretProps = {
  name: string
  description: string
  /** The member with a random value, and the members beside it. */
  random: string
  beside?: { readonly [member: string]: string }
  /** The reason why it is not rotated automatically. */
  notRotated: string
  /** The variable with the secret's name, for a single secret. */
  variable?: string
}

/**
 * A secret that Hotwork shares with another tool, put here by the operator. It starts with a random value that no tool
 * has, so that nothing is accepted before the real one is put.
 */
abstract class OperatorSecret extends Construct {
  /** Its name for the SDK. The local emulator's `Ref` of a secret is the name, not the ARN. */
  readonly name: string

  constructor(scope: Construct, id: string, props: OperatorSecretProps) {
    super(scope, id)
    this.name = `${Stack.of(this).stackName}/${props.name}`
    if (props.variable !== undefined) say(this, { [props.variable]: this.name })
    const secret = new Secret(this, 'Secret', {
      secretName: this.name,
      description: props.description,
      generateSecretString: {
        secretStringTemplate: JSON.stringify(props.beside ?? {}),
        generateStringKey: props.random,
        // Letters and digits, in a number divisible by four, which is valid base 64 too.
        passwordLength: 64,
        excludePunctuation: true,
      },
    })
    Validations.of(secret).acknowledge({ id: 'AwsSolutions-SMG4', reason: props.notRotated })
  }

  /** AWS adds six random characters to the name in its ARN. */
  grantRead(to: HotworkFunction): void {
    const arn = Stack.of(this).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${this.name}-??????`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    to.allow(['secretsmanager:GetSecretValue'], [arn])
  }
}

/** The chat alias whose secret keeps its name from versions with a single chat. */
const usual = 'slack'

/** The bot token and the signing secret of one chat. */
export class ChatSecret extends OperatorSecret {
  readonly output: string

  /** Every chat, by alias. */
  static all(scope: Construct, { deployment: { chats } }: PolicyBundle): readonly ChatSecret[] {
    const all = Object.keys(chats ?? { [usual]: {} }).map((alias) => [alias, new ChatSecret(scope, alias)] as const)
    // A function that reads one must know all of them, since each message names its chat.
    say(scope, { CHAT_SECRETS: JSON.stringify(Object.fromEntries(all.map(([alias, { name }]) => [alias, name]))) })
    return all.map(([, secret]) => secret)
  }

  private constructor(scope: Construct, alias: string) {
    super(scope, alias === usual ? 'Slack' : `Chat-${alias}`, {
      name: alias === usual ? 'slack' : `chat-${alias}`,
      description: 'Slack: botToken and signingSecret, put here by the operator',
      random: 'signingSecret',
      beside: { botToken: 'xoxb-to-be-replaced' },
      notRotated:
        'Slack has no API that rotates a signing secret; the operator replaces it and the old one is accepted meanwhile',
    })
    const words = alias.split('-').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    this.output = alias === usual ? 'SlackSecret' : `ChatSecret${words.join('')}`
  }
}

/** The incident tool's signing secret, and the credential for questions to it. */
export class IncidentSecret extends OperatorSecret {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      name: 'incidents',
      description:
        'Incidents: webhookSecret (Standard Webhooks) and perhaps checkAuthorization, put here by the operator',
      random: 'webhookSecret',
      notRotated:
        'The other end is a tool of its own owner; the operator replaces it and the old one is accepted meanwhile',
      variable: 'INCIDENT_SECRET',
    })
  }
}

/** The key for reading a kind of group source, by the kind's member in the bundle. */
const sourceSecrets: { readonly [kind: string]: OperatorSecretProps & { id: string; variable: string } } = {
  pager: {
    id: 'PagerDuty',
    name: 'pagerduty',
    description: 'PagerDuty: token, a read-only key of its REST API, put here by the operator',
    random: 'token',
    notRotated: 'PagerDuty has no API that rotates its keys; the operator makes a new one and removes the old one',
    variable: 'PAGERDUTY_SECRET',
  },
}

export class SourceSecret extends OperatorSecret {
  /** The secrets of the kinds that groups use. */
  static all(scope: Construct, { directory: { sources = {} } }: PolicyBundle): readonly SourceSecret[] {
    const kinds = new Set(Object.values(sources).flatMap(({ source }) => Object.keys(source)))
    return Object.entries(sourceSecrets).flatMap(([kind, { id, ...props }]) => {
      if (kinds.has(kind)) return [new SourceSecret(scope, id, props)]
      say(scope, { [props.variable]: undefined })
      return []
    })
  }
}

/** The signing secret of each webhook, by the id of its agent or tool. */
export class WebhookSecret extends OperatorSecret {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      name: 'webhooks',
      description: 'Webhooks: `whsec_...` for each agent and tool that is notified, put here by the operator',
      random: 'unused',
      notRotated: "The other ends are their owners'; the operator puts the new one beside the old one, and both sign",
      variable: 'WEBHOOK_SECRET',
    })
  }
}
