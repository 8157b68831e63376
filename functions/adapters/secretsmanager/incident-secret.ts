import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import type { Clock } from '../../operations/ports.ts'
import { JsonSecretReader } from './json-secret.ts'

/** Base 64 of 24 to 64 bytes, as Standard Webhooks asks, with or without the prefix that says what it is. */
const WebhookSecret = z.string().regex(/^(whsec_)?[A-Za-z0-9+/]{32,86}={0,2}$/)

const IncidentSecret = z.object({
  /** What the incident tool signs with. While it is being rotated, signatures by the previous one hold too. */
  webhookSecret: WebhookSecret,
  previousWebhookSecret: WebhookSecret.optional(),
  /** The whole `Authorization` header with which incidents are asked for, where the tool wants one. */
  checkAuthorization: z.string().min(1).max(4096).optional(),
})
export type IncidentSecret = z.infer<typeof IncidentSecret>

/** What the incident tool and we have between us. */
export class IncidentSecretReader extends JsonSecretReader<IncidentSecret> {
  constructor(secretId: string, clock: Clock, client?: SecretsManagerClient) {
    const members = '`webhookSecret` and perhaps `previousWebhookSecret` and `checkAuthorization`'
    super(secretId, { shape: IncidentSecret, members }, clock, client)
  }

  /** Those that a delivery may be signed with, the newest first. */
  readonly webhookSecrets = async (): Promise<readonly string[]> => {
    const { webhookSecret, previousWebhookSecret } = await this.read()
    return previousWebhookSecret === undefined ? [webhookSecret] : [webhookSecret, previousWebhookSecret]
  }
}
