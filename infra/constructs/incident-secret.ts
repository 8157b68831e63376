import type { Construct } from 'constructs'
import { OperatorSecret } from './operator-secret.ts'

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
