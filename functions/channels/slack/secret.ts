import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { JsonSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import type { Clock } from '../../operations/ports.ts'

/** What Slack gave us. While the signing secret is being rotated, signatures by the previous one hold too. */
const SlackSecret = z.object({
  botToken: z.string().min(1),
  signingSecret: z.string().min(1),
  previousSigningSecret: z.string().min(1).optional(),
})
type SlackSecret = z.infer<typeof SlackSecret>

export class SlackSecretReader extends JsonSecretReader<SlackSecret> {
  constructor(secretId: string, clock: Clock, client?: SecretsManagerClient) {
    const members = '`botToken`, `signingSecret` and perhaps `previousSigningSecret`'
    super(secretId, { shape: SlackSecret, members }, clock, client)
  }
}
