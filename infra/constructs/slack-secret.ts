import type { Construct } from 'constructs'
import { OperatorSecret } from './operator-secret.ts'

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
